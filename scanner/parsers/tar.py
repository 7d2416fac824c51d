"""Tar archives, header by header: ustar, pax and GNU, as container runtimes read them.

Where readers differ, this one does what Go's ``archive/tar`` does, since Docker, containerd and Podman unpack with it:
global pax headers are not applied, a GNU long name wins over a pax path, links and folders have no body whatever their
size says. Formats: POSIX.1-2017, "pax"; GNU tar's manual, "Basic Tar Format" and "Storing Sparse Files".
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import NamedTuple, Protocol
from zlib import adler32

BLOCK = 512
NAME = 100
"""Bytes of a name in a header."""
REGULAR, HARD_LINK, SYMLINK, CHARACTER_DEVICE, BLOCK_DEVICE, FOLDER, FIFO = b"0123456"
"""Types of entries. Others are as they stand in the header."""
MAX_EXTENSION = 1 << 20
"""Bytes of a pax header or a GNU long name; Go takes no larger ones either."""
MAX_FLAWS = 100
"""Flaws that are told of one archive."""
NO_END = "the archive ends without an end mark; it may be cut off"

_USUAL = (REGULAR, FOLDER)
_CONTIGUOUS, _SPARSE = b"7S"
_PAX, _GLOBAL, _LONG_NAME, _LONG_LINK = b"xgLK"
_EXTENSIONS = frozenset((_PAX, _GLOBAL, _LONG_NAME, _LONG_LINK))
_NO_BODY = frozenset((HARD_LINK, SYMLINK, CHARACTER_DEVICE, BLOCK_DEVICE, FOLDER, FIFO))
_MEANT = frozenset((b"path", b"linkpath", b"size", b"uid", b"gid"))
_SPARSE_KEYS = frozenset((b"GNU.sparse.map", b"GNU.sparse.major"))
_SPARSE_PAIR = (b"GNU.sparse.offset", b"GNU.sparse.numbytes")
"""Of version 0.0, where they alternate and are kept as a map."""
_REAL_SIZES = (b"GNU.sparse.realsize", b"GNU.sparse.size")
_KEPT = _MEANT.union(_SPARSE_KEYS, _REAL_SIZES, (b"GNU.sparse.name",))
_REMEMBERED = 1 << 14
_ZEROS = bytes(BLOCK)
_MAGIC, _MAGIC_AT = b"ustar", 257


Part = tuple[int, int]
"""Of a sparse file: where a stored part begins in it, and its bytes. In the archive, one stands behind the other."""


class Entry(NamedTuple):
    """A member. ``name`` and ``link`` are as written, perhaps absolute or with ``..``."""

    name: bytes
    type: int
    size: int
    """Bytes of its content; those of a sparse file with its holes."""
    mode: int
    """Permissions, at most ``0o7777``."""
    uid: int
    gid: int
    link: bytes
    """What a link points at; empty for everything else."""
    offset: int
    """Where its content begins."""
    sparse: tuple[Part, ...] | None
    """The parts of a sparse file that are stored, in order; the rest are zeros. None for one that is stored whole."""


class Flaw(NamedTuple):
    """What is wrong with an archive, and where."""

    offset: int
    reason: str


class Source(Protocol):
    """An archive's bytes."""

    def at(self, offset: int, size: int, /) -> bytes:
        """The bytes there, fewer at the end of the archive, which is no error.

        No ``offset`` is below the one before, but for the last byte of an archive, which may be asked for at its end.
        """


class Windowed(Source, Protocol):
    """One that is held in memory stretch by stretch: headers in the same stretch are read without asking for each."""

    def around(self, offset: int, /) -> tuple[bytes, int]:
        """A stretch that has a block from there on, or all up to the end of the archive, and where it begins."""


