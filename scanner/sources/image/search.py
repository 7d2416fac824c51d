"""Files of a layer that are searched as text: collected while they go by, and handed over many at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Literal, NamedTuple

from scanner.model.target import OVERLAP, SNIFFED, Part
from scanner.parsers.secrets.skipped import MAX_ARCHIVE, MAX_DATABASE

HEAD = 1 << 12
"""Bytes that tell what is in a file."""
PIECE = 1 << 20
"""Bytes of the longest part; longer files are searched in several."""
BATCH = 1 << 19
"""Bytes of parts that are collected before they are searched."""

Read = Callable[[int, int], bytes]
"""The bytes at an offset of a file, at most so many. Offsets only grow."""


class Placed(NamedTuple):
    """A part, and the number of its file among the members of its layer."""

    place: int
    part: Part


class Collected:
    """The parts that are not searched yet."""

    def __init__(self) -> None:
        self.waiting: list[Placed] = []
        self.paths: set[bytes] = set()
        self._size = 0

    def add(self, path: bytes, place: int, size: int, read: Read) -> Iterator[list[Placed]]:
        """Take a file; yields what is to be searched at once. Raises what ``read`` does."""
        data = read(0, min(size, HEAD))
        form = kind_of(data, size)
        if form is None:
            return
        self.paths.add(path)
        text = path.decode("utf-8", "surrogateescape")
        if size <= PIECE or form != "text":
            parts: Iterable[Part] = (Part(text, data if size <= HEAD else read(0, size), form),)
        else:
            parts = _pieces(text, size, read)
        for part in parts:
            self.waiting.append(Placed(place, part))
            self._size += len(part.data)
            if self._size >= BATCH:
                yield self.taken()

    def taken(self) -> list[Placed]:
        """All that is waiting, which is then no longer."""
        waiting, self.waiting, self._size = self.waiting, [], 0
        self.paths.clear()
        return waiting


def kind_of(head: bytes, size: int) -> Literal["text", "zip", "sqlite"] | None:
    """What a file that begins so is searched as; None for one that is not searched."""
    if head.startswith(b"PK\3\4"):
        return "zip" if size <= MAX_ARCHIVE else None
    if head.startswith(b"SQLite format 3\0"):
        return "sqlite" if size <= MAX_DATABASE else None
    return None if b"\0" in head[:SNIFFED] else "text"


def _pieces(path: str, size: int, read: Read) -> Iterator[Part]:
    """A long text, each part beginning with the end of the one before."""
    start, data, line, column = 0, b"", 1, 1
    while True:
        more = read(start + len(data), PIECE + OVERLAP - len(data))
        data += more
        last = not more or start + len(data) >= size
        yield Part(path, data, "text", start, last, line, column)
        if last:
            return
        gone, data = data[:-OVERLAP], data[-OVERLAP:]
        start += len(gone)
        lines = gone.count(b"\n")
        line, column = line + lines, len(gone) - gone.rfind(b"\n") if lines else column + len(gone)
