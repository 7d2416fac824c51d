"""Formats that are known by their structure: protobuf messages, and what an lz4 frame begins with.

A protobuf file has no magic; ONNX, TensorFlow and Core ML are told apart by fields that only one of them can have.
Numbers of fields: onnx.proto, tensorflow/core/protobuf/{saved_model,meta_graph}.proto and framework/graph.proto,
Keras' saved_metadata.proto, coremltools' Model.proto. Frames: the LZ4 frame and block formats.
"""

from __future__ import annotations

from collections.abc import Iterator

from scanner.parsers.lazy import Lazy

_NODE = Lazy(rb"(?s)[\w.][\w.\\/>-]*")
_OPERATOR = Lazy(rb"[A-Za-z_][A-Za-z0-9_>.:-]*")
_ONNX = {1: 0, 2: 2, 3: 2, 4: 2, 5: 0, 6: 2, 7: 2, 8: 2, 14: 2, 20: 2, 25: 2}
_MOST = 64
"""Fields that are looked at."""


def message(head: bytes, size: int) -> str | None:
    """``onnx``, ``tensorflow`` (a SavedModel), ``tensorflow-graph``, ``keras-metadata`` or ``coreml``."""
    first = head[0]
    if first == 0x0A:
        return "keras-metadata" if _metadata(head) else "tensorflow-graph" if _graph_def(head, size) else None
    if first == 0x08:
        found = _saved_model(head, size) or _core_ml(head, size)
        if found:
            return found
    elif first == 0x12 and _definition(head, size):
        return "tensorflow"
    return "onnx" if _onnx(head, size) else None


def varint(data: bytes, at: int) -> tuple[int, int]:
    """A number and where it ends, -1 for none."""
    value = shift = 0
    while at < len(data) and shift < 64:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7
    return -1, at


def _fields(head: bytes, at: int, end: int) -> Iterator[tuple[int, int, int, int]]:
    """(number, wire type, value or length, where the bytes begin) until the head ends or something is wrong (-1)."""
    for _ in range(_MOST):
        if at >= min(end, len(head)):
            return
        tag, at = varint(head, at)
        kind, number = tag & 7, tag >> 3
        value, at = varint(head, at) if kind in (0, 2) else (8 if kind == 1 else 4, at)
        if tag < 8 or kind in (3, 4, 6, 7) or value < 0 or (kind == 2 and at + value > end):
            yield -1, kind, 0, at
            return
        yield number, kind, value, at
        at += value if kind else 0


def _text(data: bytes) -> bool:
    try:
        return data.decode().isprintable()
    except UnicodeDecodeError as error:
        return error.reason == "unexpected end of data" and data[: error.start].decode().isprintable()


def _onnx(head: bytes, size: int) -> bool:
    """A ModelProto: its known fields with their types, up to a graph that begins like one."""
    seen = set()
    for number, kind, value, at in _fields(head, 0, size):
        if _ONNX.get(number) != kind or (number in (2, 3, 4) and not _text(head[at : at + min(value, 200)])):
            return False
        if number == 1 and not 0 < value < 1000:
            return False
        seen.add(number)
        if number == 7:
            return _onnx_graph(head, at, at + value) and (1 in seen or at + value < size or bool(seen - {7}))
    return 8 in seen and 1 in seen


def _onnx_graph(head: bytes, at: int, end: int) -> bool:
    """A graph begins with a node (its inputs, outputs, name, operator), its name, a tensor, or an input."""
    if at >= len(head):
        return True
    for number, kind, value, start in _fields(head, at, end):
        if number == 1 and kind == 2:
            parts = list(_fields(head, start, start + value))
            known = all(n in (1, 2, 3, 4, 5, 6, 7, 8, 9) and k == 2 for n, k, _, _ in parts)
            operator = [head[s : s + v] for n, _, v, s in parts if n == 4]
            return known and all(_OPERATOR.fullmatch(name) for name in operator) and bool(parts)
        return (
            number in (2, 5, 10, 11, 12, 13, 14, 15, 16)
            and kind == 2
            and (number not in (2, 10) or _text(head[start : start + min(value, 200)]))
        )
    return end == at


