"""Arrays, flatbuffers, trees, XML, and the documents in archives."""

from __future__ import annotations

import io
import json
import struct

import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.parsers.models import keras, packages
from scanner.parsers.tar import Buffer
from tests.parsers.models.sources import header, kinds, vector


def of(read, text: str | bytes | object):
    data = text if isinstance(text, bytes) else text.encode() if isinstance(text, str) else json.dumps(text).encode()
    return read(Buffer(data), len(data))


def names(found) -> list[tuple[str, str]]:
    return [(name.kind, name.name) for name in found.names]


def saved(array: numpy.ndarray, **options: object) -> bytes:
    made = io.BytesIO()
    numpy.save(made, array, **options)
    return made.getvalue()


@given(
    st.sampled_from(["f4", "i8", "u1", "?", "c16", "<U5", "S3", ">f2"]),
    st.lists(st.integers(0, 4), max_size=4),
    st.integers(-1, 1),
)
def test_an_array_of_numpy_is_read_to_its_end(dtype: str, shape: list[int], more: int) -> None:
    """Numbers, bytes and where it ends, for every type and shape; a byte more or less is told."""
    array = numpy.zeros(shape, dtype)
    data = saved(array)
    more = more if array.size else max(0, more)
    found = header(data + b"x" if more > 0 else data[: len(data) + more], "npy")
    assert (found.parameters, found.end) == (array.size, len(data))
    assert kinds(found) == {0: [], 1: ["trailing-data"], -1: ["truncated"]}[more]


def test_objects_in_an_array_are_a_pickle() -> None:
    """Also one in a field of a record, but not a field that is only called so."""
    data = saved(numpy.array([{}], dtype=object), allow_pickle=True)
    assert header(data).pickle_at == data.index(b"\x80")
    data = saved(numpy.zeros(1, dtype=[("a", "f4"), ("b", [("c", "O")])]), allow_pickle=True)
    assert header(data).pickle_at == data.index(b"\x80")
    assert header(saved(numpy.zeros(1, dtype=[("O", "f4")]))).pickle_at is None
    assert not header(b"\x93NUMPY\1\0\x30\0" + b"{'descr': '<f4', 'shape': (2L,)}".ljust(48) + bytes(8)).flaws


@pytest.mark.parametrize(
    ("said", "kind"),
    [("__import__('os')", "malformed"), ("(" * 5000, "malformed"), ("{'descr': 'f4', 'shape': 1}", "wrong-type"), ("[]", "wrong-type"),
     ("{'descr':'<f4','shape':(" + "9" * 6000 + ",)}", "malformed"),
     ("{'descr': 'f4', 'shape': (1if 1 else 2,)}", "malformed"), ("{'descr': 'f4', 'shape': (-1,)}", "malformed"), ("-" * 60_000 + "1", "malformed"), ("{}", "wrong-type")],
)  # fmt: skip
def test_the_header_of_an_array_is_a_literal(said: str, kind: str) -> None:
    """Nothing in it is run, whatever it says."""
    assert kinds(header(b"\x93NUMPY\1\0" + struct.pack("<H", len(said)) + said.encode())) == [kind]


def test_a_model_of_tensorflow_lite() -> None:
    """Version and description; the library's own operators are not named."""
    found = header(vector("model.tflite"))
    assert (found.version, found.name, found.names, found.flaws) == ("3", "MLIR Converted.", (), ())


def test_custom_operators_of_tensorflow_lite() -> None:
    """Flex operators run TensorFlow's."""
    name = b"FlexReadFile"
    table = struct.pack("<HHHHHH", 12, 16, 4, 8, 0, 0)  # vtable: code at 4, custom code at 8
    root = struct.pack("<HHHH", 8, 8, 0, 4)  # vtable of the model: operators at 4
    data = struct.pack("<I4s", 16, b"TFL3") + root
    data += struct.pack("<iI", 8, 4) + struct.pack("<I", 1) + struct.pack("<I", 4 + len(table))
    data += table + struct.pack("<iiII", 12, 32, 8, 0) + struct.pack("<I", len(name)) + name
    assert names(header(data, "tflite")) == [("custom-operator", "FlexReadFile")]


@pytest.mark.parametrize("name", ["xgboost.json", "xgboost.ubj"])
def test_trees_of_xgboost(name: str) -> None:
    """Booster and objective, in both forms."""
    found = header(vector(name))
    assert (found.architecture, found.task, found.version) == (
        "gbtree",
        "binary:logistic",
        name[8:].replace("ubj", "ubjson"),
    )
    assert not found.flaws


def test_trees_of_lightgbm_and_catboost() -> None:
    """What stands in front of the trees."""
    found = header(vector("lightgbm.txt"))
    assert (found.task, found.version) == ("binary sigmoid:1", "v4")
    assert not header(b"CBM1\4\0\0\0abcd").flaws
    assert kinds(header(b"CBM1\xff\xff\0\0abcd")) == ["truncated"]


