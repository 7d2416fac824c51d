"""TensorFlow Lite: version, description and operators of a flatbuffer.

Fields: ``tensorflow/compiler/mlir/lite/schema/schema.fbs``; layout: https://flatbuffers.dev/internals/. Tables refer to
each other in any direction, so the source must be one that may be asked for any offset: ``scanner.parsers.tar.Buffer``.
"""

from __future__ import annotations

from scanner.parsers.models.header import Broken, Draft, Header
from scanner.parsers.models.limits import MAX_NAMED, MAX_WORDS
from scanner.parsers.tar import Source

_CUSTOM = 32
"""The code of every operator that is not built in."""


def read(source: Source, size: int) -> Header:
    """What the model says. Raises ValueError without its mark."""
    if source.at(4, 4) != b"TFL3":
        raise ValueError("not a TensorFlow Lite model")
    draft, file = Draft("tflite"), _Flat(source, size)
    try:
        root = file.number(0, 4)
        version = file.field(root, 0)
        draft.say(version=str(file.number(version, 4)) if version else "")
        about = file.field(root, 3)
        draft.say(name=file.text(about + file.number(about, 4)) if about else "", producer="tensorflow lite")
        codes = file.field(root, 1)
        if codes:
            _operators(draft, file, codes + file.number(codes, 4))
    except Broken as broken:
        draft.flaws.append(broken.flaw)
    return draft.finish()


def _operators(draft: Draft, file: _Flat, vector: int) -> None:
    count = file.number(vector, 4)
    if count > MAX_NAMED:
        draft.flaw("limit", f"more than {MAX_NAMED} operators", vector)
    for index in range(min(count, MAX_NAMED)):
        place = vector + 4 + 4 * index
        table = place + file.number(place, 4)
        custom = file.field(table, 1)
        name = file.text(custom + file.number(custom, 4)) if custom else ""
        old, new = file.field(table, 0), file.field(table, 3)
        code = max(file.number(old, 1) if old else 0, file.number(new, 4) if new else 0)
        if name or code == _CUSTOM:
            draft.name("custom-operator", name, f"operator {index}")


class _Flat:
    """Offsets in a flatbuffer; all of them unsigned but a table's to its vtable."""

    def __init__(self, source: Source, size: int) -> None:
        self._source, self._size = source, size

    def bytes(self, at: int, count: int) -> bytes:
        """The bytes there."""
        if not 0 <= at <= at + count <= self._size:
            raise Broken("out-of-file", f"a part at {at:,} of a file of {self._size:,}", 0)
        data = self._source.at(at, count)
        if len(data) < count:
            raise Broken("truncated", "the file ends before its size says", at)
        return data

    def number(self, at: int, count: int) -> int:
        """The number there."""
        return int.from_bytes(self.bytes(at, count), "little")

    def field(self, table: int, index: int) -> int:
        """Where a field of a table is, 0 when it has none."""
        vtable = table - int.from_bytes(self.bytes(table, 4), "little", signed=True)
        at = 4 + 2 * index
        place = self.number(vtable + at, 2) if at + 2 <= self.number(vtable, 2) else 0
        return table + place if place else 0

    def text(self, at: int) -> str:
        """The string there."""
        return self.bytes(at + 4, min(self.number(at, 4), 4 * MAX_WORDS)).decode("utf-8", "replace")
