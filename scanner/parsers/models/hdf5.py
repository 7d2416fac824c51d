"""HDF5: groups, data sets and links of a file, and Keras' configuration in its attributes.

Format: "HDF5 File Format Specification Version 3.0". Objects refer to each other by address in any direction, so the
source must be one that may be asked for any offset: the whole file in a ``scanner.parsers.tar.Buffer``, or an mmap.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

from scanner.parsers.models import documents, keras
from scanner.parsers.models.hdf5_blocks import Blocks, Heap, Parts
from scanner.parsers.models.header import Broken, Draft, Header
from scanner.parsers.models.limits import MAX_DIMENSIONS, MAX_HDF5
from scanner.parsers.tar import Source

MAGIC = b"\x89HDF\r\n\x1a\n"
_SPACE, _LINK_INFO, _TYPE, _LINK, _FILES, _LAYOUT, _ATTRIBUTE, _MORE, _SYMBOLS, _ATTRIBUTE_INFO = (
    1, 2, 3, 6, 7, 8, 12, 16, 17, 21,
)  # fmt: skip
_HARD, _SOFT, _EXTERNAL = 0, 1, 64
_TOLD = frozenset({"model_config", "keras_version", "backend", "license", "training_config"})
"""Attributes of the root that are read."""


def read(source: Source, size: int) -> Header:
    """What a file of random access says. Raises ValueError without HDF5's mark at 0, 512, 1024, …"""
    base = next((at for at in (0, *(512 << n for n in range(8))) if at < size and source.at(at, 8) == MAGIC), None)
    if base is None:
        raise ValueError("not an HDF5 file")
    reader = _Hdf5(Blocks(source, min(size, MAX_HDF5), base))
    if size > MAX_HDF5:
        reader.draft.flaw("limit", f"only the first {MAX_HDF5:,} bytes are read", MAX_HDF5)
    try:
        reader.read()
    except Broken as broken:
        reader.draft.flaws.append(broken.flaw)
    return reader.draft.finish()


