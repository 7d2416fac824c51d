"""The bytes of a file as the parsers of models want them: forward only, hashed as they go by, and not for ever."""

from __future__ import annotations

import time
from hashlib import sha256

from scanner.model.target import File
from scanner.parsers.archives.stream import LimitError, Stream

MAX_SECONDS = 60.0
"""Seconds that one file may take, without the time to read it."""
CHUNK = 1 << 20
"""Bytes that are read and hashed at a time."""


class Skipping:
    """A file of which only what is asked for is read."""

    def __init__(self, file: File) -> None:
        self._file = file
        self._window, self._start = b"", 0

    def at(self, offset: int, size: int, /) -> bytes:
        """The bytes there, fewer at the end."""
        size = max(0, min(size, self._file.size - offset))
        start = offset - self._start
        if not 0 <= start <= start + size <= len(self._window):
            self._window, self._start, start = self._file.part(offset, size), offset, 0
        return self._window[start : start + size]


class Hashed:
    """A file that is read as a whole, from its beginning to its end."""

    def __init__(self, file: File) -> None:
        self._file, self._next = file, 0
        self._hash = sha256()
        self._stream = Stream(self._pull)

    def at(self, offset: int, size: int, /) -> bytes:
        """The bytes there, fewer at the end."""
        return self._stream.at(offset, size)

    def digest(self) -> str:
        """Read on to the end: ``sha256:…``."""
        while self._pull():
            pass
        return f"sha256:{self._hash.hexdigest()}"

    def _pull(self) -> bytes:
        size = min(CHUNK, self._file.size - self._next)
        piece = self._file.part(self._next, size) if size > 0 else b""
        self._hash.update(piece)
        self._next += len(piece)
        return piece


class Timed:
    """A source that stops giving when what is done with its bytes takes too long."""

    def __init__(self, source: Skipping | Hashed) -> None:
        self._source = source
        self._left, self._since = MAX_SECONDS, time.monotonic()

    def at(self, offset: int, size: int, /) -> bytes:
        """The bytes there, fewer at the end. Raises LimitError."""
        self._left -= time.monotonic() - self._since
        if self._left < 0:
            raise LimitError(f"it takes more than {MAX_SECONDS:.0f} seconds")
        found = self._source.at(offset, size)
        self._since = time.monotonic()
        return found
