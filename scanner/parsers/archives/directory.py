"""Zip archives that can be read anywhere: by the directory at their end, and only what is wanted.

Format: PKWARE's APPNOTE 6.3.10. ``zipfile`` makes an object of each entry: a jar of 40,000 takes it 60 MB.
"""

from __future__ import annotations

from collections.abc import Iterator

from scanner.parsers import tar
from scanner.parsers.archives.packed import Unpacking
from scanner.parsers.archives.stream import CHUNK, Budget
from scanner.parsers.archives.zip_records import (
    CENTRAL,
    CENTRAL_SIZE,
    DEFLATED,
    ENCRYPTED,
    END,
    END64,
    LOCAL,
    LOCAL_SIZE,
    LOCATOR,
    STORED,
    Header,
    central,
    lengths,
)

MAX_DIRECTORY = 64 << 20
"""Bytes of the directory of the largest archive."""
_END_SIZE, _END64_SIZE, _LOCATOR_SIZE = 22, 56, 20
_MAX_COMMENT = 0xFFFF


def listed(source: tar.Source, size: int) -> Iterator[Header]:
    """The entries of the directory of an archive of ``size`` bytes; their offsets are those of the local headers.

    Raises ValueError for what is no archive, or a damaged one.
    """
    start = max(0, size - _LOCATOR_SIZE - _END_SIZE - _MAX_COMMENT)
    tail = source.at(start, size - start)
    at = tail.rfind(END)
    if at < 0 or at + _END_SIZE > len(tail):
        raise ValueError("it has no directory at its end")
    length, said = (int.from_bytes(tail[at + place : at + place + 4], "little") for place in (12, 16))
    end = start + at
    if tail[max(0, at - _LOCATOR_SIZE) : at].startswith(LOCATOR):
        end -= _LOCATOR_SIZE + _END64_SIZE
        record = source.at(end, _END64_SIZE)
        if not record.startswith(END64):
            raise ValueError("its directory for 64 bits is not where it should be")
        length, said = (int.from_bytes(record[place : place + 8], "little") for place in (40, 48))
    if length > MAX_DIRECTORY:
        raise ValueError(f"a directory of {length:,} bytes; at most {MAX_DIRECTORY:,} are read")
    first = end - length
    if first < 0:
        raise ValueError("its directory begins before it does")
    data, at = source.at(first, length), 0
    while at < length:
        if not data.startswith(CENTRAL, at) or at + CENTRAL_SIZE > length:
            raise ValueError("its directory is damaged")
        stop = at + lengths(data[at : at + CENTRAL_SIZE])
        entry = central(data[at:stop])
        yield entry._replace(offset=entry.offset + first - said)  # whatever stands in front of the archive
        at = stop


def content(source: tar.Source, entry: Header, limit: int) -> bytes:
    """What is in a member, at most ``limit`` bytes of it. Raises ValueError for what cannot be unpacked."""
    head = source.at(entry.offset, LOCAL_SIZE) if entry.offset >= 0 else b""
    if not head.startswith(LOCAL) or len(head) < LOCAL_SIZE:
        raise ValueError("it is not where the directory says")
    start = entry.offset + lengths(head)
    if entry.flags & ENCRYPTED:
        raise ValueError("it is encrypted")
    if entry.method == STORED:
        return source.at(start, min(entry.packed, limit))
    if entry.method != DEFLATED:
        raise ValueError(f"it is packed by method {entry.method}, which is not read")
    unpack = Unpacking(source, "deflate", Budget(limit + CHUNK), offset=start, size=entry.packed)
    parts, size = [], 0
    while size < limit and (part := unpack()):
        parts.append(part)
        size += len(part)
    return b"".join(parts)[:limit]
