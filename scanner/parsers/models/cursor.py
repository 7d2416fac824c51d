"""Reading a source front to back: what is skipped is never asked for, what is read is asked for once."""

from __future__ import annotations

from struct import Struct

from scanner.parsers.models.header import Broken
from scanner.parsers.models.limits import WINDOW
from scanner.parsers.tar import Source


class Cursor:
    """A place in a source. Everything raises ``Broken`` (truncated) at its end."""

    def __init__(self, source: Source, size: int, offset: int = 0) -> None:
        self._source, self.size = source, size
        self.position = offset
        self._window, self._start = b"", offset

    def take(self, count: int) -> bytes:
        """The next bytes, exactly so many."""
        at = self.position - self._start
        if not 0 <= at <= at + count <= len(self._window):
            self._fill(count)
            at = self.position - self._start
        self.position += count
        return self._window[at : at + count]

    def unpack(self, form: Struct) -> tuple[int, ...]:
        """The next numbers."""
        return form.unpack(self.take(form.size))

    def varint(self) -> int:
        """A number of protobuf: seven bits a byte, the low ones first, at most 64 of them."""
        at = self.position - self._start
        if not 0 <= at <= len(self._window) - 10:
            self._fill(0, 10)
            at = self.position - self._start
        window = self._window
        if at < len(window) and window[at] < 0x80:
            self.position += 1
            return window[at]
        value = shift = 0
        for place in range(at, min(at + 10, len(window))):
            byte = window[place]
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                self.position = self._start + place + 1
                return value & 0xFFFFFFFFFFFFFFFF
            shift += 7
        if len(window) - at >= 10:
            raise Broken("malformed", "a number of more than ten bytes", self.position)
        raise Broken("truncated", "the file ends inside a number", self.position)

    def skip_strings(self, count: int, form: Struct, end: int) -> None:
        """Go on behind so many strings, each behind its length; stops behind the first that ends behind ``end``."""
        size, unpack = form.size, form.unpack_from
        position, start, last = self.position, self._start, self._start + len(self._window) - form.size
        while count and position <= end:
            if not start <= position <= last:
                self.position = position
                self._fill(size)
                start, last = self._start, self._start + len(self._window) - size
            position += size + unpack(self._window, position - start)[0]
            count -= 1
        self.position = position

    def move(self, position: int) -> None:
        """Go on there; never back."""
        if position < self.position:
            raise Broken("malformed", "a part that ends before it begins", self.position)
        if position > self.size:
            raise Broken("truncated", f"the file ends {position - self.size:,} bytes early", self.position)
        self.position = position

    def _fill(self, count: int, wanted: int = 0) -> None:
        if self.position + count > self.size:
            missing = self.position + count - self.size
            raise Broken("truncated", f"the file ends {missing:,} bytes early", self.position)
        behind = self._start + len(self._window)
        kept = self._window[self.position - self._start :] if self.position < behind else b""
        start = self.position + len(kept)
        missing = min(max(count, wanted, WINDOW) - len(kept), self.size - start)
        more = self._source.at(start, missing) if missing > 0 else b""
        self._window, self._start = kept + more, self.position
        if len(self._window) < count:
            raise Broken("truncated", "the file ends before its size says", start + len(more))
