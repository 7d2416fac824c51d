"""Bytes that come one piece after the other, as a ``tar.Source``."""

from __future__ import annotations

from collections.abc import Callable

CHUNK = 1 << 16
"""Bytes of a piece."""


class LimitError(ValueError):
    """More was asked of a file than is looked at; what was seen before counts."""


class Stream:
    """Over a function that gives the next piece, and b"" at the end. Kept is what was asked for last, and behind it."""

    def __init__(self, pull: Callable[[], bytes]) -> None:
        self._pull = pull
        self._window, self._start = b"", 0

    def at(self, offset: int, size: int, /) -> bytes:
        """The bytes there, fewer at the end. Raises ValueError for what has gone by, and what ``pull`` raises."""
        start = offset - self._start
        if start < 0:
            raise ValueError("it is read forward only")
        while start >= len(self._window):
            if not (more := self._pull()):
                return b""
            start -= len(self._window)
            self._start += len(self._window)
            self._window = more
        if start + size > len(self._window):
            parts, missing = [self._window[start:]], start + size - len(self._window)
            while missing > 0 and (more := self._pull()):
                parts.append(more)
                missing -= len(more)
            self._window, self._start, start = b"".join(parts), offset, 0
        return self._window[start : start + size]


class Budget:
    """Bytes that may still be unpacked; shared by all that is unpacked of one file."""

    def __init__(self, size: int) -> None:
        self._size = self._left = size

    def spend(self, size: int) -> None:
        """Raises LimitError when they are used up."""
        self._left -= size
        if self._left < 0:
            raise LimitError(f"it unpacks to more than {self._size:,} bytes")
