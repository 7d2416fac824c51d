"""What a zip archive says of its members: in front of each, and once more in the directory at its end.

Loaders go by the directory; what is read forward only meets the headers first. Whoever makes the two differ shows one
thing to a scanner and another to a loader. Format: PKWARE's APPNOTE.TXT 6.3.10, 4.3 to 4.5.
"""

from __future__ import annotations

import posixpath
import struct
from collections.abc import Iterable, Iterator, Sequence
from typing import Literal, NamedTuple

FlawKind = Literal[
    "data-in-front", "data-between", "data-behind", "unlisted", "hidden", "name-differs", "size-differs",
    "method-differs", "flags-differ", "duplicate", "encrypted", "checksum", "damaged", "cut-off", "no-directory",
    "directories", "in-a-row", "method", "leaves-folder", "limit",
]  # fmt: skip
"""``unlisted``: a member that the directory leaves out; ``hidden``: one that only the directory has, inside of
another's bytes; ``directories``: more than one directory; ``in-a-row``: archives one behind the other; ``method``:
packed in a way that is not read."""
STORED, DEFLATED, BZIP2 = 0, 8, 12
LOCAL, CENTRAL, END, END64 = b"PK\3\4", b"PK\1\2", b"PK\5\6", b"PK\6\6"
LOCATOR, DESCRIPTOR = b"PK\6\7", b"PK\7\x08"
ENCRYPTED, LATER = 1, 8
"""Flags: the content is encrypted; checksum and sizes stand behind it."""
MAX_NAME = 300
"""Characters of a name that are told."""
MAX_FLAWS = 100
"""Flaws that are told of one archive."""
LOCAL_SIZE, CENTRAL_SIZE = 30, 46

_LOCAL = struct.Struct("<6x4H3L2H")
_CENTRAL = struct.Struct("<8x4H3L3H8xL")
BIG = 0xFFFFFFFF
"""A size or offset that is in a field for zip64."""
_ZIP64 = 1


class Header(NamedTuple):
    """One view of a member."""

    name: bytes
    flags: int
    method: int
    checksum: int
    packed: int
    """Bytes it takes in the archive."""
    size: int
    """Bytes of its content."""
    offset: int
    """Where its local header is; as the directory says it, counted from where that thinks the archive begins."""


class Flaw(NamedTuple):
    """What is wrong with an archive, and where."""

    kind: FlawKind
    detail: str
    offset: int


def local(data: bytes, offset: int) -> tuple[Header, int]:
    """A local header, of which 30 bytes are there, and how long it is with name and extra field."""
    flags, method, _, _, checksum, packed, size, name, extra = _LOCAL.unpack_from(data)
    end = LOCAL_SIZE + name + extra
    values = _wide(data[LOCAL_SIZE + name : end], size, packed)
    return Header(data[LOCAL_SIZE : LOCAL_SIZE + name], flags, method, checksum, values[1], values[0], offset), end


def lengths(data: bytes) -> int:
    """How long a header is: a local one of which 30 bytes are there, or one of the directory, with 46."""
    if data.startswith(LOCAL):
        return LOCAL_SIZE + sum(_pairs(data[26:30]))
    return CENTRAL_SIZE + sum(_pairs(data[28:34]))


def _pairs(data: bytes) -> Iterator[int]:
    return (number for (number,) in struct.iter_unpack("<H", data))


def central(data: bytes) -> Header:
    """An entry of the directory."""
    flags, method, _, _, checksum, packed, size, name, extra, _, offset = _CENTRAL.unpack_from(data)
    end = CENTRAL_SIZE + name
    values = _wide(data[end : end + extra], size, packed, offset)
    return Header(data[CENTRAL_SIZE:end], flags, method, checksum, values[1], values[0], values[2])


def _wide(extra: bytes, *values: int) -> list[int]:
    """The values, those that did not fit in 32 bits from the extra field for zip64."""
    found, at = list(values), 0
    while at + 4 <= len(extra):
        tag, size = struct.unpack_from("<2H", extra, at)
        at += 4
        if tag == _ZIP64:
            body = extra[at : at + size]
            for place, value in enumerate(values):
                if value == BIG and len(body) >= 8:
                    found[place], body = int.from_bytes(body[:8], "little"), body[8:]
            break
        at += size
    return found


def compare(met: Sequence[Header], listed: Iterable[Header], shift: int) -> Iterator[Flaw]:
    """Where the two views differ; ``shift`` is to be added to the directory's offsets."""
    at = {header.offset: header for header in met}
    seen: set[int] = set()
    for entry in listed:
        offset = entry.offset + shift
        here = at.get(offset)
        if here is None:
            yield Flaw("hidden", f"{shown(entry.name)} is inside of another member", offset)
            continue
        seen.add(offset)
        if here.name != entry.name:
            yield Flaw("name-differs", f"{shown(here.name)} is called {shown(entry.name)} in the directory", offset)
        if here.method != entry.method:
            yield Flaw(
                "method-differs", f"{shown(entry.name)} is packed by method {here.method} or {entry.method}", offset
            )
        if (here.packed, here.size) != (entry.packed, entry.size):
            yield Flaw("size-differs", f"{shown(entry.name)} has {here.size:,} or {entry.size:,} bytes", offset)
        if (here.flags ^ entry.flags) & ENCRYPTED:
            yield Flaw("flags-differ", f"{shown(entry.name)} is encrypted by one header, and not by the other", offset)
        elif here.flags & ENCRYPTED:
            yield Flaw("encrypted", f"{shown(entry.name)} is marked as encrypted", offset)
        if here.checksum != entry.checksum:
            yield Flaw("checksum", f"{shown(entry.name)} has another checksum in the directory", offset)
    for header in met:
        if header.offset not in seen:
            yield Flaw("unlisted", f"{shown(header.name)} is not in the directory", header.offset)


def names(headers: Iterable[Header]) -> Iterator[Flaw]:
    """What is wrong with the names of members by themselves."""
    seen: set[bytes] = set()
    for header in headers:
        if header.name in seen:
            yield Flaw("duplicate", f"{shown(header.name)} is there twice", header.offset)
        seen.add(header.name)
        path = text(header.name).replace("\\", "/")
        if path.startswith("/") or posixpath.normpath(path).split("/")[0] == ".." or path[1:3] == ":/":
            yield Flaw(
                "leaves-folder", f"{shown(header.name)} is outside of the folder that it is unpacked to", header.offset
            )


def text(name: bytes) -> str:
    """A member's name as text."""
    return name.decode("utf-8", "replace").partition("\0")[0]


def shown(name: bytes) -> str:
    """The same, to be told: not too long."""
    whole = text(name)
    return whole if len(whole) <= MAX_NAME else f"{whole[:MAX_NAME]}…"
