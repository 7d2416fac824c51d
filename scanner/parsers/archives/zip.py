"""Zip archives, forward only: each member while it goes by, then the directory, then where the two differ.

A loader seeks the directory at the end first. That cannot be done in a compressed layer, and it would miss what only
the local headers show. PyTorch writes stored members whose sizes stand behind them (flag 3): their end is where a
descriptor says just the number of bytes that went by, and a header follows.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple
from zlib import crc32

from scanner.parsers import tar
from scanner.parsers.archives.packed import Form, Unpacking
from scanner.parsers.archives.stream import CHUNK, Budget, LimitError, Stream
from scanner.parsers.archives.zip_records import (
    BIG,
    BZIP2,
    CENTRAL,
    CENTRAL_SIZE,
    DEFLATED,
    DESCRIPTOR,
    END,
    END64,
    LATER,
    LOCAL,
    LOCAL_SIZE,
    LOCATOR,
    MAX_FLAWS,
    STORED,
    Flaw,
    FlawKind,
    Header,
    central,
    compare,
    lengths,
    local,
    names,
    shown,
    text,
)

MAX_MEMBERS = 100_000
"""Members of one archive that are looked at."""
MAX_CHECKED = 1 << 24
"""Bytes of the largest member that is held to its checksum."""
PIECE = 1 << 18
"""Bytes in which the end of a member is looked for at a time."""

_FORMS: dict[int, Form] = {DEFLATED: "deflate", BZIP2: "bz2"}
_RECORD = re.compile(rb"PK(?:\x03\x04|\x01\x02|\x05\x06|\x06\x06)")
_BEHIND = re.compile(rb"PK[\x07\x03\x01][\x08\x04\x02]")
"""What may follow the content of a member."""
_HEADS = (LOCAL, CENTRAL, END, END64)
_LONGEST = 24
"""Bytes of the longest descriptor, with its signature and sizes of 64 bits."""


class Member(NamedTuple):
    """A member while it goes by."""

    header: Header
    """Its local one."""
    name: str
    content: Stream
    """Unpacked; may raise ValueError for damage, LimitError when all members unpack to too much."""


class Archive:
    """One archive from ``source``. ``met``, ``listed`` and ``flaws`` are complete when the members have gone by."""

    def __init__(self, source: tar.Source, budget: Budget) -> None:
        self._source, self._budget = source, budget
        self.met: list[Header] = []
        """The local headers, with the sizes and checksums of the contents where they were read."""
        self.listed: list[Header] = []
        """The directory."""
        self.flaws: list[Flaw] = []
        self._directory = self._end = -1
        self._said = self._shift = 0
        self._first = 0, 0
        """What was met and listed of archives in front of this one."""

    def members(self) -> Iterator[Member]:
        """Each while its content can be read; folders are left out."""
        offset = 0
        while True:
            head = self._source.at(offset, LOCAL_SIZE)
            if not head:
                break
            if head.startswith(LOCAL) and len(head) == LOCAL_SIZE:
                if len(self.met) == MAX_MEMBERS:
                    self.tell("limit", f"more than {MAX_MEMBERS:,} members; the others were not looked at", offset)
                    return
                header, length = local(self._source.at(offset, lengths(head)), offset)
                going = _Going(header, offset + length, self._source, self._budget)
                if not header.name.endswith(b"/"):
                    yield Member(header, text(header.name), Stream(going.pull))
                offset = self._passed(going)
                if offset < 0:
                    break
            else:
                offset = self._record(head, offset)
        if self._end < 0:
            self.tell("no-directory", "the archive has no directory at its end, or is cut off", max(0, offset))
        if self._end >= 0 or self._first[0]:
            self._compare()

    def _compare(self) -> None:
        met, listed = self._first
        for flaw in (*compare(self.met[met:], self.listed[listed:], self._shift), *names(self.met[met:])):
            self.tell(*flaw)

    def tell(self, kind: FlawKind, detail: str, offset: int) -> None:
        """Add a flaw."""
        if len(self.flaws) < MAX_FLAWS:
            self.flaws.append(Flaw(kind, detail, offset))

    def _passed(self, going: _Going) -> int:
        """Let the rest of a member go by, and note how it was; the offset behind it, -1 when nobody can tell."""
        header = going.header
        try:
            going.finish()
        except LimitError as error:
            self.tell("limit", f"{shown(header.name)}: {error}", header.offset)
        except ValueError as error:
            self.tell("damaged", f"{shown(header.name)}: {error}", header.offset)
        if going.unread:
            self.tell(
                "method", f"{shown(header.name)} is packed by method {header.method}, which is not read", header.offset
            )
        offset = going.end
        if offset < 0:
            self.met.append(header)
            self.tell("cut-off", f"nothing says where {shown(header.name)} ends", header.offset)
            return -1
        checksum, packed, size = header.checksum, header.packed, header.size
        if header.flags & LATER:
            told, length = self._descriptor(offset, offset - going.start)
            if told is not None:
                checksum, packed, size = told
                offset += length
        if going.whole and going.size <= MAX_CHECKED and going.checksum != checksum:
            self.tell("checksum", f"{shown(header.name)} has a wrong checksum", header.offset)
        if going.whole and going.size != size:
            self.tell(
                "size-differs",
                f"{shown(header.name)} has {going.size:,} bytes, its header says {size:,}",
                header.offset,
            )
        self.met.append(header._replace(checksum=checksum, packed=packed, size=size))
        return offset

    def _descriptor(self, offset: int, packed: int) -> tuple[tuple[int, int, int] | None, int]:
        """Checksum and sizes that stand behind a member of ``packed`` bytes, and how many bytes they take."""
        data = self._source.at(offset, _LONGEST + 4)
        signed = 4 if data.startswith(DESCRIPTOR) else 0
        for width in (4, 8):
            end = signed + 4 + 2 * width
            sizes = data[signed + 4 : end]
            if int.from_bytes(sizes[:width], "little") == packed and data.startswith(_HEADS, end):
                checksum = int.from_bytes(data[signed : signed + 4], "little")
                return (checksum, packed, int.from_bytes(sizes[width:], "little")), end
        return None, 0

    def _record(self, head: bytes, offset: int) -> int:
        """What is no member: part of the directory, its end, or nothing of the archive; the offset behind it."""
        if head.startswith(CENTRAL):
            entry = self._source.at(offset, CENTRAL_SIZE)
            whole = self._source.at(offset, lengths(entry)) if len(entry) == CENTRAL_SIZE else b""
            if whole and len(whole) == lengths(entry):
                if self._directory < self._end or self._directory < 0:
                    self._directory = offset
                    del self.listed[self._first[1] :]  # of several, the last one counts for most loaders
                if len(self.listed) < MAX_MEMBERS:
                    self.listed.append(central(whole))
                return offset + len(whole)
        if head.startswith(END64):
            self._said = int.from_bytes(self._source.at(offset, 56)[48:], "little")
            return offset + 12 + int.from_bytes(head[4:12], "little")
        if head.startswith(LOCATOR):
            return offset + 20
        if head.startswith(END) and len(head) >= 22:
            return self._finished(head, offset)
        return self._skip(offset)

    def _finished(self, head: bytes, offset: int) -> int:
        said, comment = int.from_bytes(head[16:20], "little"), int.from_bytes(head[20:22], "little")
        said = self._said if said == BIG else said
        if self._end >= 0 or END in self._source.at(offset + 22, comment):
            self.tell("directories", "more than one directory; which one counts depends on the reader", offset)
        if self._directory >= 0:
            self._shift = self._directory - said
        self._end = offset + 22 + comment
        if self._source.at(self._end, 4) == LOCAL:
            self.tell("in-a-row", "several archives stand one behind the other, each with its directory", self._end)
            self._compare()
            self._first = len(self.met), len(self.listed)
            self._directory = self._end = -1
            return offset + 22 + comment
        return self._end

    def _skip(self, offset: int) -> int:
        """The next record behind what is none."""
        start, offset = offset, offset + 1
        while True:
            data = self._source.at(offset, CHUNK + 3)
            found = _RECORD.search(data)
            if found is not None or len(data) <= CHUNK:
                offset += found.start() if found is not None else len(data)
                break
            offset += CHUNK
        kind: FlawKind = "data-in-front" if not self.met else "data-between" if self._end < 0 else "data-behind"
        self.tell(kind, f"{offset - start:,} bytes that belong to no member", start)
        return offset


class _Going:
    """The content of a member, read once, and where it ends."""

    def __init__(self, header: Header, start: int, source: tar.Source, budget: Budget) -> None:
        self.header, self.start = header, start
        self.checksum = self.size = 0
        self.whole = False
        """All of it was read."""
        unknown = header.flags & LATER and not header.packed
        self.end = -1 if unknown else start + header.packed
        """The offset behind it; -1 as long as it is not known."""
        self._source, self._next = source, start
        form = _FORMS.get(header.method)
        self.unread = header.method != STORED and form is None
        size = None if unknown else header.packed
        self._unpacking = None if form is None else Unpacking(source, form, budget, offset=start, size=size)

    def pull(self) -> bytes:
        """The next piece."""
        if self.whole or self.unread:
            return b""
        piece = self._unpacking() if self._unpacking is not None else self._stored()
        if piece:
            self.size += len(piece)
            if self.size <= MAX_CHECKED:
                self.checksum = crc32(piece, self.checksum)
            return piece
        self.whole = True
        if self._unpacking is not None and self.end < 0:
            self.end = self._unpacking.end
        return b""

    def finish(self) -> None:
        """Read on where the end has yet to be found, or the rest is small. Raises ValueError as pulling does."""
        while not self.whole and not self.unread and (self.end < 0 or self.header.size <= MAX_CHECKED):
            if not self.pull() and not self.whole:
                return

    def _stored(self) -> bytes:
        if self.end >= 0:
            data = self._source.at(self._next, min(CHUNK, self.end - self._next)) if self._next < self.end else b""
            if not data and self._next < self.end:
                raise ValueError("the archive is cut off in the middle of it")
            self._next += len(data)
            return data
        data = self._source.at(self._next, PIECE + 2 * _LONGEST)
        for found in _BEHIND.finditer(data, 0, min(len(data), PIECE + _LONGEST)):
            size = self._ends(data, found.start())
            if size >= 0:
                self.end = self.start + size
                data = data[: self.end - self._next]
                self._next = self.end
                return data
        if not data:
            self.whole = True
            return b""
        data = data[:PIECE]
        self._next += len(data)
        return data

    def _ends(self, data: bytes, place: int) -> int:
        """How long the content is when what stands at a place is behind it, else -1."""
        signed = data.startswith(DESCRIPTOR, place)
        for width in (4, 8):
            start = place if signed else place - 4 - 2 * width
            sizes = place + 8 if signed else start + 4
            size = self._next + start - self.start
            packed = data[sizes : sizes + width]
            same = start >= 0 and int.from_bytes(packed, "little") == size and data.startswith(packed, sizes + width)
            if same and (not signed or data.startswith(_HEADS, sizes + 2 * width)):
                return size
        return -1
