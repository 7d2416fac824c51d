"""What the Go linker writes into a program: its modules.

Format: package ``debug/buildinfo`` of Go; the inline form, written since Go 1.18. The block is found by its magic, so a
program can be read in one pass and without its section table.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from scanner.parsers.packages.entry import Entry

MAX_INFO = 4 << 20
"""Bytes of the list of modules."""
MAX_MODULES = 20_000
"""Modules of one program."""

MAX_BLOCK = MAX_INFO + (1 << 16)
"""Bytes of the block: the list, the compiler's version, and what is around them."""
OVERLAP = 32
"""Bytes at the end of a part of a program in which the magic of a block may begin and not end."""

HEAD = 4096
"""Bytes at the beginning of a program that tell where the block may be."""
MAX_SEGMENTS = 100
"""Program headers that are read."""

_MAGIC = b"\xff Go buildinf:"
_HEAD = 32
_LOAD = 1
_EXECUTABLE, _WRITABLE = 1, 2
_INLINE = 2
_SENTINEL = 16
"""Bytes in front of and behind the list of modules, by which the runtime finds it."""


def places(head: bytes, size: int) -> list[tuple[int, int]]:
    """Where to look for the block in a program of ``size`` bytes that begins with ``head``: from and to, ascending.

    It is in the data that the program may write to, as ``debug/buildinfo`` has it; nowhere in what is no ELF file.
    System V ABI, chapters 4 and 5.
    """
    if not head.startswith(b"\x7fELF") or len(head) < 64:
        return []
    order, wide = "<>"[head[5] == 2], head[4] == 2
    table, entry, count = struct.unpack_from(order + ("32xQ14xHH" if wide else "28xI10xHH"), head)
    form = struct.Struct(order + ("IIQ16xQ16x" if wide else "II8xI4xI4x"))
    if head[4] not in {1, 2} or entry < form.size or table + entry * min(count, MAX_SEGMENTS) > len(head):
        return [(0, size)]
    found = []
    for number in range(min(count, MAX_SEGMENTS)):
        values = form.unpack_from(head, table + entry * number)
        kind, flags, offset, length = values if wide else (values[0], values[3], values[1], values[2])
        if kind == _LOAD and flags & (_WRITABLE | _EXECUTABLE) == _WRITABLE and length:
            found.append((offset & -16, min(size, offset + length)))
    return sorted(found)


def find(data: bytes) -> int:
    """Where the block begins in a part of a program, taken from an offset that 16 divides; -1 when it is not there."""
    at = data.find(_MAGIC)
    while at >= 0 and at % 16:
        at = data.find(_MAGIC, at + 1)
    return at


def modules(data: bytes) -> Iterator[Entry]:
    """The main module, the modules it is built from, and ``stdlib`` for the compiler's version.

    ``data`` is a program, or ``MAX_BLOCK`` bytes of it from where the block begins. A module that was built from its
    folder has no version (``(devel)``).

    Yields nothing for a program that Go did not make. Raises ValueError for a block that is cut off.
    """
    at = find(data)
    if at < 0 or len(data) < at + _HEAD or not data[at + 15] & _INLINE:
        return
    version, after = _string(data, at + _HEAD)
    info, _ = _string(data, after)
    yield Entry(name="stdlib", version=version.decode("utf-8", "replace").partition(" ")[0].removeprefix("go"))
    lines = info[_SENTINEL:-_SENTINEL].decode("utf-8", "replace").split("\n")
    last: Entry | None = None
    for number, line in enumerate(lines):
        if number > MAX_MODULES:
            raise ValueError(f"more than {MAX_MODULES:,} modules; the others are left out")
        kind, *rest = line.split("\t")
        if kind == "=>" and len(rest) >= 2:
            last = Entry(name=rest[0], version=rest[1].replace("(devel)", ""))
        elif kind in {"mod", "dep"} and len(rest) >= 2:
            if last is not None:
                yield last
            last = Entry(name=rest[0], version=rest[1].replace("(devel)", ""))
    if last is not None:
        yield last


def _string(data: bytes, at: int) -> tuple[bytes, int]:
    """A string behind its length (a varint), and where it ends."""
    length = shift = 0
    while True:
        if at >= len(data) or shift > 28:
            raise ValueError("build information that is cut off")
        length |= (data[at] & 0x7F) << shift
        shift += 7
        at += 1
        if data[at - 1] < 0x80:
            break
    if length > MAX_INFO or at + length > len(data):
        raise ValueError("build information that is cut off")
    return data[at : at + length], at + length
