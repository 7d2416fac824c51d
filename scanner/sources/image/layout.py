"""OCI image layouts: ``oci:DIR[:TAG|@DIGEST]``, and the same inside an archive.

https://github.com/opencontainers/image-spec/blob/main/image-layout.md
"""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping, Sequence
from typing import BinaryIO, Protocol

from scanner.errors import TargetError
from scanner.parsers import image_reference
from scanner.sources.image import manifest
from scanner.sources.image.image import Image
from scanner.sources.image.manifest import MAX_LISTED, MAX_MANIFEST

INDEX = "index.json"
_NAMES = ("org.opencontainers.image.ref.name", "io.containerd.image.name")
"""Annotations of an entry that hold its tag or its whole name."""


class Files(Protocol):
    """The files of a layout, by their path in it."""

    name: str
    """As the user would type it."""

    def open(self, path: str) -> BinaryIO:
        """A new reader of a file. Raises TargetError when there is none."""


def open_layout(text: str, platform: str | None) -> Image:
    """The image in a folder, ``DIR[:TAG|@DIGEST]``. Raises TargetError."""
    folder, wanted = split(text)
    if not os.path.isdir(folder):
        raise TargetError(f"oci:{text}: no such folder")
    return read_layout(Folder(f"oci:{text}", folder), wanted, platform)


def split(text: str) -> tuple[str, str]:
    """The path that a text begins with and what follows: ``("images/a", "1.0")`` of ``images/a:1.0``."""
    cuts = [at for at, char in enumerate(text) if char in ":@"]
    for at in (len(text), *cuts):
        if os.path.exists(text[:at]):
            return text[:at], text[at + 1 :]
    return text, ""


def read_layout(files: Files, wanted: str, platform: str | None) -> Image:
    """The image of that tag, name or digest; for "" the only one. Raises TargetError."""
    index = manifest.parse(_all(files, INDEX, MAX_MANIFEST), f"{files.name}: {INDEX}", MAX_MANIFEST)
    every = manifest.entries(files.name, index, "manifests")
    listed = [one for one in every if not wanted or wanted == one.digest or _is_called(wanted, one.annotations)]
    names = list(dict.fromkeys(name for one in every for name in names_of(one.annotations)))
    several = len({one.digest for one in listed}) > 1 and len({tuple(names_of(one.annotations)) for one in listed}) > 1
    if not listed or several:
        reason = "there is more than one image in it" if listed else f"there is no image {wanted!r} in it"
        raise TargetError(f"{files.name}: {reason}", hint=choice(names))
    return manifest.read_listed(_Store(files), listed, platform)


def choice(names: Sequence[str]) -> str:
    """A hint that lists the images there are."""
    return f"put one of these behind it, with a colon between: {', '.join(names[:MAX_LISTED])}" if names else ""


def names_of(annotations: Mapping[str, object]) -> list[str]:
    """The tag or name that an entry of an index goes by."""
    return [value for key in _NAMES if isinstance(value := annotations.get(key), str)]


def _is_called(wanted: str, annotations: Mapping[str, object]) -> bool:
    names = names_of(annotations)
    return wanted in names or familiar(wanted) in map(familiar, names)


def familiar(name: str) -> str:
    """A name and its tag as people write them; programs write them in full, or not."""
    try:
        parsed = image_reference.parse(name)
    except ValueError:
        return name
    return f"{parsed.familiar}:{parsed.tag or 'latest'}"


class Folder:
    """A layout's folder. A file that is a link is followed: what it holds has to fit its digest."""

    def __init__(self, name: str, folder: str) -> None:
        self.name, self._folder = name, folder

    def open(self, path: str) -> BinaryIO:
        """A new reader of a file; only a regular file is one."""
        try:
            number = os.open(os.path.join(self._folder, path), os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError as error:
            raise missing(self.name, path, error.strerror or "") from None
        if not stat.S_ISREG(os.fstat(number).st_mode):
            os.close(number)
            raise missing(self.name, path, "no file")
        return os.fdopen(number, "rb")


def missing(name: str, path: str, why: str = "") -> TargetError:
    """What to say about a file of a layout that is not there."""
    hint = "it was copied or downloaded in part: make or fetch it again"
    return TargetError(f"{name}: {path} is missing" + (f": {why}" if why else ""), hint=hint)


class _Store:
    """The blobs of a layout."""

    def __init__(self, files: Files) -> None:
        self.name, self.local, self._files = files.name, True, files

    def manifest(self, digest: str) -> bytes:
        """At most one byte more than fits."""
        return _all(self._files, _path(digest), MAX_MANIFEST)

    def blob(self, digest: str, size: int) -> BinaryIO:
        """The blob's file."""
        return self._files.open(_path(digest))


def _path(digest: str) -> str:
    return f"blobs/{digest.replace(':', '/')}"


def _all(files: Files, path: str, limit: int) -> bytes:
    try:
        with files.open(path) as reader:
            return reader.read(limit + 1)
    except OSError as error:
        raise TargetError(f"{files.name}: {path} cannot be read: {error.strerror or error}") from None