class _Hdf5:
    def __init__(self, blocks: Blocks) -> None:
        self.draft, self._blocks = Draft("hdf5"), blocks
        self._seen: set[int] = set()
        self._waiting: list[tuple[int, str]] = []

    def read(self) -> None:
        """All objects that links lead to; one that is broken is told, and the others are read."""
        root = self._superblock()
        self._waiting.append((root, ""))
        while self._waiting:
            address, path = self._waiting.pop()
            if address in self._seen or self._blocks.undefined(address):
                continue
            self._seen.add(address)
            try:
                self._object(address, path)
            except Broken as broken:
                self.draft.flaw(broken.flaw.kind, f"{path or '/'}: {broken.flaw.detail}", broken.flaw.offset)
                if broken.flaw.kind == "limit":
                    return

    def _superblock(self) -> int:
        """The address of the root's header."""
        blocks = self._blocks
        head = Parts(blocks.some(0, 128), 8)
        version = head.number(1)
        if version > 3:
            raise Broken("unknown-version", f"version {version} of the superblock", blocks.base + 8)
        if version < 2:
            head.skip(4)
        blocks.of_offset, blocks.of_length = head.number(1), head.number(1)
        if {blocks.of_offset, blocks.of_length} - {2, 4, 8}:
            raise Broken("malformed", "addresses of an impossible size", blocks.base + 8)
        if version >= 2:
            head.skip(1 + 2 * blocks.of_offset)
            end, root = head.number(blocks.of_offset), head.number(blocks.of_offset)
        else:
            head.skip(9 + 4 * (version == 1) + 2 * blocks.of_offset)
            end = head.number(blocks.of_offset)
            head.skip(2 * blocks.of_offset)
            root = head.number(blocks.of_offset)
        if end > blocks.size:
            self.draft.flaw("truncated", f"the file ends {end - blocks.size:,} bytes early", blocks.size)
        elif end < blocks.size:
            self.draft.flaw("trailing-data", f"{blocks.size - end:,} bytes behind the end of the file", end)
        self.draft.say(end=end)
        return root

    def _object(self, address: int, path: str) -> None:
        shape: list[int] | None = None
        kind = ("", 0)
        parts = _OF_ALL if path else _OF_ALL | _OF_ROOT
        for number, flags, body in self._messages(address):
            data = Parts(body)
            if flags & 2 and number in (_SPACE, _TYPE, _ATTRIBUTE):
                continue  # stands elsewhere, for several objects
            if number == _SPACE:
                shape = self._shape(data)
            elif number == _TYPE:
                kind = _type(data)
            elif number in parts:
                parts[number](self, data, path)
        if shape is not None and kind[0]:
            self.draft.tensor(kind[0], math.prod(shape), math.prod(shape) * kind[1])

    def _links(self, data: Parts, path: str) -> None:
        for link in self._dense(data, 8, 4):
            self._link(Parts(link), path)

    def _attributes(self, data: Parts, path: str) -> None:
        for attribute in self._dense(data, 2, 0):
            self._attribute(Parts(attribute), path)

    def _messages(self, address: int) -> Iterator[tuple[int, int, bytes]]:
        """(type, flags, body) of an object's messages, of both versions of headers, with their continuations."""
        blocks = self._blocks
        new = blocks.at(address, 4) == b"OHDR"
        if new:
            flags = blocks.at(address, 6)[5]
            start = 6 + 16 * bool(flags & 0x20) + 4 * bool(flags & 0x10)
            of_size = 1 << (flags & 3)
            length = int.from_bytes(blocks.at(address + start, of_size), "little")
            chunks, extra = [(address + start + of_size, length)], 2 * bool(flags & 4)
        else:
            head = Parts(blocks.at(address, 16))
            if head.number(1) != 1:
                raise Broken("malformed", f"no header of an object at {address:,}", blocks.base + address)
            head.skip(7)
            chunks, extra = [(address + 16, head.number(4))], 0
        done = set()
        while chunks:
            start, length = chunks.pop(0)
            if start in done:
                raise Broken("cycle", "a header that continues in itself", blocks.base + start)
            done.add(start)
            data = Parts(blocks.at(start, length))
            smallest = 4 + extra if new else 8
            while data.position + smallest <= length:
                blocks.step(start)
                kind, size, flag = data.number(1 if new else 2), data.number(2), data.number(1)
                data.skip(extra if new else 3)
                if data.position + size > length:
                    raise Broken("malformed", "a message that ends behind its header", blocks.base + start)
                body = data.take(size)
                if kind == _MORE:
                    parts = Parts(body)
                    at, long = parts.number(blocks.of_offset), parts.number(blocks.of_length)
                    if new:
                        blocks.at(at, 4, b"OCHK")
                    chunks.append((at + 4, max(0, long - 8)) if new else (at, long))
                else:
                    yield kind, flag, body

    def _shape(self, data: Parts) -> list[int] | None:
        version, rank = data.number(1), data.number(1)
        data.skip(6 if version == 1 else 1)
        if version == 2 and data.number(1) == 2:
            return None
        if rank > MAX_DIMENSIONS:
            raise Broken("too-large", f"a data set of {rank} dimensions", self._blocks.base)
        return [data.number(self._blocks.of_length) for _ in range(rank)]

    def _dense(self, data: Parts, of_order: int, start: int) -> Iterator[bytes]:
        """Links or attributes of an object that has many; ``start`` is where a record has the ID."""
        blocks = self._blocks
        data.skip(1)
        if data.number(1) & 1:
            data.skip(of_order)
        heap, index = data.number(blocks.of_offset), data.number(blocks.of_offset)
        if blocks.undefined(heap) or blocks.undefined(index):
            return
        found = Heap(blocks, heap)
        for record in blocks.records(index):
            if len(record) < start + 8 - start // 4:
                raise Broken("malformed", "a record that is too short", blocks.base + index)
            yield found.get(record[start : start + found.of_id])

    def _table(self, data: Parts, path: str) -> None:
        blocks = self._blocks
        tree, heap = data.number(blocks.of_offset), data.number(blocks.of_offset)
        names = blocks.local_heap(heap)
        for entry in blocks.symbols(tree, set()):
            parts = Parts(entry)
            name, target, cache = (parts.number(n) for n in (blocks.of_offset, blocks.of_offset, 4))
            if cache != 2:
                self._waiting.append((target, f"{path}/{blocks.word(names + name)}"))

    def _link(self, data: Parts, path: str) -> None:
        data.skip(1)
        flags = data.number(1)
        kind = data.number(1) if flags & 8 else _HARD
        data.skip(8 * bool(flags & 4) + bool(flags & 16))
        name = data.take(data.number(1 << (flags & 3))).decode("utf-8", "replace")
        if kind == _HARD:
            self._waiting.append((data.number(self._blocks.of_offset), f"{path}/{name}"))
        elif kind == _EXTERNAL:
            file = data.take(data.number(2))[1:].partition(b"\0")[0].decode("utf-8", "replace")
            self.draft.external("link", file, f"{path}/{name}")
        elif kind != _SOFT:
            self.draft.flaw("unread", f"a link of the unknown type {kind}", self._blocks.base)

    def _files(self, data: Parts, path: str) -> None:
        """External storage: the data set's bytes are those of other files."""
        blocks = self._blocks
        data.skip(6)
        used, heap = data.number(2), data.number(blocks.of_offset)
        names = blocks.local_heap(heap)
        for _ in range(used):
            blocks.step(heap)
            self.draft.external("storage", blocks.word(names + data.number(blocks.of_length)), path)
            data.skip(2 * blocks.of_length)

    def _layout(self, data: Parts, path: str) -> None:
        """A virtual data set names the files that its parts come from; the first is told."""
        version, kind = data.number(1), data.number(1)
        if version < 4 or kind != 3:
            return
        address, index = data.number(self._blocks.of_offset), data.number(4)
        if self._blocks.undefined(address):
            return
        block = self._blocks.shared(address, index)
        file = block[1 + self._blocks.of_length :].partition(b"\0")[0].decode("utf-8", "replace")
        if file != ".":
            self.draft.external("virtual", file, path)

    def _attribute(self, data: Parts, path: str) -> None:
        version, flags = data.number(1), data.number(1)
        of_name, of_type, of_space = data.number(2), data.number(2), data.number(2)
        data.skip(version == 3)
        pad = 8 if version == 1 else 1
        name = data.take(-(-of_name // pad) * pad)[:of_name].partition(b"\0")[0].decode("utf-8", "replace")
        if name not in _TOLD:
            return
        if flags & 3:
            self.draft.flaw("unread", f"the type of the attribute {name} stands elsewhere", self._blocks.base)
            return
        kind = data.take(-(-of_type // pad) * pad)
        data.skip(-(-of_space // pad) * pad)
        self._said(name, self._words(kind, data))

    def _words(self, kind: bytes, data: Parts) -> bytes:
        """A string: in place, or of any length and in a global heap."""
        if not kind:
            raise Broken("malformed", "an attribute without a type", self._blocks.base)
        if kind[0] & 15 == 9:
            length, address, index = data.number(4), data.number(self._blocks.of_offset), data.number(4)
            return self._blocks.shared(address, index)[:length]
        size = int.from_bytes(kind[4:8], "little")
        return data.rest()[:size] if kind[0] & 15 == 3 else b""

    def _said(self, name: str, value: bytes) -> None:
        text = value.rstrip(b"\0 ")
        if name in ("model_config", "training_config"):
            try:
                keras.look(self.draft, documents.load(self.draft, text, self._blocks.base), "")
            except Broken as broken:
                self.draft.flaw(broken.flaw.kind, f"{name}: {broken.flaw.detail}", broken.flaw.offset)
        elif name == "keras_version":
            self.draft.say(producer=f"keras {text.decode('utf-8', 'replace')}")
        elif name == "license":
            self.draft.say(licence=text.decode("utf-8", "replace"))


_OF_ALL: dict[int, Callable[[_Hdf5, Parts, str], None]] = {
    _LINK: _Hdf5._link,
    _LINK_INFO: _Hdf5._links,
    _SYMBOLS: _Hdf5._table,
    _FILES: _Hdf5._files,
    _LAYOUT: _Hdf5._layout,
}
_OF_ROOT: dict[int, Callable[[_Hdf5, Parts, str], None]] = {
    _ATTRIBUTE: _Hdf5._attribute,
    _ATTRIBUTE_INFO: _Hdf5._attributes,
}


def _type(data: Parts) -> tuple[str, int]:
    """The name of a type of numbers, and its bytes; "" for others."""
    kind = data.number(1) & 15
    bits, size = data.number(3), data.number(4)
    if kind == 0:
        return f"{'i' if bits & 8 else 'u'}{8 * size}", size
    return (f"f{8 * size}", size) if kind == 1 else ("", 0)
