"""Which versions an advisory affects: its ranges and lists, worked out once and told compactly.

https://ossf.github.io/osv-schema/#evaluation: a version is affected that is listed, or inside one of the ranges.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from scanner.advisories.versions import Key, Read
from scanner.model.record import Record
from scanner.parsers.advisories.osv import Affected, Kind

Interval = tuple[str, str | None, bool]
"""The first version ("" for all from the start), the end (None for none), and whether the end belongs to it."""

_ORDER: dict[Kind, int] = {"fixed": 0, "introduced": 1, "last_affected": 2, "limit": 3}
"""At the same version: a fix ends what was before, and does not undo what begins there."""


class Affects(Record, kw_only=False):
    """The versions that one advisory affects of one package."""

    intervals: tuple[Interval, ...] = ()
    listed: tuple[str, ...] = ()
    """Versions that are named and in no interval."""

    def empty(self) -> bool:
        """It says nothing about versions."""
        return not self.intervals and not self.listed

    def holds(self, version: str, read: Read) -> bool | None:
        """Whether a version is affected; None when it is none that can be compared."""
        if version in self.listed:
            return True
        if self.empty():
            return None
        key = read(version)
        if key is None:
            return True if any(start == "" and end is None for start, end, _ in self.intervals) else None
        return self.has(key, read)

    def has(self, key: Key, read: Read) -> bool:
        """Whether the version that a key stands for is affected."""
        return any(inside(key, interval, read) for interval in self.intervals) or any(
            key == other for other in map(read, self.listed) if other is not None
        )

    def text(self) -> str:
        """As JSON, for the database."""
        return json.dumps([self.intervals, self.listed], separators=(",", ":"))

    @classmethod
    def of_text(cls, text: str) -> Affects:
        """What ``text`` gave. Raises ValueError."""
        intervals, listed = json.loads(text)
        return cls(tuple((start, end, closed) for start, end, closed in intervals), tuple(listed))


def inside(key: Key, interval: Interval, read: Read) -> bool:
    """Whether a version lies in an interval; in one with an end that is no version, none does."""
    start, end, closed = interval
    if start and ((first := read(start)) is None or key < first):
        return False
    if end is None:
        return True
    last = read(end)
    return last is not None and bool(key <= last if closed else key < last)


def affects(said: Affected, read: Read) -> Affects:
    """What a record says of a package, worked out."""
    intervals = tuple(dict.fromkeys(each for events in said.ranges for each in _intervals(events, read)))
    return Affects(intervals, tuple(_outside(dict.fromkeys(said.versions), intervals, read)))


def _outside(versions: Iterable[str], intervals: Iterable[Interval], read: Read) -> Iterator[str]:
    """The versions that are in no interval; the ends are read once for them all, of which there can be thousands."""
    ends = [(read(start) if start else None, read(end) if end else None, closed) for start, end, closed in intervals]
    for version in versions:
        key = read(version)
        if key is not None:
            for first, last, closed in ends:
                if (first is None or first <= key) and (last is None or (key <= last if closed else key < last)):
                    break
            else:
                yield version
        else:
            yield version


def _intervals(events: Sequence[tuple[Kind, str]], read: Read) -> Iterable[Interval]:
    """The events in order, walked from the lowest version up. One whose version cannot be read is left out."""
    known = [(kind, "" if kind == "introduced" and text == "0" else text) for kind, text in events]
    limits = [text for kind, text in known if kind == "limit" and text != "*"]
    placed = [(key, _ORDER[kind], kind, text) for kind, text in known if text and (key := read(text)) is not None]
    placed.sort(key=_Sorted)
    open_at: str | None = "" if ("introduced", "") in known else None
    for _, _, kind, text in placed:
        if kind == "introduced":
            open_at = text if open_at is None else open_at
        elif open_at is not None and kind != "limit":
            yield from _limited((open_at, text, kind == "last_affected"), limits, read)
            open_at = None
    if open_at is not None and not _unreadable(known, read):
        yield from _limited((open_at, None, False), limits, read)


def _unreadable(events: Iterable[tuple[Kind, str]], read: Read) -> bool:
    """Whether an end is said that cannot be read: then the range is not taken for endless."""
    return any(kind in {"fixed", "last_affected"} and read(text) is None for kind, text in events)


def _limited(interval: Interval, limits: Sequence[str], read: Read) -> Iterable[Interval]:
    """The interval below the highest limit; without limits, all of it."""
    keys = [(key, text) for text in limits if (key := read(text)) is not None]
    if not keys:
        yield interval
        return
    top, text = max(keys, key=lambda pair: _Sorted((pair[0], 0)))
    start, end, _ = interval
    if start and read(start) >= top:
        return
    yield interval if end is not None and read(end) < top else (start, text, False)


class _Sorted:
    """Orders by key, then by the kind of event; keys need not be comparable with anything else."""

    __slots__ = ("kind", "version")

    def __init__(self, placed: Sequence[Any]) -> None:
        self.version, self.kind = placed[0], placed[1]

    def __lt__(self, other: _Sorted) -> bool:
        if self.version == other.version:
            return bool(self.kind < other.kind)
        return bool(self.version < other.version)
