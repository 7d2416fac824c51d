"""Image archives: ``archive:FILE[:NAME]``, as ``docker save``, ``podman save`` and ``skopeo copy`` write them.

FILE is ``-`` for standard input. An archive is a tar with an OCI layout inside, or with Docker's own manifest.json
(or both).
"""

from __future__ import annotations

import io
import os
import posixpath
import tarfile
from typing import Any, BinaryIO, TypeGuard, cast

from scanner.errors import TargetError
from scanner.model.record import Record
from scanner.sources.discover import STDIN
from scanner.sources.image import layout, manifest
from scanner.sources.image import platform as platforms
from scanner.sources.image.image import Blob, Image
from scanner.sources.image.manifest import MAX_CONFIG, MAX_ENTRIES, MAX_MANIFEST
from scanner.sources.image.shared import Shared, standard_input
from scanner.sources.image.verified import BUFFER

MAX_FILES = 20_000
"""Files of an archive; each image has a few per layer."""
MAX_HEADER = 64 << 10
"""Bytes of a tar header's own data: a long name, say."""
MAX_LINKS = 8
"""Links that lead from one to the next."""
DOCKER = "manifest.json"

_COMPRESSED = (b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"\x28\xb5\x2f\xfd")


def open_archive(text: str, platform: str | None) -> Image:
    """The image in a file, ``FILE[:NAME]``. Raises TargetError."""
    name = f"archive:{text}"
    if text.partition(":")[0] == STDIN:
        return read_archive(name, standard_input(name), text[len(STDIN) + 1 :], platform)
    path, wanted = layout.split(text)
    try:
        number = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise TargetError(f"{name}: {error.strerror}") from None
    return read_archive(name, Shared(number), wanted, platform)


def read_archive(name: str, file: Shared, wanted: str, platform: str | None) -> Image:
    """The image of that name in an open archive; for "" the only one. Raises TargetError."""
    archive = _Archive(name, file)
    if archive.has(layout.INDEX) and archive.has("oci-layout"):
        return layout.read_layout(archive, wanted, platform)
    if not archive.has(DOCKER):
        raise TargetError(
            f"{name} is no image archive: it has neither {layout.INDEX} nor {DOCKER}",
            hint="make one with: docker save -o FILE IMAGE",
        )
    return _docker(archive, wanted, platform)


class _Part(io.RawIOBase):
    """A stretch of a shared file."""

    def __init__(self, file: Shared, start: int, size: int, *, most: int = BUFFER) -> None:
        self._file, self._start, self._size, self._at, self._most = file, start, size, 0, most

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._size}[whence]
        self._at = max(0, base + offset)
        return self._at

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        data = self._file.read(min(len(buffer), self._most, max(0, self._size - self._at)), self._start + self._at)
        buffer[: len(data)] = data
        self._at += len(data)
        return len(data)


class _Headers(_Part):
    """An archive whose headers are read and nothing else, so that none can ask for all memory."""

    def read(self, size: int = -1) -> bytes:
        if not 0 <= size <= MAX_HEADER:
            raise tarfile.ReadError("a header is too large")
        return super().read(size) or b""


class _Entry(Record, kw_only=False):
    start: int
    size: int
    link: str
    """Where a link leads, from the archive's root; "" for a file."""


