"""The three kinds of RPM database: where in them the headers of the packages stand.

Formats: sqlite since rpm 4.16 (table Packages); ndb (SUSE), whose layout is that of rpm's ``lib/backend/ndb/rpmpkg.c``;
Berkeley DB's hash before, whose pages are described in ``dbinc/db_page.h`` of Berkeley DB 5.3. Libraries that read
them want a file on disk or rpm itself, or have a licence that does not fit.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from scanner.parsers.sqlite import opened

MAX_BLOB = 64 << 20
"""Bytes of one header; rpm's own limit is 256 MiB, a kernel's is 2 MiB."""

_HASH_PAGES = frozenset({2, 13})
_OVERFLOW = 7
_PAGE_HEAD = 26


def sqlite(data: bytes) -> Iterator[bytes]:
    """The headers in an ``rpmdb.sqlite``. Raises ValueError when it is none, or takes too much."""
    with opened(data, MAX_BLOB) as connection:
        if connection.execute("SELECT rootpage > 0 FROM sqlite_master WHERE name = 'Packages'").fetchone() != (1,):
            raise ValueError("an SQLite database without the table of packages")
        for (blob,) in connection.execute("SELECT blob FROM Packages ORDER BY hnum"):
            if isinstance(blob, bytes):
                yield blob


def ndb(data: bytes) -> Iterator[bytes]:
    """The headers in a ``Packages.db``. Raises ValueError when it is none, and at the end for packages that are broken.

    A head of 32 bytes, pages of slots (magic, number, first block, blocks), then blobs in blocks of 16 bytes.
    """
    if data[:4] != b"RpmP" or len(data) < 32:
        raise ValueError("not an ndb database")
    version, _generation, pages = struct.unpack_from("<III", data, 4)
    end = pages * 4096
    if version != 0 or end > len(data):
        raise ValueError("an ndb database of another version, or cut off")
    broken = 0
    for at in range(32, end, 16):
        magic, number, block, blocks = struct.unpack_from("<4sIII", data, at)
        head = block * 16
        if magic == b"Slot" and not block:
            continue
        if magic != b"Slot" or head + 16 > len(data):
            broken += 1
            continue
        blob_magic, blob_number, _, length = struct.unpack_from("<4sIII", data, head)
        if blob_magic != b"BlbS" or blob_number != number or length > 16 * blocks:
            broken += 1
            continue
        yield data[head + 16 : head + 16 + length]
    if broken:
        raise ValueError(f"packages that are not where the index says: {broken}")


def berkeley(data: bytes) -> Iterator[bytes]:
    """The headers in a ``Packages``. Raises ValueError when it is none, and at the end for values that are broken.

    Every hash page holds pairs of key and value; a value of more than a page is a chain of overflow pages.
    """
    file = _Berkeley(data)
    broken = 0
    for page in range(file.size, len(data) - file.size + 1, file.size):
        for value in file.values(page):
            if value is None:
                broken += 1
            elif len(value) > 16:  # a smaller one counts the packages
                yield value
    if broken:
        raise ValueError(f"entries whose pages are broken: {broken}")


class _Berkeley:
    """The pages of a hash database."""

    def __init__(self, data: bytes) -> None:
        if len(data) < 512:
            raise ValueError("not a Berkeley DB database")
        order = {0x061561: "<", 0x61150600: ">"}.get(struct.unpack_from("<I", data, 12)[0])
        if order is None:
            raise ValueError("not a hash database of Berkeley DB")
        self._data, self._order = data, order
        (self.size,) = struct.unpack_from(f"{order}I", data, 20)
        if not 512 <= self.size <= 65_536 or self.size & (self.size - 1):
            raise ValueError("a Berkeley DB database with pages of an impossible size")
        self._left = len(data) // self.size
        """Overflow pages that may still be read: each belongs to one value."""

    def values(self, page: int) -> Iterator[bytes | None]:
        """The values of a page, None for each that is broken; none for a page of another kind.

        Items are stored from the end of the page down; their offsets, keys and values in turn, stand at its head.
        """
        if self._data[page + 25] not in _HASH_PAGES:
            return
        (count,) = struct.unpack_from(f"{self._order}H", self._data, page + 20)
        if _PAGE_HEAD + 2 * count > self.size:
            yield None
            return
        places = struct.unpack_from(f"{self._order}{count}H", self._data, page + _PAGE_HEAD)
        for key, value in zip(places[::2], places[1::2], strict=False):
            yield self._value(page + value, page + key) if _PAGE_HEAD <= value < key <= self.size else None

    def _value(self, start: int, end: int) -> bytes | None:
        kind = self._data[start]
        if kind == 1:
            return self._data[start + 1 : end]
        if kind != 3 or end - start < 12:
            return None
        number, length = struct.unpack_from(f"{self._order}II", self._data, start + 4)
        pieces, got = [], 0
        while number and got < length:
            page = number * self.size
            self._left -= 1
            if self._left < 0 or page + self.size > len(self._data) or self._data[page + 25] != _OVERFLOW:
                return None
            number, used = struct.unpack_from(f"{self._order}I2xH", self._data, page + 16)
            pieces.append(self._data[page + _PAGE_HEAD : page + _PAGE_HEAD + min(used, self.size - _PAGE_HEAD)])
            got += len(pieces[-1])
        return b"".join(pieces)[:length] if got >= length else None
