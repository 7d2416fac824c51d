"""Maps of sparse files in tar archives: which parts of such a file are stored; the rest of it are zeros.

Formats: GNU tar's manual, "Storing Sparse Files" (old GNU, and pax 0.0, 0.1 and 1.0).
"""

from __future__ import annotations

from collections.abc import Sequence

from scanner.parsers import tar
from scanner.parsers.tar import BLOCK, Part, Source

MAX_PARTS = 1 << 16
"""Parts of one file that are read."""

_ENTRY = 24
"""Bytes of a part in a header of old GNU tar: two numbers of 12."""
_LONGEST = 20
"""Digits of a number in a map of pax 1.0, and the end of its line."""


def old(header: bytes, source: Source, start: int) -> tuple[list[Part], int]:
    """The map in an old GNU header and the blocks behind it, and where they end. Raises ValueError."""
    numbers = _fields(header[386:482])
    more = header[482]
    while more:
        block = source.at(start, BLOCK)
        if len(block) < BLOCK:
            raise ValueError("the map of a sparse file is cut off")
        numbers += _fields(block[:504])
        more, start = block[504], start + BLOCK
        _bounded(len(numbers) // 2)
    return _paired(numbers), start


def pax(records: dict[bytes, bytes], source: Source, start: int) -> tuple[list[Part], int]:
    """The map in a pax header, or for version 1.0 in front of the content, and where that begins. Raises ValueError."""
    if records.get(b"GNU.sparse.major", b"0") == b"0":
        words = records.get(b"GNU.sparse.map", b"").split(b",")
        return _paired([_decimal(word) for word in words] if words != [b""] else []), start
    (count,), window, start = _lines(source, b"", start, 1)
    _bounded(count)
    numbers, _, start = _lines(source, window, start, 2 * count)
    return _paired(numbers), start


def checked(parts: Sequence[Part], size: int, stored: int) -> tuple[Part, ...]:
    """The parts, if they stand in order, within the file, and are all stored. Raises ValueError."""
    behind = 0
    for at, length in (*parts, (size, 0)):
        if at < behind:
            raise ValueError("the parts of a sparse file overlap, or do not fit into it")
        behind = at + length
    if sum(length for _, length in parts) > stored:
        raise ValueError("not all parts of a sparse file are stored")
    return tuple(part for part in parts if part[1])


def _fields(data: bytes) -> list[int]:
    """Numbers up to the first part that is empty."""
    found: list[int] = []
    for start in range(0, len(data) - _ENTRY + 1, _ENTRY):
        if not data[start] or not data[start + 12]:
            break
        found += (tar.number(data[start : start + 12]), tar.number(data[start + 12 : start + _ENTRY]))
    return found


def _lines(source: Source, window: bytes, start: int, count: int) -> tuple[list[int], bytes, int]:
    """So many numbers, a line each, what is left of the block that the last stands in, and where that ends."""
    found: list[int] = []
    while len(found) < count:
        line, end, rest = window.partition(b"\n")
        if end:
            found.append(_decimal(line))
            window = rest
            continue
        block = source.at(start, BLOCK)
        if len(block) < BLOCK or len(window) > _LONGEST:
            raise ValueError("the map of a sparse file is cut off")
        window, start = window + block, start + BLOCK
    return found, window, start


def _decimal(word: bytes) -> int:
    if not word.isdigit() or len(word) >= _LONGEST:
        raise ValueError("the map of a sparse file is not made of numbers")
    return int(word)


def _paired(numbers: Sequence[int]) -> list[Part]:
    if len(numbers) % 2:
        raise ValueError("the map of a sparse file has half a part")
    _bounded(len(numbers) // 2)
    return list(zip(numbers[::2], numbers[1::2], strict=True))


def _bounded(count: int) -> None:
    if count > MAX_PARTS:
        raise ValueError(f"a sparse file of {count:,} parts; at most {MAX_PARTS:,} are read")
