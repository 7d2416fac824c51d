"""The content of one member of a layer, read only when somebody wants it."""

from __future__ import annotations

from scanner.model.location import Layer, Location, Text
from scanner.model.target import File
from scanner.parsers import secrets, tar
from scanner.sources.image.window import Forward

MAX_WHOLE = 128 << 20
"""Bytes of the largest file, or part of a file, that is read at once (package databases)."""
MAX_TEXT = 4 << 20
"""Bytes of the largest file that is read as text."""
MAX_HOLES, SMALL = 1_000, 1 << 20
"""How many times what is stored of it a sparse file may be, once it is larger than ``SMALL``; gzip does no better."""


class Content:
    """What is in a member. It is there until the walk goes on."""

    def __init__(self, entry: tar.Entry, source: tar.Source, path: str, layer: Layer, *, hard_link: bool) -> None:
        self._entry, self._source, self._path, self._layer = entry, source, path, layer
        self._hard_link = hard_link
        self._head = b""

    def file(self) -> File:
        """The member as a file."""
        link = self._entry.link.decode("utf-8", "surrogateescape") if self._entry.type == tar.SYMLINK else None
        return File(
            at=Location(self._path, None, self._layer),
            size=0 if link is not None else self._entry.size,
            mode=self._entry.mode,
            owner=self._entry.uid,
            link=link,
            hard_link=self._hard_link,
            read=self.read,
            part=self.part,
            anywhere=not isinstance(self._source, Forward),
            text=self.text,
        )

    @property
    def whole(self) -> bytes | None:
        """All of it, when somebody has read it."""
        return self._head if len(self._head) == self._entry.size else None

    def part(self, start: int, size: int) -> bytes:
        entry = self._entry
        if entry.type == tar.SYMLINK:
            raise ValueError("a symbolic link; what it points at is a file of its own")
        size = max(0, min(size, entry.size - start))
        if start < 0 or size > MAX_WHOLE:
            raise ValueError(f"{size:,} bytes; at most {MAX_WHOLE:,} are read at once")
        if start + size <= len(self._head):
            return self._head[start : start + size]
        data = self._source.at(entry.offset + start, size) if entry.sparse is None else self._filled(start, size)
        if len(data) < size:
            raise ValueError("the layer is cut off in the middle of it")
        if start == 0:
            self._head = data
        return data

    def _filled(self, start: int, size: int) -> bytes:
        """A stretch of a sparse file, zeros where nothing is stored."""
        parts = self._entry.sparse or ()
        stored = sum(length for _, length in parts)
        if self._entry.size > max(SMALL, MAX_HOLES * stored):
            raise ValueError(f"a sparse file of {self._entry.size:,} bytes that holds {stored:,}; it is not read")
        data, place = bytearray(size), self._entry.offset
        for at, length in parts:
            first, last = max(at, start), min(at + length, start + size)
            if first < last:
                found = self._source.at(place + first - at, last - first)
                data[first - start : last - start] = found
                if len(found) < last - first:
                    return bytes(data[: first - start + len(found)])
            place += length
        return bytes(data)

    def read(self) -> bytes:
        if self._entry.size > MAX_WHOLE:
            raise ValueError(f"{self._entry.size:,} bytes; at most {MAX_WHOLE:,} are read at once")
        return self.part(0, self._entry.size)

    def text(self) -> Text:
        if self._entry.size > MAX_TEXT:
            raise ValueError(f"{self._entry.size:,} bytes; at most {MAX_TEXT:,} are read as text")
        data = self.read()
        if b"\0" in data[:8192]:
            raise ValueError("not a text file")
        raw = data.decode("utf-8", "replace").removeprefix("\ufeff")
        return Text.of_file(self._path, secrets.mask(raw, secrets.find(raw, self._path)), layer=self._layer)