def test_entities_in_pmml_are_named() -> None:
    """They are not expanded; the words of the header are those of its attributes."""
    text = """<?xml version="1.0"?><!DOCTYPE PMML [<!ENTITY a SYSTEM "file:///etc/passwd">]>
<PMML version="4.4"><!-- <!ENTITY b "c"> --><Header><Application name="JPMML" version="1.6"/></Header>
<TreeModel modelName="iris" functionName="classification">"""
    found = header(text.encode())
    assert (found.architecture, found.name, found.producer, found.version) == ("TreeModel", "iris", "JPMML 1.6", "4.4")
    assert [(f.kind, f.detail) for f in found.flaws] == [
        ("entity", "a document type: PMML"), ("entity", 'an entity: a SYSTEM "file:///etc/passwd"'),
    ]  # fmt: skip


def test_layers_of_openvino() -> None:
    """Sets of operators that are not its own need an extension."""
    found = header(b'<?xml version="1.0"?><net name="m" version="11"><layers><layer id="0" name="a" type="Relu" version="opset1"/>'
                   b'<layer id="1" name="b" type="Mine" version="acme"/>')  # fmt: skip
    assert (found.name, names(found)) == ("m", [("custom-operator", "acme::Mine")])


def test_a_configuration_of_keras_three() -> None:
    """Modules at any depth, functions by their name, code, registered names."""
    said = {
        "module": "keras", "class_name": "Sequential", "registered_name": "Sequential", "config": {"layers": [
            {"module": "keras.layers", "class_name": "Lambda", "config": {"name": "l", "function": {"class_name": "__lambda__", "config": {"value": "4wEA"}}}},
            {"module": "builtins", "class_name": "function", "config": "eval", "registered_name": "function"},
            {"module": "acme.layers", "class_name": "Swish", "registered_name": "acme>Swish", "config": {}},
            {"class_name": "__typespec__", "spec_name": "x", "module": "tensorflow"},
        ]},
    }  # fmt: skip
    found = of(keras.read, said)
    assert found.architecture == "Sequential"
    assert set(names(found)) >= {
        ("lambda", "Lambda"), ("lambda", "__lambda__"), ("class", "builtins.eval"), ("foreign-class", "acme.layers.Swish"),
        ("class", "tensorflow.__typespec__"),
    }  # fmt: skip
    assert next(n.detail for n in found.names if n.name == "acme.layers.Swish") == "acme>Swish"
    assert of(keras.read_metadata, {"keras_version": "3.8.0"}).producer == "keras 3.8.0"
    with pytest.raises(ValueError, match="names no class"):
        of(keras.read, {"a": 1})


def test_types_of_skops() -> None:
    """Numbers, plain values and scikit-learn are its own; the file of the library has nothing else."""
    assert {kind for kind, _ in names(of(packages.read_skops, vector("skops.json")))} == {"class"}
    found = of(packages.read_skops, {"__class__": "f", "__module__": "builtins", "__loader__": "TypeNode", "content": {
        "__class__": "system", "__module__": "os"}})  # fmt: skip
    assert names(found) == [("foreign-class", "builtins.f"), ("foreign-class", "os.system")]


@pytest.mark.parametrize(
    "text",
    ["encoder:\n  _target_: os.system\n", 'a: {"_target_": "os.system"}', "a:\n  _target_:\n    os.system", "- _target_ : &x os.system # y",
     '"\\x5ftarget_": os.system', "'_target_': 'os.system'", "{_target_: os.system, b: 1}"],
)  # fmt: skip
def test_targets_of_nemo_however_they_are_written(text: str) -> None:
    """Hydra imports and calls each."""
    assert names(of(packages.read_nemo, text)) == [("target", "os.system")]


def test_manifests_of_servers() -> None:
    """What TorchServe runs, and what MLflow loads with."""
    found = of(
        packages.read_torchserve,
        {"model": {"modelName": "m", "modelVersion": "1", "handler": "h.py", "serializedFile": "w.pt"}},
    )
    assert (found.name, found.files, names(found)) == ("m", ("w.pt",), [("handler", "h.py")])
    found = of(packages.read_mlflow, "artifact_path: model\nflavors:\n  python_function:\n    loader_module: mlflow.sklearn\n"
               "    python_model: python_model.pkl\n  sklearn:\n    serialization_format: cloudpickle\nmlflow_version: 2.9.1\n")  # fmt: skip
    assert (found.name, found.architecture, found.producer) == ("model", "python_function, sklearn", "mlflow 2.9.1")
    assert names(found) == [("loader", "mlflow.sklearn"), ("handler", "python_model.pkl"), ("handler", "cloudpickle")]


def test_calls_of_torchscript() -> None:
    """Its own classes and methods left out."""
    found = of(packages.read_code, "class Net(Module):\n  def forward(self, x: Tensor):\n    y = ops.aten.from_file('/etc/passwd')\n"
               "    return torch.add(x, __torch__.other.f(y))  # os.system(1)\n")  # fmt: skip
    assert [(n.name, n.where) for n in found.names] == [("ops.aten.from_file", "line 3"), ("torch.add", "line 4")]
