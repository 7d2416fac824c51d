"""Hyperscan, or its fork Vectorscan: all heads at once. The compiled database is kept in the user's cache folder."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import hyperscan

from scanner import kept

NAME = "heads.hyperscan"
MAX_BYTES = 16 << 20


class Hyperscan:
    """Compiled databases of heads and of words, and the memory to search with them."""

    def __init__(self, heads: Mapping[int, str], words: Sequence[bytes]) -> None:
        self._found: list[tuple[int, int]] = []
        self._database = _database(heads)
        self._words = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
        self._words.compile(
            expressions=[re.escape(word) for word in words],
            elements=len(words),
            flags=hyperscan.HS_FLAG_CASELESS | hyperscan.HS_FLAG_SINGLEMATCH,
        )

    def hits(self, data: bytes, /) -> list[tuple[int, int]]:
        """As ``Matcher`` says; the place is the last of a head."""
        if data:
            self._database.scan(data, match_event_handler=self._take)
        if not self._found:
            return []
        found, self._found = self._found, []
        return found

    def tells(self, data: bytes, /) -> bool:
        """As ``Matcher`` says."""
        if data:
            self._words.scan(data, match_event_handler=self._take)
        found = bool(self._found)
        self._found.clear()
        return found

    def _take(self, number: int, _start: int, end: int, _flags: int, _context: object) -> None:
        self._found.append((end - 1, number))


def _database(heads: Mapping[int, str]) -> hyperscan.Database:
    """Read back, or compiled anew for another machine, version or table."""
    from importlib.metadata import version

    key = "\n".join((version("hyperscan"), *(f"{number} {head}" for number, head in heads.items()))).encode()
    body = kept.unseal(NAME, key, MAX_BYTES)
    if body is not None:
        try:
            database = hyperscan.loadb(bytes(body), hyperscan.HS_MODE_BLOCK)
            database.scratch = hyperscan.Scratch(database)
            return database
        except hyperscan.HyperscanError:
            pass
    database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    expressions = [head.encode() for head in heads.values()]
    database.compile(expressions=expressions, ids=list(heads), elements=len(heads), flags=0)
    kept.seal(NAME, key, hyperscan.dumpb(database))
    return database
