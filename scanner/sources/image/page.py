"""What an image says about itself as lines that reports quote, secrets masked before anything else reads them.

An image has two such texts: its history, with a line an entry, and its config, with a line a setting.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from scanner.model.location import Text
from scanner.model.secret import SecretHit
from scanner.parsers import secrets
from scanner.parsers.lazy import Lazy
from scanner.sources.masking import hit

MAX_KNOWN = 50
"""Credentials of the config that are looked for in the history."""
SHORTEST_KNOWN = 6
"""Characters; a shorter credential may stand in a line by chance."""

_NOP = Lazy(r".{0,400}?#\(nop\) {1,2}", re.DOTALL)
_NEXT = Lazy(r" (?:[A-Za-z_][\w.-]{0,200}=|/)|\Z")
_PAIRS = ("ENV ", "ARG ", "LABEL ", "|", "RUN |")


class Page:
    """One of the two texts."""

    def __init__(self, path: str, known: Mapping[str, secrets.Found] | None = None) -> None:
        self.path = path
        self.lines: list[str] = []
        self.found: dict[str, secrets.Found] = {}
        """The credentials, by their values; these never leave this package."""
        self._known = known or {}

    def add(self, raw: str, *, one_value: bool = False) -> tuple[Text, tuple[SecretHit, ...]]:
        """A new line, and the credentials in it; ``one_value``: all behind the first ``=`` is one value."""
        found = self._find(raw, one_value=one_value)
        for each in found[: MAX_KNOWN - len(self.found)]:
            self.found.setdefault(raw[each.start : each.end], each)
        masked = secrets.mask(raw, found) if found else raw
        self.lines.append(masked)
        text = Text(path=self.path, value=masked, places=((len(self.lines), 1),))
        return text, tuple(hit(each, raw, text) for each in found)

    def _find(self, raw: str, *, one_value: bool) -> list[secrets.Found]:
        nop = _NOP.match(raw)
        start = nop.end() if nop else 0
        text = raw[start:]
        found = [each.replace(start=each.start + start, end=each.end + start) for each in secrets.find(text)]
        if found and text.startswith(_PAIRS):
            found = [_whole(raw, each, one_value=one_value) for each in found]
        return sorted(_apart([*found, *self._again(raw)]), key=_start) if self._known else found

    def _again(self, raw: str) -> Iterator[secrets.Found]:
        """The credentials of the config, wherever they stand."""
        for value, each in self._known.items():
            at = raw.find(value) if len(value) >= SHORTEST_KNOWN else -1
            while at >= 0:
                yield each.replace(start=at, end=at + len(value))
                at = raw.find(value, at + len(value))


def _whole(raw: str, found: secrets.Found, *, one_value: bool) -> secrets.Found:
    """The credential up to the end of its value, which may hold spaces: nothing is quoted here."""
    name = raw[: found.start].rpartition(" ")[2].rstrip("=\"'")
    if not found.name or name != found.name or raw[found.end : found.end + 1] != " ":
        return found
    following = None if one_value else _NEXT.search(raw, found.end)
    return found.replace(end=following.start() if following else len(raw))


def _apart(found: list[secrets.Found]) -> Iterator[secrets.Found]:
    """Of those that overlap, the first and longest."""
    end = 0
    for each in sorted(found, key=lambda one: (one.start, -one.end)):
        if each.start >= end:
            yield each
        elif each.end > end:
            yield each.replace(start=end)
        end = max(end, each.end)


def _start(found: secrets.Found) -> int:
    return found.start