class Buffer:
    """An archive in memory."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def at(self, offset: int, size: int, /) -> bytes:
        """The bytes there, fewer at the end."""
        return self._data[offset : offset + size]

    def around(self, offset: int, /) -> tuple[bytes, int]:
        """All of it."""
        return self._data, 0


class Blocks:
    """Any source, asked for block after block."""

    def __init__(self, source: Source) -> None:
        self.at = source.at

    def around(self, offset: int, /) -> tuple[bytes, int]:
        """One block."""
        return self.at(offset, BLOCK), offset


def walk(source: Windowed, flaws: list[Flaw], start: int = 0, stop: int = sys.maxsize) -> Iterator[Entry]:
    """The members of an archive, in order; what is malformed is added to ``flaws``, and the walk goes on behind it.

    No body is read. Between two members, the caller may read the content of the first from the same source. A walk may
    begin where a member does, and end where another one does; that none begins at ``stop`` is a flaw. So walks without
    flaws of which each begins where the one before stops, the first at 0, have the members that a single one has.
    """
    around, offset, make = source.around, start, tuple.__new__
    walker = _Walker(source, flaws)
    sums, owners = walker.sums, walker.owners
    stretch = b""
    while True:
        place = offset - start
        header = stretch[place : place + BLOCK]
        if len(header) < BLOCK:
            if offset >= stop:
                walker.stopped(offset, stop)
                return
            stretch, start = around(offset)
            stretch = stretch[: stop - start]
            place = offset - start
            header = stretch[place : place + BLOCK]
        if adler32(header) & 0xFFFF != sums[header[148:156]] or len(header) < BLOCK or not header.isascii():
            step = walker.look(header, offset)
            if step < 0:
                walker.stopped(offset, stop)
                return
            if step:
                offset += step
                continue
        try:
            kind, digits = header[156], header[124:135]
            # By far the most are written so; what else there is takes longer.
            usual = digits.isdigit() and not header[135]
            size = int(digits, 8) if usual else number(header[124:136])
            mode, uid, gid = owner = owners.get(header[100:124]) or walker.owner(header[100:124])
            end = header.find(0)
            name = header[:end] if 0 <= end < NAME else header[:NAME]
            if header[345] and header[257:263] == b"ustar\0":
                name = header[345:500].partition(b"\0")[0] + b"/" + name
            if kind not in _USUAL or walker.extra:
                entry, offset = walker.special(header, offset, name, size, owner)
                if entry is None:
                    continue
            else:
                offset += BLOCK
                entry = make(Entry, (name, kind, size, mode, uid, gid, b"", offset, None))
                if kind == REGULAR:
                    offset += size + 511 & -512
        except ValueError as error:
            offset += walker.damage(offset, str(error))
            continue
        yield entry


def headers(blocks: bytes) -> Iterator[int]:
    """Where in some blocks of an archive there seem to be headers. What is inside of a file may look like one."""
    at = blocks.find(_MAGIC)
    while at >= 0:
        if at >= _MAGIC_AT and at % BLOCK == _MAGIC_AT:
            yield at - _MAGIC_AT
        at = blocks.find(_MAGIC, at + 1)


def boundary(blocks: bytes) -> int | None:
    """Where the next member begins, by the first header of a regular file in some blocks, if it is one.

    Whether it is, a walk up to there tells.
    """
    for place in headers(blocks):
        entry = next(walk(Buffer(blocks[place : place + BLOCK]), []), None)
        if entry is not None and entry.type == REGULAR and entry.sparse is None:
            return place + BLOCK + (entry.size + 511 & -512)
    return None


class _Sums(dict[bytes, int]):
    """By what stands in a checksum's field, the low half of the Adler-32 that proves it for a header in ASCII.

    That half is the sum of all bytes plus one, modulo 65521, which ASCII does not reach.
    """

    damaged = False
    """What goes by is no member, so that a header must prove more than its sum."""

    def __missing__(self, field: bytes) -> int:
        if self.damaged:
            return -1
        try:
            expected = number(field) - 8 * 32 + sum(field) + 1
        except (ValueError, IndexError):
            return -1
        if len(self) > _REMEMBERED:
            self.clear()
        self[field] = expected
        return expected


class _Walker:
    """What a walk does for headers that are out of the ordinary."""

    def __init__(self, source: Source, flaws: list[Flaw]) -> None:
        self._source, self._flaws = source, flaws
        self.sums = _Sums()
        self.owners: dict[bytes, tuple[int, int, int]] = {}
        """Mode, uid and gid by how they are written."""
        self.extra: dict[bytes, bytes] = {}
        """What extended headers say of the next member: pax keys, ``L`` and ``K``."""

    def stopped(self, offset: int, stop: int) -> None:
        """Tell if that is not where it had to."""
        if stop < sys.maxsize and (offset != stop or self.extra):
            self._tell(offset, f"no member begins at {stop:,}")

    def look(self, header: bytes, offset: int) -> int:
        """0 for a header that is right, below it for the end of the archive, else how far to go on."""
        if len(header) < BLOCK:
            whole = not header and (not offset or self._source.at(offset - 1, 1))
            self._tell(offset, NO_END if whole else "the archive is cut off")
            return -1
        if header == _ZEROS:
            if not self.sums.damaged:
                if self._source.at(offset + BLOCK, BLOCK).rstrip(b"\0") == b"":
                    return -1
                self._tell(offset, "a block of zeros between two members")
            return BLOCK
        if not self._sum_holds(header):
            return self.damage(offset, "no header of a tar archive: the checksum is wrong")
        if self.sums.damaged and header[257:262] != b"ustar":
            return BLOCK
        self.sums.damaged = False
        return 0

    def damage(self, offset: int, reason: str) -> int:
        """Tell of it, and look for the next header from the next block on."""
        if not self.sums.damaged:
            self._tell(offset, reason)
        self.sums.damaged, self.extra = True, {}
        self.sums.clear()
        return BLOCK

    def owner(self, field: bytes) -> tuple[int, int, int]:
        """Mode, uid and gid."""
        if len(self.owners) > _REMEMBERED:
            self.owners.clear()
        mode, uid, gid = (number(field[start : start + 8]) for start in (0, 8, 16))
        self.owners[field] = mode & 0o7777, uid, gid
        return self.owners[field]

    def special(
        self, header: bytes, offset: int, name: bytes, size: int, owner: tuple[int, int, int]
    ) -> tuple[Entry | None, int]:
        """The member, or None for an extended header, and where the next header is."""
        kind, start = header[156], offset + BLOCK
        if kind in _EXTENSIONS:
            self._extension(kind, start, size)
            return None, start + (size + 511 & -512)
        extra, self.extra = self.extra, {}
        mode, uid, gid = owner
        stored = size = _decimal(extra, b"size", size)
        content, parts = start, None
        if kind == _SPARSE or not _SPARSE_KEYS.isdisjoint(extra):
            from scanner.parsers import sparse

            if kind == _SPARSE:
                size = number(header[483:495])
                listed, content = sparse.old(header, self._source, start)
                start = content
            else:
                size = next((_decimal(extra, key, size) for key in _REAL_SIZES if key in extra), size)
                listed, content = sparse.pax(extra, self._source, start)
            parts = sparse.checked(listed, size, start + stored - content)
        name = extra.get(b"L") or extra.get(b"GNU.sparse.name") or extra.get(b"path") or name
        if kind == 0 and name.endswith(b"/"):
            kind = FOLDER
        elif kind in (0, _CONTIGUOUS, _SPARSE):
            kind = REGULAR
        link = b""
        if kind in (HARD_LINK, SYMLINK):
            link = extra.get(b"K") or extra.get(b"linkpath") or header[157:257].partition(b"\0")[0]
        if kind in _NO_BODY:
            stored = 0
        uid, gid = _decimal(extra, b"uid", uid), _decimal(extra, b"gid", gid)
        return Entry(name, kind, size, mode, uid, gid, link, content, parts), start + (stored + 511 & -512)

    def _extension(self, kind: int, start: int, size: int) -> None:
        """Remember what an extended header says."""
        gnu = {key: value for key, value in self.extra.items() if len(key) == 1}
        if size > MAX_EXTENSION:
            self._tell(start - BLOCK, f"an extended header of {size:,} bytes; at most {MAX_EXTENSION:,} are read")
            return
        body = self._source.at(start, size)
        if kind in (_LONG_NAME, _LONG_LINK):
            self.extra[b"%c" % kind] = body.partition(b"\0")[0]
            return
        try:
            records = pax_records(body)
        except ValueError as error:
            self._tell(start - BLOCK, str(error))
            return
        if kind == _PAX:
            self.extra = records | gnu
        elif not _MEANT.isdisjoint(records):
            said = ", ".join(sorted(key.decode() for key in _MEANT & records.keys()))
            self._tell(start - BLOCK, f"a pax header for all members sets {said}; container runtimes ignore it")

    def _sum_holds(self, header: bytes) -> bool:
        field = header[148:156]
        try:
            said = number(field)
        except ValueError:
            return False
        total = sum(header) - sum(field) + 8 * 32
        if said == total:
            return True
        rest = header[:148] + header[156:]
        return said == total - 256 * sum(byte > 127 for byte in rest)  # old tars took bytes as signed

    def _tell(self, offset: int, reason: str) -> None:
        if len(self._flaws) < MAX_FLAWS:
            self._flaws.append(Flaw(offset, reason))


def pax_records(body: bytes) -> dict[bytes, bytes]:
    """What a pax header says that matters here; ``length key=value`` and a newline each. Raises ValueError."""
    records: dict[bytes, bytes] = {}
    numbers: list[bytes] = []
    position = 0
    while position < len(body) and body[position]:
        space = body.find(b" ", position, position + 10)
        digits = body[position:space] if space > 0 else b""
        end = position + int(digits) if digits.isdigit() else 0
        if not space < end - 1 < len(body) or body[end - 1] != 10:
            raise ValueError("a pax header with a wrong length")
        key, equals, value = body[space + 1 : end - 1].partition(b"=")
        if not key or not equals:
            raise ValueError("a pax header without key or value")
        if key in _SPARSE_PAIR:
            if key != _SPARSE_PAIR[len(numbers) % 2]:
                raise ValueError("the map of a sparse file is not made of pairs")
            numbers.append(value)
        elif key in _KEPT:
            if b"\0" in value:
                raise ValueError(f"a pax header with a NUL in {key.decode()}")
            records[key] = value
        position = end
    if numbers:
        records[b"GNU.sparse.map"] = b",".join(numbers)
    return records


def _decimal(records: dict[bytes, bytes], key: bytes, otherwise: int) -> int:
    digits = records.get(key, b"")
    if not digits:
        return otherwise
    if not digits.isdigit() or len(digits) > 19:
        raise ValueError(f"{key.decode()} in a pax header is no number")
    return int(digits)


def number(field: bytes) -> int:
    """An octal number between blanks and NULs, or GNU's base 256. Raises ValueError."""
    if field[0] & 0x80:
        if field[0] & 0x40:
            raise ValueError("a negative number in a header")
        value = int.from_bytes(field, "big") - (0x80 << 8 * (len(field) - 1))
        if value >> 63:
            raise ValueError("a number in a header that is too large")
        return value
    digits = field.strip(b"\0 ").partition(b"\0")[0]
    if digits.strip(b"01234567"):
        raise ValueError("a field of a header is no number")
    return int(digits or b"0", 8)
