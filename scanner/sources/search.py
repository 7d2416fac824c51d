"""The text of a file that is searched, part by part, read while it goes by; what is packed in it is opened."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Literal

from scanner.model.target import OVERLAP, SNIFFED, Part
from scanner.parsers.secrets.skipped import ARCHIVES, MAX_ARCHIVE, MAX_DATABASE, MAX_MEMBER, MAX_MEMBERS, MAX_WIDE

HEAD = 1 << 16
"""Bytes that are read to tell what is in a file."""
FIRST = 1 << 12
"""Bytes that are read of a file that is not searched, to tell whether somebody wants it."""
PIECE = 1 << 20
"""Bytes of the longest part, without what it shares with the next."""

At = Callable[[int, int], bytes]
"""As ``tar.Source.at``."""


def parts(path: str, size: int, data: bytes, at: At, offset: int) -> Iterable[Part]:
    """The parts of the file that stands there, none when it is not searched; its first ``HEAD`` bytes are ``data``.

    Raises what ``at`` does. An archive raises ValueError behind its last part when it is damaged or too much is in it.
    """
    form = kind_of(data, size)
    if form is None:
        return ()
    if form == "text":
        return _pieces(path, size, at, offset) if size > PIECE else (Part(path, _whole(data, size, at, offset)),)
    return _opened(Part(path, _whole(data, size, at, offset)), form)


def kind_of(head: bytes, size: int) -> Literal["text", "zip", "sqlite", "utf-16"] | None:
    """What a file that begins so is searched as; None for one that is not searched."""
    if head.startswith(b"PK\3\4"):
        return "zip" if size <= MAX_ARCHIVE else None
    if head.startswith(b"SQLite format 3\0"):
        return "sqlite" if size <= MAX_DATABASE else None
    if head.find(0, 0, SNIFFED) < 0:
        return "text"
    return "utf-16" if size <= MAX_WIDE and head.startswith((b"\xff\xfe", b"\xfe\xff")) else None


def _whole(head: bytes, size: int, at: At, offset: int) -> bytes:
    return head if size <= HEAD else at(offset, size)


def _pieces(path: str, size: int, at: At, offset: int) -> Iterator[Part]:
    """A long text, each part beginning with the end of the one before."""
    start, data, line, column = 0, b"", 1, 1
    while True:
        read = start + len(data)
        more = at(offset + read, min(PIECE + OVERLAP - len(data), size - read))
        data += more
        last = not more or start + len(data) >= size
        yield Part(path, data, start=start, last=last, line=line, column=column)
        if last:
            return
        gone, data = data[:-OVERLAP], data[-OVERLAP:]
        start += len(gone)
        lines = gone.count(b"\n")
        line, column = line + lines, len(gone) - gone.rfind(b"\n") if lines else column + len(gone)


def _opened(part: Part, form: Literal["zip", "sqlite", "utf-16"]) -> Iterator[Part]:
    if form == "utf-16":
        yield part._replace(data=part.data.decode("utf-16", "replace").encode())
    elif form == "sqlite":
        yield part._replace(data=_values(part.data), placed=False)
    else:
        yield from _members(part)


def _members(part: Part) -> Iterator[Part]:
    from scanner.parsers.archives.texts import members

    try:
        for name, data in members(part.data):
            if b"\0" not in data[:SNIFFED]:
                yield Part(f"{part.path}!{name}", data, member=name)
    except ValueError:
        if part.path.lower().rpartition(".")[2] in ARCHIVES:  # others only begin as one does
            raise


def _values(data: bytes) -> bytes:
    """The values of a database, a line each; one that cannot be read as such is searched as it is."""
    from scanner.parsers.sqlite import values

    found, left = [], MAX_MEMBERS
    try:
        for value in values(data, MAX_MEMBER):
            found.append(value)
            left -= len(value)
            if left <= 0:
                break
    except ValueError:
        return data
    return b"\n".join(found)
