"""HDF5's blocks: B-trees of both versions, local, global and fractal heaps. Every loop is counted.

Format: "HDF5 File Format Specification Version 3.0", sections III.A to III.G.
"""

from __future__ import annotations

from collections.abc import Iterator

from scanner.parsers.models.header import Broken
from scanner.parsers.models.limits import MAX_HDF5_DEPTH, MAX_HDF5_STEPS
from scanner.parsers.tar import Source


class Blocks:
    """The blocks of a file; addresses count from ``base``, the end of a user block. Everything raises ``Broken``."""

    def __init__(self, source: Source, size: int, base: int) -> None:
        self._source, self.size, self.base = source, size, base
        self.of_offset = self.of_length = 8
        """Bytes of an address, and of a length."""
        self._steps = 0

    def step(self, address: int, steps: int = 1) -> None:
        """Count one more block, message or entry, or page that is read."""
        self._steps += steps
        if self._steps > MAX_HDF5_STEPS:
            raise Broken("limit", f"more than {MAX_HDF5_STEPS:,} blocks, messages and pages", address)

    def at(self, address: int, count: int, signature: bytes = b"") -> bytes:
        """The bytes there, which begin with ``signature``."""
        self.step(address, count >> 12)
        if not 0 <= address <= address + count <= self.size - self.base:
            raise Broken("out-of-file", f"{count:,} bytes at {address:,} of a file of {self.size:,}", self.size)
        data = self._source.at(self.base + address, count)
        if len(data) < count:
            raise Broken("truncated", "the file ends before its size says", self.base + address)
        if not data.startswith(signature):
            raise Broken("malformed", f"no {signature.decode()} at {address:,}", self.base + address)
        return data

    def some(self, address: int, most: int) -> bytes:
        """The bytes there, fewer at the end of the file."""
        return self.at(address, max(0, min(most, self.size - self.base - address)))

    def undefined(self, address: int) -> bool:
        """Whether an address stands for none."""
        return address == (1 << 8 * self.of_offset) - 1

    def local_heap(self, address: int) -> int:
        """Where the names of a local heap begin."""
        head = Parts(self.at(address, 8 + 2 * self.of_length + self.of_offset, b"HEAP"), 8 + 2 * self.of_length)
        return head.number(self.of_offset)

    def word(self, address: int) -> str:
        """The words there, up to a NUL."""
        data = self.some(address, 1024)
        return data.partition(b"\0")[0].decode("utf-8", "replace")

    def symbols(self, address: int, seen: set[int], depth: int = 0) -> Iterator[bytes]:
        """The entries of the symbol tables below a B-tree of version 1: name, object, cache type, scratch."""
        self.step(address)
        if address in seen or depth > MAX_HDF5_DEPTH:
            raise Broken("cycle", "a B-tree that contains itself", self.base + address)
        seen.add(address)
        head = Parts(self.at(address, 8 + 2 * self.of_offset, b"TREE"), 4)
        kind, level, used = head.number(1), head.number(1), head.number(2)
        if kind:
            raise Broken("malformed", "a B-tree of chunks where one of names should be", self.base + address)
        both = self.of_offset + self.of_length
        body = Parts(self.at(address + 8 + 2 * self.of_offset, used * both))
        for _ in range(used):
            body.number(self.of_length)
            child = body.number(self.of_offset)
            if level:
                yield from self.symbols(child, seen, depth + 1)
            else:
                yield from self._symbol_node(child)

    def _symbol_node(self, address: int) -> Iterator[bytes]:
        count = int.from_bytes(self.at(address, 8, b"SNOD")[6:], "little")
        length = 2 * self.of_offset + 24
        data = self.at(address + 8, count * length)
        for start in range(0, len(data), length):
            self.step(address)
            yield data[start : start + length]

    def records(self, address: int) -> Iterator[bytes]:
        """The records of a B-tree of version 2."""
        head = Parts(self.at(address, 16 + self.of_offset + 2, b"BTHD"), 6)
        node, record, depth = head.number(4), head.number(2), head.number(2)
        head.skip(2)
        root, count = head.number(self.of_offset), head.number(2)
        if self.undefined(root) or not count:
            return
        if depth > MAX_HDF5_DEPTH or not 0 < record < node - 10 or node > 1 << 24:
            raise Broken("too-large", f"a B-tree of depth {depth} with nodes of {node:,} bytes", self.base + address)
        most = (node - 10) // record
        count_size, sizes, total = _bytes_for(most), [0], most
        for level in range(1, depth + 1):
            pointer = self.of_offset + count_size + sizes[level - 1]
            here = max(0, node - 10 - pointer) // (record + pointer)
            total = (here + 1) * total + here
            sizes.append(_bytes_for(total))
        yield from self._node(root, count, depth, (record, count_size, sizes))

    def _node(self, address: int, count: int, depth: int, form: tuple[int, int, list[int]]) -> Iterator[bytes]:
        """The records of a node and those below: ``form`` has the bytes of a record, a count, and a total by level."""
        record, of_count, sizes = form
        self.step(address)
        data = Parts(self.at(address, 6 + count * record, b"BTIN" if depth else b"BTLF"), 6)
        for _ in range(count):
            self.step(address)
            yield data.take(record)
        if not depth:
            return
        pointer = self.of_offset + of_count + sizes[depth - 1]
        below = Parts(self.at(address + 6 + count * record, (count + 1) * pointer))
        for _ in range(count + 1):
            child, inside = below.number(self.of_offset), below.number(of_count)
            below.skip(sizes[depth - 1])
            yield from self._node(child, inside, depth - 1, form)

    def shared(self, address: int, index: int) -> bytes:
        """An object of a global heap."""
        head = Parts(self.at(address, 8 + self.of_length, b"GCOL"), 8)
        end = address + head.number(self.of_length)
        place = address + 8 + self.of_length
        while place + 8 + self.of_length <= end:
            self.step(place)
            entry = Parts(self.at(place, 8 + self.of_length))
            number = entry.number(2)
            entry.skip(6)
            length = entry.number(self.of_length)
            if number == index:
                return self.at(place + 8 + self.of_length, length)
            if not number:
                break
            place += 8 + self.of_length + -(-length // 8) * 8
        raise Broken("malformed", f"no object {index} in a global heap", self.base + address)


class Heap:
    """A fractal heap: objects by their ID."""

    def __init__(self, blocks: Blocks, address: int) -> None:
        self._blocks, self._address = blocks, address
        offset, length = blocks.of_offset, blocks.of_length
        head = Parts(blocks.at(address, 22 + 12 * length + 3 * offset, b"FRHP"), 5)
        self.of_id, filters, _flags = head.number(2), head.number(2), head.number(1)
        head.skip(4 + length)
        self._huge = head.number(offset)
        head.skip(length + offset + 8 * length)
        self._width, self._first, self._direct = head.number(2), head.number(length), head.number(length)
        bits = head.number(2)
        head.skip(2)
        self._root, self._rows = head.number(offset), head.number(2)
        self._of_place = -(-bits // 8)
        if filters:
            raise Broken("unread", "a heap that is compressed", blocks.base + address)
        powers = all(size > 0 and not size & (size - 1) for size in (self._width, self._first, self._direct))
        if not powers or self._first > self._direct or bits > 64:
            raise Broken("malformed", "a heap with blocks of an impossible size", blocks.base + address)

    def get(self, ident: bytes) -> bytes:
        """The object of an ID."""
        kind = ident[0] >> 4 & 3
        if kind == 2:
            return ident[1 : 2 + (ident[0] & 15)]
        if kind == 1:
            return self._large(ident)
        place = int.from_bytes(ident[1 : 1 + self._of_place], "little")
        length = int.from_bytes(ident[1 + self._of_place : self.of_id], "little")
        return self._blocks.at(self._where(self._root, self._rows, place, 0), length)

    def _large(self, ident: bytes) -> bytes:
        """An object with a block of its own, found by a B-tree: address, length, number."""
        wanted = ident[1 : 1 + self._blocks.of_length]
        for record in self._blocks.records(self._huge):
            parts = Parts(record)
            address, length = parts.number(self._blocks.of_offset), parts.number(self._blocks.of_length)
            if parts.rest().startswith(wanted):
                return self._blocks.at(address, length)
        raise Broken("malformed", "a large object that is not there", self._blocks.base + self._address)

    def _where(self, block: int, rows: int, place: int, depth: int) -> int:
        """The address of an offset in the heap; blocks of a row are twice as large as those above, from row 2 on."""
        if not rows:
            return block + place
        self._blocks.step(block)
        row_of_first = self._width * self._first
        row = 0 if place < row_of_first else (place // row_of_first).bit_length()
        size = self._first << max(0, row - 1)
        begin = row_of_first << (row - 1) if row else 0
        column = (place - begin) // size
        direct = (self._direct // self._first).bit_length() + 1
        if row >= rows or depth > MAX_HDF5_DEPTH:
            raise Broken("malformed", "an object outside of its heap", self._blocks.base + block)
        offset = self._blocks.of_offset
        at = block + 5 + offset + self._of_place + (row * self._width + column) * offset
        self._blocks.at(block, 4, b"FHIB")
        child = int.from_bytes(self._blocks.at(at, offset), "little")
        inside = place - begin - column * size
        if row < direct:
            return child + inside
        return self._where(child, (size // row_of_first).bit_length(), inside, depth + 1)


class Parts:
    """Numbers in some bytes, one after another; all of them little-endian."""

    def __init__(self, data: bytes, at: int = 0) -> None:
        self._data, self.position = data, at

    def take(self, count: int) -> bytes:
        """The next bytes."""
        data = self._data[self.position : self.position + count]
        if len(data) < count or count < 0:
            raise Broken("malformed", "a message that ends inside a part", 0)
        self.position += count
        return data

    def number(self, count: int) -> int:
        """The next number, of so many bytes."""
        return int.from_bytes(self.take(count), "little")

    def skip(self, count: int) -> None:
        """Go on behind so many bytes."""
        self.position += count

    def rest(self) -> bytes:
        """All that is left."""
        return self._data[self.position :]


def _bytes_for(most: int) -> int:
    return max(0, most.bit_length() - 1) // 8 + 1