def _graph_def(head: bytes, size: int) -> bool:
    """A GraphDef: a node with a name and an operator."""
    for number, kind, value, at in _fields(head, 0, size):
        if number != 1 or kind != 2:
            return False
        return _node(head, at, at + value)
    return False


def _node(head: bytes, at: int, end: int) -> bool:
    """A node's name and operator; descriptors of protobuf files look alike, but are named after their file."""
    got = {n: head[s : s + v] for n, k, v, s in _fields(head, at, end) if n in (1, 2) and k == 2}
    name = got.get(1, b"")
    return bool(_NODE.fullmatch(name) and not name.endswith(b".proto") and _OPERATOR.fullmatch(got.get(2, b"")))


def _saved_model(head: bytes, size: int) -> str | None:
    """A SavedModel: the schema's version (1), then a MetaGraphDef."""
    parts = list(_fields(head, 0, size))
    if len(parts) < 2 or parts[0][:3] != (1, 0, 1) or parts[1][:2] != (2, 2):
        return None
    return "tensorflow" if _meta_graph(head, parts[1][3], parts[1][3] + parts[1][2]) else None


def _definition(head: bytes, size: int) -> bool:
    """A SavedModel whose version stands behind its graph, or nowhere."""
    for number, kind, value, at in _fields(head, 0, size):
        return number == 2 and kind == 2 and _meta_graph(head, at, at + value)
    return False


def _meta_graph(head: bytes, at: int, end: int) -> bool:
    """A MetaGraphDef: first what it says of itself (an operator list, tags, a version), else a GraphDef."""
    for number, kind, value, start in _fields(head, at, end):
        if kind != 2:
            return False
        if number == 1:
            inner = next(_fields(head, start, start + value), (-1, 0, 0, 0))
            if inner[0] == 2:
                operator = next(_fields(head, inner[3], inner[3] + inner[2]), (-1, 0, 0, 0))
                name = next(_fields(head, operator[3], operator[3] + operator[2]), (-1, 0, 0, 0))
                return name[0] == 1 and bool(_OPERATOR.fullmatch(head[name[3] : name[3] + name[2]]))
            return inner[0] in (3, 4, 5, 6, 7, 8) or value == 0
        if number == 2:
            inner = next(_fields(head, start, start + value), (-1, 0, 0, 0))
            return inner[0] == 1 and inner[1] == 2 and _node(head, inner[3], inner[3] + inner[2])
        return False
    return False


def _core_ml(head: bytes, size: int) -> str | None:
    """A Core ML model: its version, then a description whose first input has a name and a type."""
    parts = list(_fields(head, 0, size))
    if len(parts) < 2 or parts[0][:2] != (1, 0) or not 0 < parts[0][2] < 100 or parts[1][:2] != (2, 2):
        return None
    _, _, length, at = parts[1]
    feature = next(_fields(head, at, at + length), (-1, 0, 0, 0))
    if feature[:2] != (1, 2) or feature[2] < 4:
        return None
    inner = {n: (k, v, s) for n, k, v, s in _fields(head, feature[3], feature[3] + feature[2])}
    if set(inner) - {1, 2, 3} or 1 not in inner or 3 not in inner or inner[1][0] != 2 or inner[3][0] != 2:
        return None
    name = head[inner[1][2] : inner[1][2] + inner[1][1]]
    behind = [number for number, _, _, _ in parts[2:]]
    return "coreml" if name and _text(name) and all(n == 10 or 200 <= n <= 3000 for n in behind) else None


def _metadata(head: bytes) -> bool:
    """Keras' SavedMetadata: nodes with an identifier that begins with ``_tf_keras_``."""
    return b"\x22" in head[:64] and b"_tf_keras_" in head[:512]


def first_literals(head: bytes) -> bytes:
    """The bytes in front of the first match in an lz4 frame; b"" when there are none."""
    if len(head) < 20:
        return b""
    flags = head[4]
    at = 7 + 8 * bool(flags & 0x08) + 4 * bool(flags & 0x01)
    stored = head[at + 3 : at + 4] >= b"\x80"
    at += 4
    if stored:
        return head[at:]
    if at >= len(head):
        return b""
    length = head[at] >> 4
    at += 1
    if length == 15:
        while at < len(head):
            length += head[at]
            at += 1
            if head[at - 1] != 255:
                break
    return head[at : at + length]
