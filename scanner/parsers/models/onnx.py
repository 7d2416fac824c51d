"""ONNX: what a model's graphs need from outside: files with data, operators of other domains.

Numbers of fields: ``onnx/onnx.proto`` of https://github.com/onnx/onnx. Graphs stand in attributes of nodes too, in
functions, and in what training needs; all are looked at, weights are skipped.
"""

from __future__ import annotations

import math

from scanner.parsers.models.header import Header
from scanner.parsers.models.limits import MAX_DIMENSIONS, MAX_GRAPH_NODES, MAX_NAMED
from scanner.parsers.models.messages import Reader
from scanner.parsers.protobuf import BYTES, Field
from scanner.parsers.tar import Source

TYPES = {
    1: ("FLOAT", 32), 2: ("UINT8", 8), 3: ("INT8", 8), 4: ("UINT16", 16), 5: ("INT16", 16), 6: ("INT32", 32),
    7: ("INT64", 64), 8: ("STRING", 0), 9: ("BOOL", 8), 10: ("FLOAT16", 16), 11: ("DOUBLE", 64), 12: ("UINT32", 32),
    13: ("UINT64", 64), 14: ("COMPLEX64", 64), 15: ("COMPLEX128", 128), 16: ("BFLOAT16", 16), 17: ("FLOAT8E4M3FN", 8),
    18: ("FLOAT8E4M3FNUZ", 8), 19: ("FLOAT8E5M2", 8), 20: ("FLOAT8E5M2FNUZ", 8), 21: ("UINT4", 4), 22: ("INT4", 4),
    23: ("FLOAT4E2M1", 4),
}  # fmt: skip
"""Name and bits of each type of tensor."""


def read(source: Source, size: int) -> Header:
    """What the model says; anything that is no message of protobuf is a flaw."""
    reader = _Onnx("onnx", source, size)
    with reader.damage():
        reader.model(size)
    return reader.finish()


def own(domain: str) -> bool:
    """Whether a domain is ONNX's own."""
    return domain in {"", "ai.onnx"} or domain.startswith("ai.onnx.")


class _Onnx(Reader):
    def __init__(self, format: str, source: Source, size: int) -> None:
        super().__init__(format, source, size)
        self._operators: dict[tuple[str, str], list[str | int]] = {}
        self._functions: set[tuple[str, str]] = set()
        self._domains: dict[str, int] = {}

    def model(self, size: int) -> None:
        said: dict[int, str] = {}
        for field in self.messages.fields(size):
            if field.number in (2, 3, 4):
                said[field.number] = self.text(field)
            elif field.number == 5 and field.value:
                self.draft.say(version=str(field.value))
            elif field.number == 7:
                self.graph(field, main=True)
            elif field.number == 8:
                self._imported(field)
            elif field.number == 14:
                self._property(*self.pair(field))
            elif field.number == 20:
                for part in self.fields(field):
                    if part.number in (1, 2):
                        self.graph(part)
            elif field.number == 25:
                self._function(field)
        self.draft.say(producer=f"{said.get(2, '')} {said.get(3, '')}".strip())

    def _property(self, key: str, value: str) -> None:
        fields = {"license": "licence", "author": "author", "model_author": "author", "name": "name", "task": "task"}
        if key in fields:
            self.draft.say(**{fields[key]: value})

    def _imported(self, field: Field) -> None:
        domain, version = "", 0
        for part in self.fields(field):
            if part.number == 1:
                domain = self.text(part)
            elif part.number == 2:
                version = part.value
        if len(self._domains) <= MAX_NAMED:
            self._domains.setdefault(domain, version)

    def _function(self, field: Field) -> None:
        name = domain = ""
        for part in self.fields(field):
            if part.number == 1:
                name = self.text(part)
            elif part.number == 10:
                domain = self.text(part)
            elif part.number == 7:
                self._node(part)
            elif part.number == 9:
                self._imported(part)
            elif part.number == 11:
                self._attribute(part)
        if len(self._functions) < MAX_GRAPH_NODES:
            self._functions.add((domain, name))

    def graph(self, field: Field, main: bool = False) -> None:
        """A graph: its nodes and tensors; its name is the model's when it is the main one."""
        for part in self.fields(field):
            if part.number == 1:
                self._node(part)
            elif part.number == 2 and main:
                self.draft.say(name=self.text(part))
            elif part.number == 5:
                self._tensor(part)
            elif part.number == 15:
                self._sparse(part)

    def _node(self, field: Field) -> None:
        name = operator = domain = ""
        for part in self.fields(field):
            if part.number == 3:
                name = self.text(part)
            elif part.number == 4:
                operator = self.text(part)
            elif part.number == 7:
                domain = self.text(part)
            elif part.number == 5:
                self._attribute(part)
        if not own(domain) and len(self._operators) <= MAX_NAMED:
            seen = self._operators.setdefault((domain, operator), [name, 0])
            seen[1] = int(seen[1]) + 1

    def _attribute(self, field: Field) -> None:
        for part in self.fields(field):
            if part.number in (5, 10):
                self._tensor(part)
            elif part.number in (6, 11):
                self.graph(part)
            elif part.number in (22, 23):
                self._sparse(part)

    def _sparse(self, field: Field) -> None:
        for part in self.fields(field):
            if part.number in (1, 2):
                self._tensor(part)

    def _tensor(self, field: Field) -> None:
        shape: list[int] = []
        kind, name, raw = 0, "", -1
        outside: dict[str, str] = {}
        for part in self.fields(field):
            if part.number == 1 and len(shape) < MAX_DIMENSIONS:
                shape += self.messages.numbers(part, MAX_DIMENSIONS)
            elif part.number == 2:
                kind = part.value
            elif part.number == 8:
                name = self.text(part)
            elif part.number == 9 and part.kind == BYTES:
                raw = part.value
            elif part.number == 13:
                key, value = self.pair(part)
                outside[key] = value
        label, bits = TYPES.get(kind, (f"type {kind}", 0))
        numbers = math.prod(shape)
        if any(side >> 63 for side in shape):
            self.draft.flaw("wrong-span", f"the tensor {name!r} has a negative dimension", field.start)
            numbers = 0
        elif raw >= 0 and bits and -(-numbers * bits // 8) != raw and "location" not in outside:
            self.draft.flaw("wrong-span", f"the tensor {name!r} has {raw:,} bytes for {numbers:,} numbers", field.start)
        self.draft.tensor(label, numbers, numbers * bits // 8)
        if "location" in outside:
            self.draft.external("data", outside["location"], name, field.start)

    def finish(self) -> Header:
        """The header; operators that the model itself defines need nothing from outside."""
        for domain, version in self._domains.items():
            self.draft.name("domain", domain or "ai.onnx", "opset_import", str(version))
        for (domain, operator), (node, count) in self._operators.items():
            if (domain, operator) not in self._functions:
                self.draft.name("custom-operator", f"{domain}::{operator}", str(node), count=int(count))
        return self.draft.finish()
