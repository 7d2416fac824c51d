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

At = Callable[[int, int], bytes]
"""As ``tar.Source.at``."""


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

    def add(self, path: bytes, place: int, size: int, at: At, offset: int) -> Iterable[list[Placed]]:
        """Take a file that stands there; what is to be searched at once. Raises what ``at`` does."""
        data = at(offset, min(HEAD, size))
        form = kind_of(data, size)
        if form is None:
            return ()
        self.paths.add(path)
        text = path.decode("utf-8", "surrogateescape")
        if size > PIECE and form == "text":
            return self._long(place, _pieces(text, size, at, offset))
        if size > HEAD:
            data = at(offset, size)
        self.waiting.append(Placed(place, Part(text, data, form)))
        self._size += len(data)
        return (self.taken(),) if self._size >= BATCH else ()

    def _long(self, place: int, parts: Iterator[Part]) -> Iterator[list[Placed]]:
        for part in parts:
            self.waiting.append(Placed(place, part))
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


def _pieces(path: str, size: int, at: At, offset: int) -> Iterator[Part]:
    """A long text, each part beginning with the end of the one before."""
    start, data, line, column = 0, b"", 1, 1
    while True:
        read = start + len(data)
        more = at(offset + read, min(PIECE + OVERLAP - len(data), size - read))
        data += more
        last = not more or start + len(data) >= size
        yield Part(path, data, "text", start, last, line, column)
        if last:
            return
        gone, data = data[:-OVERLAP], data[-OVERLAP:]
        start += len(gone)
        lines = gone.count(b"\n")
        line, column = line + lines, len(gone) - gone.rfind(b"\n") if lines else column + len(gone)
