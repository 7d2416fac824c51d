"""Hyperscan, or its fork Vectorscan: all heads at once. The compiled database is kept in the user's cache folder."""

from __future__ import annotations

from collections.abc import Mapping

import hyperscan

from scanner import kept

NAME = "heads.hyperscan"
MAX_BYTES = 16 << 20


class Hyperscan:
    """A compiled database of heads, and the memory to search with it."""

    def __init__(self, heads: Mapping[int, str]) -> None:
        self._found: list[tuple[int, int]] = []
        self._database = _database(heads)

    def hits(self, data: bytes, /) -> list[tuple[int, int]]:
        """As ``Matcher`` says; the place is the last of a head."""
        if data:
            self._database.scan(data, match_event_handler=self._take)
        if not self._found:
            return []
        found, self._found = self._found, []
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
