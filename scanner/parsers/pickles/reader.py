"""The bytes of a pickle, window by window, without ever going back."""

from __future__ import annotations

from scanner.parsers.pickles.limits import MAX_TEXT
from scanner.parsers.pickles.symbols import Raw
from scanner.parsers.tar import Source

FIRST_WINDOW, WINDOW = 1 << 12, 1 << 18
"""Bytes that are read at first and after a jump; at most, when it goes on from there."""
MARGIN = 300
"""More than the longest opcode whose argument is read without asking whether it is there: one with 255 bytes."""


class Part:
    """A source up to ``end``."""

    def __init__(self, source: Source, end: int) -> None:
        self._source, self._end = source, end

    def at(self, offset: int, size: int, /) -> bytes:
        """The bytes there, fewer at the end."""
        return self._source.at(offset, min(size, self._end - offset)) if offset < self._end else b""


class Reader:
    """A window on a source: ``data`` begins at offset ``base``, and ``size`` bytes of it are there.

    At the end of the source, zeros are behind them, so that every opcode can be read with its argument.
    """

    def __init__(self, source: Source, start: int) -> None:
        self.source = source
        self.base, self.data, self.size = start, b"", 0
        self.at = 0
        """Where in the window the opcode at hand begins; below 0 when it is in front of it."""
        self.whole = False
        """The source has nothing behind the window."""
        self.limit = 0
        """Where the window has to be looked after before the next opcode is read."""
        self.walked = 0
        """Bytes in front of the window, without those that were jumped over."""
        self._next_size = FIRST_WINDOW

    def read(self, at: int) -> None:
        """Let the window begin at ``at`` of the window."""
        size = self._next_size if at <= self.size else FIRST_WINDOW
        self._next_size = min(WINDOW, size * 4)
        self.walked += at
        self.base += at
        self.at -= at
        self.data = self.source.at(self.base, size)
        self.size = len(self.data)
        self.whole = self.size < size
        if self.whole:
            self.data += bytes(MARGIN)
        self.limit = 0

    def line(self, at: int) -> tuple[bytes | Raw, int]:
        """The line at ``at`` without its end, and where the next one begins; a Raw when it is longer than is kept.

        Raises EOFError when it does not end.
        """
        end = self.data.find(b"\n", at)
        if end < 0 and not self.whole:
            self.read(at)
            at, end = 0, self.data.find(b"\n")
        start, kept = self.base + at, self.data[at : at + MAX_TEXT]
        while end < 0:
            if self.whole:
                raise EOFError
            self.read(self.size)
            end = self.data.find(b"\n")
        size = self.base + end - start
        return (kept[:size] if size <= MAX_TEXT else Raw(kept, size)), end + 1

    def payload(self, at: int, size: int) -> tuple[bytes | Raw, int]:
        """The ``size`` bytes at ``at`` and what is behind them; a Raw when they are more than is kept.

        Raises EOFError when there are fewer.
        """
        if at + min(size, MAX_TEXT) > self.size and not self.whole:
            self.read(at)
            at = 0
        kept = self.data[at : min(at + size, at + MAX_TEXT, self.size)]
        self.inside(kept, self.base + at, size)
        at = self.skip(at, size)
        return (kept if size <= MAX_TEXT else Raw(kept, size)), at

    def skip(self, at: int, size: int) -> int:
        """What is behind the ``size`` bytes at ``at``. Raises EOFError when there are fewer."""
        end = at + size
        if end > self.size:
            if self.whole:
                raise EOFError
            self.read(end - 1)  # whose last byte is there if all of them are
            if not self.size:
                raise EOFError
            end = 1
        if size > MAX_TEXT:
            self.walked -= size
        return end

    def inside(self, kept: bytes, start: int, size: int) -> None:
        """Look into a payload of ``size`` bytes at ``start`` of the source before it is passed."""
