"""Image archives that come as a stream, from a daemon or through a pipe: nothing of them is kept on disk.

Which files of an archive are layers, and in which order, stands at its end. So every file that could be one is read as
it goes by, under no name but the digest of its tar, by which the image's config knows it; manifests and configs are
kept.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, BinaryIO, Protocol, cast

from scanner.errors import TargetError
from scanner.parsers import tar
from scanner.sources.image.decompress import form_of
from scanner.sources.image.image import Blob, Image
from scanner.sources.image.manifest import MAX_CONFIG
from scanner.sources.image.members import Members, damaged, refuse_compressed, refuse_flawed
from scanner.sources.image.verified import digest_of
from scanner.sources.image.window import Forward

if TYPE_CHECKING:
    from scanner.sources.image.read import Read

CHUNK = 1 << 20
"""Bytes that are taken from a stream at a time."""
MAX_KEPT = 64 << 20
"""Bytes of manifests and configs that are kept."""


class Passing(Protocol):
    """Reads layers that come as a stream."""

    def __call__(self, name: str, blob: Blob, /) -> Read:
        """Read a layer of the archive of that name, which is there only now."""

    def recall(self, name: str, digest: str) -> Image | None:
        """The image whose config has this digest, if all of it was read before."""

    def keep(self, digest: str, config: bytes, image: Image) -> None:
        """Remember the config of an image that went by."""


_BLOB = re.compile(r"blobs/(sha256|sha512)/([0-9a-f]{64,128})")


class Streamed(Members):
    """The files of an archive that has gone by; ``reads`` are what was read of layers, by the digest of their tar."""

    def __init__(self, name: str, parts: Iterable[bytes], passing: Passing | None) -> None:
        super().__init__(name)
        self.reads: dict[str, Read] = {}
        self._passing = passing
        self._documents: dict[str, bytes] = {}
        self._others: dict[str, str] = {}
        """Of all files, why they cannot be opened if they are none of these."""
        self._room = MAX_KEPT
        source, flaws = Forward(parts), list[tar.Flaw]()
        try:
            if not (head := source.at(0, tar.BLOCK)):
                raise ValueError("it is empty")
            refuse_compressed(name, head)
            for entry in tar.walk(source, flaws):
                self._member(entry, source)
            source.drain()
        except ValueError as error:
            raise damaged(name, error) from None
        refuse_flawed(name, flaws)

    def _member(self, entry: tar.Entry, source: tar.Source) -> None:
        path = self.note(entry)
        if entry.type == tar.REGULAR:
            try:
                form = form_of(source.at(entry.offset, min(entry.size, tar.BLOCK)))
            except ValueError as error:
                self._others[path] = str(error)
                if entry.size <= min(MAX_CONFIG + 1, self._room):
                    self._documents[path] = source.at(entry.offset, entry.size)
                    self._room -= entry.size
            else:
                self._layer(path, entry, source, form)

    def _layer(self, path: str, entry: tar.Entry, source: tar.Source, form: str) -> None:
        self._others[path] = "what is in it is no layer that the image's config tells of"
        if self._passing is None:
            return
        named = _BLOB.fullmatch(path)
        digest = f"{named[1]}:{named[2]}" if named else ""
        blob = Blob(
            digest=digest,
            diff_id=digest if form == "tar" else "",
            size=entry.size,
            media_type="",
            open=lambda: cast("BinaryIO", _Member(source, entry.offset, entry.size)),
        )
        read = self._passing(self.name, blob)
        self.reads[read.digest] = read

    def identity(self, path: str) -> str:
        """Nothing: a layer is known by its digest alone."""
        return ""

    def document(self, digest: str) -> bytes | None:
        """The manifest or config of that digest, whatever its name; None when none has it."""
        return next((data for data in self._documents.values() if digest_of(data, digest) == digest), None)

    def opened(self, path: str) -> BinaryIO:
        """A reader of a manifest or config. Raises TargetError for all else, which has gone by."""
        if path in self._documents:
            return io.BytesIO(self._documents[path])
        raise TargetError(f"{self.name}: {path}: {self._others[path]}")


class _Member(io.RawIOBase):
    """A file of an archive, while it goes by."""

    def __init__(self, source: tar.Source, start: int, size: int) -> None:
        self._source, self._at, self._end = source, start, start + size

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        left = self._end - self._at
        data = self._source.at(self._at, left if size < 0 else min(size, left))
        if not data and self._at < self._end:
            raise ValueError("the archive ends in the middle of it")
        self._at += len(data)
        return data

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        data = self.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)
