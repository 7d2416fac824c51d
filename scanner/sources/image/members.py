"""The files of an image archive, by their path in it."""

from __future__ import annotations

import io
import os
import posixpath
from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import BinaryIO, cast

from scanner.errors import TargetError
from scanner.model.record import Record
from scanner.parsers import tar
from scanner.sources.image import layout
from scanner.sources.image.shared import Shared
from scanner.sources.image.window import Seeking

MAX_FILES = 20_000
"""Files of an archive; each image has a few per layer."""
MAX_LINKS = 8
"""Links that lead from one to the next."""

_COMPRESSED = (b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"\x28\xb5\x2f\xfd")


class Entry(Record, kw_only=False):
    """A file of an archive, or a link to one."""

    start: int
    size: int
    link: str
    """Where a link leads, from the archive's root; "" for a file."""


class Members(ABC):
    """The files of an archive; only their places are kept. A ``layout.Files``."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.entries: dict[str, Entry] = {}

    def real(self, path: str) -> str | None:
        """Where the file at a path is, links followed; None when there is none."""
        for _ in range(MAX_LINKS):
            entry = self.entries.get(path)
            if entry is None or not entry.link:
                return path if entry is not None else None
            path = entry.link
        return None

    def has(self, path: str) -> bool:
        """Whether there is such a file."""
        return self.real(path) is not None

    def size(self, path: str) -> int:
        """Bytes of a file; 0 when there is none."""
        real = self.real(path)
        return 0 if real is None else self.entries[real].size

    def open(self, path: str) -> BinaryIO:
        """A new reader of a file. Raises TargetError when there is none."""
        real = self.real(path)
        if real is None:
            raise layout.missing(self.name, path)
        return self.opened(real)

    @abstractmethod
    def opened(self, path: str) -> BinaryIO:
        """The same for the path of a file that is there."""

    @abstractmethod
    def identity(self, path: str) -> str:
        """What tells a file's bytes from all others without reading them; "" for nothing."""

    def note(self, entry: tar.Entry) -> str:
        """Note a member that is a file or a link; its path. Raises ValueError for too many, and for a sparse one."""
        path = _path(entry.name.decode("utf-8", "surrogateescape"))
        if entry.sparse is not None:
            raise ValueError(f"{path} is a sparse file, which only tar unpacks")
        link = entry.link.decode("utf-8", "surrogateescape")
        if entry.type == tar.REGULAR:
            self._add(path, Entry(entry.offset, entry.size, ""))
        elif entry.type == tar.SYMLINK:
            self._add(path, Entry(0, 0, _path(posixpath.join(posixpath.dirname(path), link))))
        elif entry.type == tar.HARD_LINK:
            self._add(path, Entry(0, 0, _path(link)))
        return path

    def _add(self, path: str, entry: Entry) -> None:
        if len(self.entries) >= MAX_FILES:
            raise ValueError(f"more than {MAX_FILES:,} files")
        self.entries[path] = entry


def _path(name: str) -> str:
    """The path that a member's name means."""
    return posixpath.normpath(name).lstrip("/")


def refuse_compressed(name: str, head: bytes) -> None:
    """Raises TargetError for an archive that is compressed as a whole."""
    if head.startswith(_COMPRESSED):
        raise TargetError(f"{name} is compressed as a whole", hint="unpack it first: gunzip, unzstd or xz -d")


def refuse_flawed(name: str, flaws: Iterable[tar.Flaw]) -> None:
    """Raises TargetError for an archive that has any, but for the mark that some makers leave out at the end."""
    for _, reason in flaws:
        if reason != tar.NO_END:
            raise damaged(name, reason)


def damaged(name: str, reason: object) -> TargetError:
    """What to raise for no tar, or a damaged one."""
    return TargetError(f"{name} is no tar, or a damaged one: {reason}")


class _Part(io.RawIOBase):
    """A stretch of a shared file, read without copying it a second time."""

    def __init__(self, file: Shared, start: int, size: int) -> None:
        self._file, self._start, self._size, self._at = file, start, size, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._size}[whence]
        self._at = max(0, base + offset)
        return self._at

    def read(self, size: int = -1) -> bytes:
        left = max(0, self._size - self._at)
        data = self._file.read(left if size < 0 else min(size, left), self._start + self._at)
        self._at += len(data)
        return data

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        size = min(len(buffer), max(0, self._size - self._at))
        count = self._file.readinto(memoryview(buffer)[:size], self._start + self._at) if size else 0
        self._at += count
        return count


class Archive(Members):
    """The files of an archive that is a file."""

    def __init__(self, name: str, file: Shared) -> None:
        super().__init__(name)
        self._file = file
        if not file.regular:
            raise TargetError(f"{name} is no file", hint="a folder with an OCI layout is opened as oci:DIR")
        refuse_compressed(name, file.read(6, 0))
        flaws: list[tar.Flaw] = []
        try:
            for entry in tar.walk(Seeking(self._part(0, file.size)), flaws):
                path = self.note(entry)
                if entry.type == tar.REGULAR and entry.offset + entry.size > file.size:
                    raise ValueError(f"it ends inside {path}")
        except ValueError as error:
            raise damaged(name, error) from None
        refuse_flawed(name, flaws)

    def _part(self, start: int, size: int) -> BinaryIO:
        return cast("BinaryIO", _Part(self._file, start, size))

    def identity(self, path: str) -> str:
        """Its place, and the archive's times."""
        real = self.real(path)
        if real is None or not self._file.identity:
            return ""
        return f"{self._file.identity}:{self.entries[real].start}:{self.entries[real].size}"

    def opened(self, path: str) -> BinaryIO:
        """A new reader of a stretch of it."""
        entry = self.entries[path]
        return self._part(entry.start, entry.size)
