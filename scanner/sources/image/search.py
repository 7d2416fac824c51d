"""The parts of a file that is searched as text, read while it goes by."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Literal

from scanner.model.target import OVERLAP, SNIFFED, Part
from scanner.parsers.secrets.skipped import MAX_ARCHIVE, MAX_DATABASE, MAX_WIDE

HEAD = 1 << 16
"""Bytes that are read to tell what is in a file."""
FIRST = 1 << 12
"""Bytes that are read of a file that is not searched, to tell whether somebody wants it."""
PIECE = 1 << 20
"""Bytes of the longest part, without what it shares with the next."""

At = Callable[[int, int], bytes]
"""As ``tar.Source.at``."""


def parts(path: str, size: int, at: At, offset: int) -> Iterable[Part]:
    """The parts of the file that stands there, none when it is not searched. Raises what ``at`` does."""
    data = at(offset, min(size, HEAD))
    form = kind_of(data, size)
    if form is None:
        return ()
    if size > PIECE and form == "text":
        return _pieces(path, size, at, offset)
    return (Part(path, data if size <= HEAD else at(offset, size), form),)


def kind_of(head: bytes, size: int) -> Literal["text", "zip", "sqlite", "utf-16"] | None:
    """What a file that begins so is searched as; None for one that is not searched."""
    if head.startswith(b"PK\3\4"):
        return "zip" if size <= MAX_ARCHIVE else None
    if head.startswith(b"SQLite format 3\0"):
        return "sqlite" if size <= MAX_DATABASE else None
    if head.find(0, 0, SNIFFED) < 0:
        return "text"
    return "utf-16" if size <= MAX_WIDE and head.startswith((b"\xff\xfe", b"\xfe\xff")) else None


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
