"""Streams packed as a whole, as joblib and ``gzip`` write them: unpacked piece by piece."""

from __future__ import annotations

import bz2
import lzma
import zlib
from typing import Literal, Protocol

from scanner.parsers import tar
from scanner.parsers.archives.stream import CHUNK, Budget

Form = Literal["deflate", "zlib", "gzip", "bz2", "xz", "lzma"]
"""``deflate``: without a header, as in a zip; ``lzma``: the older form of xz."""
MAX_MEMORY = 1 << 27
"""Bytes of memory that an xz stream may ask for."""

_AGAIN: dict[Form, bytes] = {"gzip": b"\x1f\x8b\x08", "bz2": b"BZh", "xz": b"\xfd7zXZ\0"}
"""What another stream behind the first begins with, where several are one."""
_BITS = {"deflate": -15, "zlib": 15, "gzip": 31}


class Unpacking:
    """Gives what is packed in ``source`` from ``offset`` on, a piece a call, b"" at the end.

    ``size`` are the bytes it takes there, None when that shows at its end. Several streams of gzip, bz2 or xz, one
    behind the other, are one. Raises ValueError for damage and when it ends too early, LimitError for what unpacks to
    more than ``budget`` has.
    """

    def __init__(
        self, source: tar.Source, form: Form, budget: Budget, *, offset: int = 0, size: int | None = None
    ) -> None:
        self._source, self._form, self._budget = source, form, budget
        self._next, self._end = offset, None if size is None else offset + size
        self._decoder = _decoder(form)
        self._rest = b""

    @property
    def end(self) -> int:
        """The offset behind what was read of the packed bytes."""
        return self._next - len(self._rest)

    def __call__(self) -> bytes:
        while True:
            if self._decoder.eof and not self._goes_on():
                return b""
            data = self._rest
            self._rest = b""
            if not data and self._decoder.needs_input:
                data = self._read()
            try:
                piece = self._decoder.decompress(data, CHUNK)
            except (zlib.error, lzma.LZMAError, OSError, EOFError, MemoryError) as error:
                raise ValueError(f"damaged {self._form}: {error}") from None
            if self._decoder.eof:
                self._rest = self._decoder.unused_data
            if piece:
                self._budget.spend(len(piece))
                return piece
            if not data and not self._decoder.eof:
                raise ValueError(f"{self._form} that is cut off")

    def _read(self) -> bytes:
        size = CHUNK if self._end is None else min(CHUNK, self._end - self._next)
        data = self._source.at(self._next, size) if size > 0 else b""
        self._next += len(data)
        return data

    def _goes_on(self) -> bool:
        if self._form not in _AGAIN:
            return False
        self._rest = self._rest or self._read()
        if not self._rest.startswith(_AGAIN[self._form]):
            return False
        self._decoder = _decoder(self._form)
        return True


class _Decoder(Protocol):
    @property
    def eof(self) -> bool: ...
    @property
    def needs_input(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int, /) -> bytes: ...


class _Inflate:
    """zlib's decoder with the interface of the others."""

    def __init__(self, bits: int) -> None:
        self._inner = zlib.decompressobj(bits)

    @property
    def eof(self) -> bool:
        return self._inner.eof

    @property
    def needs_input(self) -> bool:
        return not self._inner.unconsumed_tail

    @property
    def unused_data(self) -> bytes:
        return self._inner.unused_data

    def decompress(self, data: bytes, max_length: int, /) -> bytes:
        return self._inner.decompress(self._inner.unconsumed_tail + data, max_length)


def _decoder(form: Form) -> _Decoder:
    if form == "bz2":
        return bz2.BZ2Decompressor()
    if form in {"xz", "lzma"}:
        return lzma.LZMADecompressor(lzma.FORMAT_AUTO, memlimit=MAX_MEMORY)
    return _Inflate(_BITS[form])