class _Archive:
    """The files of an archive; only their places are kept."""

    def __init__(self, name: str, file: Shared) -> None:
        self.name, self._file = name, file
        if not file.regular:
            raise TargetError(f"{name} is no file", hint="a folder with an OCI layout is opened as oci:DIR")
        if file.read(6, 0).startswith(_COMPRESSED):
            raise TargetError(f"{name} is compressed as a whole", hint="unpack it first: gunzip, unzstd or xz -d")
        try:
            self._entries = self._index()
        except (tarfile.TarError, ValueError, OverflowError, RecursionError) as error:
            raise TargetError(f"{name} is no tar, or a damaged one: {error}") from None

    def _index(self) -> dict[str, _Entry]:
        found: dict[str, _Entry] = {}
        headers = cast("BinaryIO", _Headers(self._file, 0, self._file.size))
        with tarfile.open(fileobj=headers, mode="r:") as tar:
            for count, member in enumerate(tar):
                if count >= MAX_FILES:
                    raise ValueError(f"more than {MAX_FILES:,} files")
                path = posixpath.normpath(member.name).lstrip("/")
                if member.isreg() and member.offset_data + member.size > self._file.size:
                    raise ValueError(f"it ends inside {path}")
                if member.isreg():
                    found[path] = _Entry(member.offset_data, member.size, "")
                elif member.issym():
                    target = posixpath.join(posixpath.dirname(path), member.linkname)
                    found[path] = _Entry(0, 0, posixpath.normpath(target).lstrip("/"))
                elif member.islnk():
                    found[path] = _Entry(0, 0, posixpath.normpath(member.linkname).lstrip("/"))
        return found

    def _find(self, path: str) -> _Entry | None:
        entry = self._entries.get(path)
        for _ in range(MAX_LINKS):
            if entry is None or not entry.link:
                return entry
            entry = self._entries.get(entry.link)
        return None

    def has(self, path: str) -> bool:
        """Whether there is such a file."""
        return self._find(path) is not None

    def size(self, path: str) -> int:
        """Bytes of a file; 0 when there is none."""
        entry = self._find(path)
        return entry.size if entry is not None else 0

    def identity(self, path: str) -> str:
        """What tells a file's bytes from all others without reading them; "" for nothing."""
        entry = self._find(path)
        return f"{self._file.identity}:{entry.start}:{entry.size}" if entry is not None and self._file.identity else ""

    def open(self, path: str) -> BinaryIO:
        """A new reader of a file. Raises TargetError when there is none."""
        entry = self._find(path)
        if entry is None:
            raise layout.missing(self.name, path)
        return io.BufferedReader(_Part(self._file, entry.start, entry.size), BUFFER)


def _docker(archive: _Archive, wanted: str, platform: str | None) -> Image:
    """By Docker's manifest.json: ``[{"Config": path, "RepoTags": [name], "Layers": [path]}]``."""
    listed = _listed(archive)
    names = [name for one in listed for name in one["RepoTags"]]
    if wanted:
        listed = [one for one in listed if layout.familiar(wanted) in map(layout.familiar, one["RepoTags"])]
    if len(listed) != 1:
        reason = "there is more than one image in it" if listed else f"there is no image {wanted!r} in it"
        raise TargetError(f"{archive.name}: {reason}", hint=layout.choice(names))
    one = listed[0]
    config = manifest.parse(_all(archive, one["Config"], MAX_CONFIG), f"{archive.name}: {one['Config']}", MAX_CONFIG)
    diff_ids = manifest.diff_ids_of(config)
    layers = tuple(
        Blob(
            digest="",
            diff_id=diff_ids[number] if number < len(diff_ids) else "",
            size=archive.size(path),
            media_type="",
            identity=archive.identity(path),
            open=lambda path=path: archive.open(path),  # type: ignore[misc]
        )
        for number, path in enumerate(one["Layers"])
    )
    asked = None if platform is None else platforms.parse(platform)
    return manifest.checked(Image(name=archive.name, digest="", config=config, layers=layers), asked)


def _listed(archive: _Archive) -> list[dict[str, Any]]:
    """The entries of manifest.json, checked."""
    listed = manifest.load(_all(archive, DOCKER, MAX_MANIFEST), f"{archive.name}: {DOCKER}", MAX_MANIFEST)
    if not isinstance(listed, list) or not 0 < len(listed) <= MAX_ENTRIES or not all(map(_usable, listed)):
        raise TargetError(f"{archive.name}: {DOCKER} is not as docker save writes it")
    return [one | {"RepoTags": one.get("RepoTags") or []} for one in listed]


def _usable(one: object) -> bool:
    if not isinstance(one, dict) or not isinstance(one.get("Config"), str):
        return False
    names, layers = one.get("RepoTags") or [], one.get("Layers")
    return _texts(names) and _texts(layers) and len(layers) <= MAX_ENTRIES


def _texts(value: object) -> TypeGuard[list[str]]:
    return isinstance(value, list) and all(isinstance(one, str) for one in value)


def _all(archive: _Archive, path: str, limit: int) -> bytes:
    with archive.open(path) as reader:
        return reader.read(limit + 1)
