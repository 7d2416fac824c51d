"""The headers of installed RPM packages, as every kind of RPM database keeps them.

Format: https://rpm-software-management.github.io/rpm/manual/format_header.html; in a database without the magic in
front. All numbers are big-endian.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from typing import Any

from scanner.parsers.packages.entry import Entry, Locate

MAX_ENTRIES = 100_000
"""Packages of one database; no distribution has as many."""
MAX_BYTES = 512 << 20
"""Bytes of all headers of one database; pages that are used twice would make more of them than the file has."""
MAX_TAGS = 65_536
"""Tags of one header, as rpm itself limits them."""
MAX_FILES = 1_000_000
"""Files of one package whose paths are looked at."""
MAX_TEXT = 4_096
"""Bytes of a name, a version, a licence."""

_NAME, _VERSION, _RELEASE, _EPOCH, _LICENCE, _ARCH, _SOURCE = 1000, 1001, 1002, 1003, 1014, 1022, 1044
_FOLDER_INDEXES, _BASE_NAMES, _FOLDERS, _OLD_NAMES = 1116, 1117, 1118, 1027
_WANTED = frozenset({
    _NAME, _VERSION, _RELEASE, _EPOCH, _LICENCE, _ARCH, _SOURCE, _FOLDER_INDEXES, _BASE_NAMES, _FOLDERS, _OLD_NAMES,
})  # fmt: skip
_INT32, _STRING, _STRINGS = 4, 6, 8


def entries(blobs: Iterable[bytes], locate: Locate) -> Iterator[Entry]:
    """The packages of a database. Raises ValueError after MAX_ENTRIES, and at the end for headers that are broken."""
    broken = total = 0
    for number, blob in enumerate(blobs):
        total += len(blob)
        if number >= MAX_ENTRIES:
            raise ValueError(f"more than {MAX_ENTRIES:,} packages; the others are left out")
        if total > MAX_BYTES:
            raise ValueError(f"headers of more than {MAX_BYTES:,} bytes; the others are left out")
        try:
            entry = header(blob, locate)
        except ValueError:
            broken += 1
            continue
        if entry.name != "gpg-pubkey":
            yield entry
    if broken:
        raise ValueError(f"packages whose headers are broken: {broken}")


def header(blob: bytes, locate: Locate) -> Entry:
    """The package that a header describes. Raises ValueError for no header, and without a name and a version."""
    tags = _tags(blob)
    name, version = _one(tags, _NAME), _one(tags, _VERSION)
    if not name or not version:
        raise ValueError("a package without name or version")
    epoch = tags.get(_EPOCH, (0,))[0]
    release = _one(tags, _RELEASE)
    return Entry(
        name=name,
        version=f"{f'{epoch}:' if epoch else ''}{version}{f'-{release}' if release else ''}",
        licence=_one(tags, _LICENCE),
        architecture=_one(tags, _ARCH),
        source=_source(_one(tags, _SOURCE)),
        owns=tuple(dict.fromkeys(place for path in _files(tags) if (place := locate(path.lstrip("/"))))),
    )


def _tags(blob: bytes) -> dict[int, tuple[Any, ...]]:
    """The values of the tags that are wanted: numbers, or bytes for texts."""
    if len(blob) < 8:
        raise ValueError("no header")
    count, size = struct.unpack_from(">II", blob)
    start = 8 + 16 * count
    if not 0 < count <= MAX_TAGS or start + size > len(blob):
        raise ValueError("no header: its index does not fit")
    found: dict[int, tuple[Any, ...]] = {}
    for tag, kind, offset, number in struct.iter_unpack(">IIII", blob[8:start]):
        if tag not in _WANTED or tag in found or not 0 < number <= MAX_FILES or offset >= size:
            continue
        at = start + offset
        if kind == _INT32 and at + 4 * number <= start + size:
            found[tag] = struct.unpack_from(f">{number}I", blob, at)
        elif kind in {_STRING, _STRINGS, 9}:
            found[tag] = tuple(blob[at : start + size].split(b"\0", number)[:number])
    return found


def _files(tags: dict[int, tuple[Any, ...]]) -> Iterator[str]:
    folders = [_decoded(folder) for folder in tags.get(_FOLDERS, ())]
    for name, index in zip(tags.get(_BASE_NAMES, ()), tags.get(_FOLDER_INDEXES, ()), strict=False):
        if isinstance(index, int) and index < len(folders):
            yield folders[index] + _decoded(name)
    yield from map(_decoded, tags.get(_OLD_NAMES, ()))


def _source(file: str) -> str:
    """``python3`` of ``python3-3.9.18-3.el9.src.rpm``."""
    return file.rsplit("-", 2)[0] if file.count("-") >= 2 else ""


def _one(tags: dict[int, tuple[Any, ...]], tag: int) -> str:
    return _decoded(tags[tag][0][:MAX_TEXT]) if tag in tags else ""


def _decoded(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else ""
