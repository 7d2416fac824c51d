"""Programs inside other files: at the beginning, behind the logical end, or anywhere in what is not weights.

Four bytes of a magic stand by chance in every gigabyte of weights, so the fields behind it have to make sense too.
Formats: ELF (gABI, "ELF Header"), PE ("PE Format", COFF header), Mach-O (``mach-o/loader.h``).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from scanner.parsers.lazy import Lazy
from scanner.parsers.models.limits import MAX_SEARCH
from scanner.parsers.tar import Source

_WINDOW = 1 << 20
_HEAD = 4096
"""Bytes in which a PE's second header has to begin."""
_CANDIDATE = Lazy(rb"\x7fELF[\x01\x02][\x01\x02]\x01|MZ|[\xce\xcf]\xfa\xed\xfe|\xfe\xed\xfa[\xce\xcf]")
_SCRIPT = Lazy(rb"#! ?/(?:usr/)?(?:local/)?bin/")
_MACHINES = frozenset({0x14C, 0x8664, 0x1C0, 0x1C4, 0xAA64, 0x200, 0x5032, 0x5064})
_PROCESSORS = frozenset({7, 12, 18, 0x01000007, 0x0100000C, 0x01000012, 0x0200000C})


class Program(NamedTuple):
    """A program in a file."""

    format: str
    """``elf``, ``pe``, ``macho`` or ``script``."""
    offset: int


class Search(NamedTuple):
    """Programs that were found, and whether all bytes were looked at."""

    programs: tuple[Program, ...]
    complete: bool


def at(head: bytes) -> str:
    """The format of the program that begins here, "" for none; some hundred bytes are needed for PE."""
    if head.startswith(b"\x7fELF"):
        return "elf" if _elf(head) else ""
    if head.startswith(b"MZ"):
        where = int.from_bytes(head[60:64], "little")
        machine = int.from_bytes(head[where + 4 : where + 6], "little")
        return "pe" if head[where : where + 4] == b"PE\0\0" and machine in _MACHINES else ""
    if head[:4] in (b"\xce\xfa\xed\xfe", b"\xcf\xfa\xed\xfe"):
        return "macho" if int.from_bytes(head[4:8], "little") in _PROCESSORS else ""
    if head[:4] in (b"\xfe\xed\xfa\xce", b"\xfe\xed\xfa\xcf"):
        return "macho" if int.from_bytes(head[4:8], "big") in _PROCESSORS else ""
    return "script" if _SCRIPT.match(head) else ""


def search(source: Source, start: int, end: int, most: int = 20) -> Search:
    """The programs that begin between two offsets, read front to back; at most ``MAX_SEARCH`` bytes, ``most`` programs.

    Scripts are looked for at ``start`` alone.
    """
    stop = min(end, start + MAX_SEARCH)
    found: list[Program] = []
    for format, offset in _walk(source, start, stop):
        if len(found) >= most:
            return Search(tuple(found), False)
        found.append(Program(format, offset))
    return Search(tuple(found), stop == end)


def _walk(source: Source, start: int, stop: int) -> Iterator[tuple[str, int]]:
    offset, kept = start, b""
    first = True
    while offset + len(kept) < stop:
        more = source.at(offset + len(kept), min(_WINDOW, stop - offset - len(kept)))
        data = kept + more
        last = not more or offset + len(data) >= stop
        if first and at(data[:64]) == "script":
            yield "script", offset
        first = False
        edge = len(data) if last else max(0, len(data) - _HEAD)
        for candidate in _CANDIDATE.finditer(data):
            if candidate.start() >= edge:
                break
            format = at(data[candidate.start() : candidate.start() + _HEAD])
            if format:
                yield format, offset + candidate.start()
        offset, kept = offset + edge, data[edge:]
        if last:
            return


def _elf(head: bytes) -> bool:
    """Class, byte order, version, zeros, a type and a version that there are, and the size of a header."""
    if len(head) < 52 or head[4] not in (1, 2) or head[5] not in (1, 2) or head[6] != 1 or any(head[9:16]):
        return False
    order = "little" if head[5] == 1 else "big"
    kind, machine = (int.from_bytes(head[at : at + 2], order) for at in (16, 18))  # type: ignore[arg-type]
    version = int.from_bytes(head[20:24], order)  # type: ignore[arg-type]
    return kind in (1, 2, 3, 4) and 0 < machine < 512 and version == 1
