"""What to upgrade to."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence

from scanner.advisories.ranges import Affects
from scanner.advisories.versions import Key, Read


def fixes(version: str, affected: Iterable[Affects], read: Read) -> tuple[str, ...]:
    """The versions that end a range, later than the given one, each once and in order."""
    key = read(version)
    ends = {found: text for each in affected for found, text in _ends(each, read) if key is not None and found > key}
    return tuple(ends[found] for found in sorted(ends))


def upgrade(version: str, every: Sequence[Affects], read: Read) -> str:
    """The smallest later version that as few of the records affect as any; "" when none is better than this one.

    Only versions that have some fix are known to be there.
    """
    key = read(version)
    if key is None:
        return ""
    ends = {found: text for each in every for found, text in _ends(each, read) if found > key}
    keys = sorted(ends)
    affecting = [0] * len(keys)
    for each in every:
        for index in _covered(each, keys, read):
            affecting[index] += 1
    now = sum(each.has(key, read) for each in every)
    least = min(affecting, default=now)
    return ends[keys[affecting.index(least)]] if least < now else ""


def words(better: str, fixed: Sequence[str]) -> str:
    """What to do about a vulnerability: the upgrade that is rid of it, else the versions that are said to be."""
    if better:
        return f"upgrade to {better}"
    return f"fixed in {', '.join(fixed)}" if fixed else "no fixed version is known"


def _covered(versions: Affects, keys: Sequence[Key], read: Read) -> set[int]:
    """Which of some versions in order are affected."""
    found: set[int] = set()
    for start, end, closed in versions.intervals:
        lowest, highest = read(start) if start else None, read(end) if end is not None else None
        if (start and lowest is None) or (end is not None and highest is None):
            continue
        first = bisect_left(keys, lowest) if start else 0
        last = len(keys) if end is None else (bisect_right if closed else bisect_left)(keys, highest)
        found.update(range(first, last))
    for listed in map(read, versions.listed):
        if listed is not None and (at := bisect_left(keys, listed)) < len(keys) and keys[at] == listed:
            found.add(at)
    return found


def _ends(versions: Affects, read: Read) -> Iterator[tuple[Key, str]]:
    for _, end, closed in versions.intervals:
        if end is not None and not closed and (key := read(end)) is not None:
            yield key, end
