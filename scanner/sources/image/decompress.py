"""A layer's bytes as its tar: counted, inflated and hashed while they are read, never all at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, BinaryIO

from scanner.parsers import tar

if TYPE_CHECKING:
    from hashlib import _Hash

CHUNK = 1 << 18
"""Bytes that are read or inflated at a time."""
MAX_INFLATED = 1 << 40
"""Bytes that a layer may inflate to."""
MAX_RATIO = 200
"""How many times its stored size a layer may inflate to, once it is larger than ``MAX_SMALL``."""
MAX_SMALL = 4 << 30
MAX_WINDOW = 1 << 27
"""Bytes of memory that a zstd stream may ask for; ``zstd -d`` gives no more unless told to."""

MAX_BEGINNING = 1 << 21
"""Bytes that are inflated to tell what a layer is like."""

_MAGIC = (
    (b"\x1f\x8b", "gzip"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
    (b"BZh", "bzip2"),
    (b"\xfd7zXZ\0", "xz"),
    (b"\x04\x22\x4d\x18", "lz4"),
    (b"PK\3\4", "zip"),
)
_SKIPPABLE = range(0x50, 0x60)
"""First byte of a zstd frame that holds something else."""


class Stored:
    """A layer's bytes as they are stored, and how many have gone by; ``passed`` is told of each few more."""

    def __init__(self, raw: BinaryIO, passed: Callable[[int], None] | None = None) -> None:
        self._raw, self.size, self._passed = raw, 0, passed
        self._peeked = b""

    def peek(self, size: int) -> bytes:
        """The first bytes, which are read again later."""
        while len(self._peeked) < size and (more := self._raw.read(size - len(self._peeked))):
            self._peeked += more
        return self._peeked

    def read(self, size: int = CHUNK) -> bytes:
        """The next bytes, b"" at the end."""
        data, self._peeked = self._peeked[:size] or self._raw.read(size), self._peeked[size:]
        self._count(len(data))
        return data

    def readinto(self, buffer: memoryview) -> int:
        """The next bytes into a buffer, and how many."""
        if not self._peeked:
            count: int = self._raw.readinto(buffer)  # type: ignore[attr-defined]  # readers of bytes have it
            self._count(count)
            return count
        data = self.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def drain(self) -> None:
        """Let what is left go by."""
        while self.read():
            pass

    def _count(self, more: int) -> None:
        self.size += more
        if self._passed is not None:
            self._passed(more)


class Inflated:
    """Chunks of the tar inside. Raises ValueError for damage and for a bomb."""

    def __init__(self, stored: Stored, form: str) -> None:
        self.size = 0
        self._stored, self._form = stored, form

    def __iter__(self) -> Iterator[bytes]:
        for chunk in _FORMS[self._form](self._stored):
            self.size += len(chunk)
            if self.size > min(MAX_INFLATED, max(MAX_SMALL, MAX_RATIO * self._stored.size)):
                raise ValueError(
                    f"{self._stored.size:,} bytes inflate to more than {self.size - len(chunk):,}; it looks like a bomb"
                )
            yield chunk


def hashed(chunks: Iterable[bytes], by: _Hash) -> Iterator[bytes]:
    """The same chunks, each hashed as it goes by."""
    for chunk in chunks:
        by.update(chunk)
        yield chunk


def form_of(head: bytes) -> str:
    """``tar``, ``gzip`` or ``zstd`` by the first 512 bytes. Raises ValueError for anything else."""
    form = next((form for magic, form in _MAGIC if head.startswith(magic)), "")
    if not form and head[1:4] == b"\x2a\x4d\x18" and head[0] in _SKIPPABLE:
        form = "zstd"
    if form in _FORMS:
        return form
    if form:
        raise ValueError(f"a layer in {form}, which is not read; only tar, gzip and zstd are")
    if head[257:262] == b"ustar" or not head.strip(b"\0") or any(tar.walk(tar.Buffer(head), [])):
        return "tar"
    raise ValueError("neither tar nor gzip nor zstd by its first bytes; it may be encrypted or no layer at all")


def beginning(data: bytes, form: str) -> bytes:
    """What the first bytes of a layer inflate to, at most ``MAX_BEGINNING``. Raises ValueError."""
    if form == "tar":
        return data
    if form == "gzip":
        import zlib

        try:
            return zlib.decompressobj(31).decompress(data, MAX_BEGINNING)
        except zlib.error as error:
            raise ValueError(f"damaged gzip: {error}") from error
    import io

    stored = Stored(io.BytesIO(data))
    return b"".join(chunk for chunk, _ in zip(_zstd(stored), range(MAX_BEGINNING // CHUNK), strict=False))


def _tar(stored: Stored) -> Iterator[bytes]:
    while chunk := stored.read():
        yield chunk


def _gzip(stored: Stored) -> Iterator[bytes]:
    """With isal, three times as fast as zlib; with zlib where there is none."""
    import zlib
    from gzip import BadGzipFile, GzipFile

    errors: Any = (EOFError, BadGzipFile, zlib.error)
    opener: Any = GzipFile
    try:
        from isal import igzip, isal_zlib

        opener, errors = igzip.IGzipFile, (*errors, isal_zlib.IsalError)
    except ImportError:
        pass
    reader = opener(fileobj=stored)
    while True:
        try:
            chunk = reader.read(CHUNK)
        except errors as error:
            raise ValueError(f"damaged gzip: {error}") from error
        if not chunk:
            return
        yield chunk


def _zstd(stored: Stored) -> Iterator[bytes]:
    import zstandard

    source: Any = stored
    reader = zstandard.ZstdDecompressor(max_window_size=MAX_WINDOW).stream_reader(source, read_across_frames=True)
    while True:
        try:
            chunk = reader.read(CHUNK)
        except zstandard.ZstdError as error:
            raise ValueError(f"damaged zstd: {error}") from error
        if not chunk:
            return
        yield chunk


_FORMS = {"tar": _tar, "gzip": _gzip, "zstd": _zstd}
