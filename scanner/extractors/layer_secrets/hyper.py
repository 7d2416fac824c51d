"""Hyperscan, or its fork Vectorscan: all heads at once."""

from __future__ import annotations

from collections.abc import Mapping

import hyperscan


class Hyperscan:
    """A compiled database of heads, and the memory to search with it."""

    def __init__(self, heads: Mapping[int, str]) -> None:
        self._found: list[tuple[int, int]] = []
        self._database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
        expressions = [head.encode() for head in heads.values()]
        self._database.compile(expressions=expressions, ids=list(heads), elements=len(heads), flags=0)

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
