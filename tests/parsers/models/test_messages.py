"""ONNX, TensorFlow and Core ML: what graphs need from outside, however deep it stands."""

from __future__ import annotations

import pytest

from scanner.parsers.models.limits import MAX_MESSAGE_DEPTH
from scanner.parsers.models.readers import read
from tests.parsers.models.sources import Forward, header, kinds, vector
from tests.parsers.models.test_recognize import FEATURE, field


def names(found, *wanted: str) -> set[tuple[str, str]]:
    return {(name.kind, name.name) for name in found.names if not wanted or name.kind in wanted}


def test_a_model_of_the_onnx_library_is_read() -> None:
    """External data and custom operators inside of branches; a function of its own needs nothing."""
    found = header(vector("model.onnx"))
    assert (found.producer, found.name, found.licence) == ("pytorch 2.6.0", "main", "mit")
    assert found.parameters == 6 + 2 + 2 + 1 + 1  # both branches have the tensor of one number
    assert [(e.path, e.where, e.reach) for e in found.externals] == [
        ("https://example.com/n.bin", "n", "url"), ("../../etc/passwd", "w", "parent"),
    ]  # fmt: skip
    assert names(found, "custom-operator") == {("custom-operator", "my.ops::Evil")}
    assert names(found, "domain") == {("domain", d) for d in ("ai.onnx", "my.ops", "local")}
    assert not found.flaws


def test_onnx_tensors_whose_bytes_are_not_those_of_their_shape_are_named() -> None:
    """Also a negative dimension."""
    for dims, raw in ((3, bytes(8)), ((1 << 64) - 1, bytes(8))):
        tensor = field(1, dims) + field(2, 1) + field(8, b"w") + field(9, raw)
        data = field(1, 8) + field(7, field(5, tensor)) + field(8, field(2, 20))
        assert kinds(header(data, "onnx")) == ["wrong-span"]


def test_graphs_in_graphs_end_somewhere() -> None:
    """At a named limit."""
    graph = field(2, b"deep")
    for _ in range(MAX_MESSAGE_DEPTH):
        graph = field(1, field(4, b"If") + field(5, field(6, graph)))
    assert kinds(header(field(1, 8) + field(7, graph), "onnx")) == ["limit"]


def test_onnx_weights_are_not_read() -> None:
    """A tensor with raw data of gigabytes; the file on disk is what is in front of it."""
    size = 3 << 30
    raw = b"\x4a" + bytes(
        [size & 127 | 128, size >> 7 & 127 | 128, size >> 14 & 127 | 128, size >> 21 & 127 | 128, size >> 28]
    )
    data = field(1, 8) + raw  # stands for a field that nobody asks for
    source = Forward(data)
    found = read("onnx", source, len(data) + size)
    assert not found.flaws
    assert source.read < 1 << 19


def test_operators_of_a_saved_model() -> None:
    """Those of functions; what only saves is told apart, and a constant path is known through an Identity."""
    good, bad = header(vector("good.pb")), header(vector("bad.pb"))
    assert good.producer.startswith("tensorflow 2.")
    assert {name.name for name in good.names if name.kind == "saver-operator"} >= {
        "SaveV2",
        "RestoreV2",
        "MergeV2Checkpoints",
    }
    assert not {name.name for name in good.names if name.kind == "operator"} & {"SaveV2", "RestoreV2", "ReadFile"}
    assert not any(name.detail for name in good.names)
    found = {(name.name, name.detail) for name in bad.names if name.kind == "operator"}
    assert found >= {("ReadFile", "/etc/passwd"), ("WriteFile", "/tmp/x"), ("SaveV2", "/root/y")}
    assert not good.flaws
    assert not bad.flaws


def test_operators_of_a_graph_alone() -> None:
    """A frozen graph has no saver."""
    assert [(n.kind, n.name, n.detail) for n in header(vector("graph.pb")).names] == [
        ("operator", "ReadFile", "/etc/passwd")
    ]


def test_what_keras_says_in_a_saved_model() -> None:
    """In a file of its own, and in the graph of objects of older ones."""
    layer = b'{"class_name": "Lambda", "config": {"function_type": "lambda"}}'
    data = field(1, field(2, 1) + field(3, b"root.lam") + field(4, b"_tf_keras_layer") + field(5, layer))
    assert ("lambda", "Lambda") in names(header(data))
    thing = field(1, field(4, field(1, b"_tf_keras_layer") + field(3, layer)))
    data = field(1, 1) + field(2, field(1, field(4, b"serve")) + field(7, thing))
    assert ("lambda", "Lambda") in names(header(data))


@pytest.mark.parametrize("format", ["onnx", "tensorflow", "tensorflow-graph", "coreml", "keras-metadata"])
def test_a_message_that_ends_early_or_is_none_is_named(format: str) -> None:
    """Lengths behind the end, wire types that there are not, numbers without end."""
    for data in (b"\x0a\xff\xff\xff\xff\x0f", b"\x0b", b"\x0a", b"\xff" * 12, b"\x00\x01"):
        assert header(data, format).flaws


def test_custom_layers_of_core_ml() -> None:
    """They need code of the app; the description says who made it."""
    about = field(1, FEATURE) + field(100, field(3, b"Acme") + field(4, b"MIT"))
    network = field(1, field(1, b"swish") + field(500, field(10, b"MySwish")))
    pipeline = field(202, field(1, field(1, 4) + field(500, network)))
    for model in (field(500, network), pipeline):
        found = header(field(1, 4) + field(2, about) + model)
        assert (found.format, found.author, found.licence) == ("coreml", "Acme", "MIT")
        assert names(found) == {("custom-operator", "MySwish")}
