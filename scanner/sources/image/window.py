"""The two ways to look at a layer's tar: by seeking, and forward only. Both are ``tar.Windowed``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import BinaryIO

from scanner.parsers.tar import BLOCK

LEAST, MOST = 1 << 12, 1 << 18
"""Bytes that are read at a place jumped to; at most, when it goes on from there."""


class Seeking:
    """Over a file that can seek: what nobody asks for is not read."""

    def __init__(self, raw: BinaryIO) -> None:
        self._raw = raw
        self._window, self._start, self._size = b"", 0, LEAST

    def at(self, offset: int, size: int, /) -> bytes:
        """The bytes there, fewer at the end."""
        start = offset - self._start
        window = self._window
        if start >= 0 and start + size <= len(window):
            return window[start : start + size]
        ahead = 0 <= start <= len(window) + LEAST
        self._size = min(MOST, self._size * 4) if ahead else LEAST
        wanted = max(size, self._size)
        try:
            self._raw.seek(offset)
        except (OverflowError, OSError, ValueError) as error:
            if self._raw.closed:
                raise ValueError("the layer is closed") from error
            return b""
        parts = []
        while wanted > 0 and (part := self._raw.read(wanted)):
            parts.append(part)
            wanted -= len(part)
        self._window, self._start = b"".join(parts), offset
        return self._window[:size]

    def around(self, offset: int, /) -> tuple[bytes, int]:
        """What is in memory, with a block from there on."""
        self.at(offset, BLOCK)
        return self._window, self._start


class Forward:
    """Over chunks that come one after the other."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks: Iterator[bytes] = iter(chunks)
        self._window, self._start = b"", 0
        self._failed: Exception | None = None

    def at(self, offset: int, size: int, /) -> bytes:
        """The bytes there, fewer at the end. Raises ValueError for what has gone by, and what the chunks raise."""
        start = offset - self._start
        window = self._window
        if start >= 0 and start + size <= len(window):
            return window[start : start + size]
        if start < 0:
            raise ValueError("a compressed layer is read forward only")
        while start >= len(window):
            if not (more := self._next()):
                return b""
            start -= len(window)
            self._start += len(window)
            self._window = window = more
        if start + size > len(window):
            parts, missing = [window[start:]], start + size - len(window)
            while missing > 0 and (more := self._next()):
                parts.append(more)
                missing -= len(more)
            self._window, self._start = b"".join(parts), offset
            return self._window[:size]
        return window[start : start + size]

    def around(self, offset: int, /) -> tuple[bytes, int]:
        """What is in memory, with a block from there on."""
        self.at(offset, BLOCK)
        return self._window, self._start

    def drain(self) -> None:
        """Let everything that is left go by."""
        self._window = b""
        while self._next():
            pass

    def _next(self) -> bytes:
        """The next chunk, b"" at the end; an error is raised again whenever somebody asks on."""
        if self._failed is not None:
            raise self._failed
        try:
            return next(self._chunks, b"")
        except (ValueError, OSError) as error:
            self._failed = error
            raise
