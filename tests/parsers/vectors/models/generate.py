"""Write the model files in this folder, with the libraries that define their formats, and SHA256SUMS.

python -m venv v && v/bin/pip install h5py==3.16.0 onnx==1.23.2 gguf==0.19.0 tensorflow-cpu==2.21.0 xgboost==3.2.0 lightgbm skops
v/bin/python generate.py

The tests need none of these. Names of functions and times stand in some files, so a new run gives other digests.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
import zipfile
from pathlib import Path

os.environ |= {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": ""}
HERE = Path(__file__).parent
LAMBDA = {
    "class_name": "Lambda",
    "config": {"name": "lam", "function": ["4wEA", None, None], "function_type": "lambda"},
}
CONFIG = {
    "class_name": "Sequential",
    "config": {
        "name": "seq",
        "layers": [
            LAMBDA,
            {"class_name": "Dense", "module": "keras.layers", "registered_name": None, "config": {"name": "out"}},
            {"class_name": "function", "module": "os", "registered_name": "function", "config": "system"},
        ],
    },
}


def hdf5() -> None:
    import h5py
    import numpy as np

    for name, version in (("old.h5", "earliest"), ("new.h5", "latest")):
        with h5py.File(HERE / name, "w", libver=version) as file:
            file.attrs["keras_version"] = "3.5.0"
            file.attrs["model_config"] = json.dumps(CONFIG)
            file.create_dataset("layers/out/kernel", data=np.zeros((3, 4), "f4"))
            file["ext"] = h5py.ExternalLink("/etc/passwd", "/x")
            file["soft"] = h5py.SoftLink("/layers")
            file.create_dataset("stored", shape=(8,), dtype="u1", external=[("../shadow", 0, 8)])
    with h5py.File(HERE / "many.h5", "w", libver="latest") as file:
        file.attrs["model_config"] = np.bytes_(json.dumps(CONFIG).ljust(5000))
        for number in range(12):
            file.attrs[f"a{number}"] = number
        for number in range(60):
            file[f"e{number}"] = h5py.ExternalLink(f"../f{number}.h5", "/x")
        layout = h5py.VirtualLayout((4,), "f4")
        layout[:] = h5py.VirtualSource("other.h5", "v", shape=(4,))
        file.create_virtual_dataset("virtual", layout)


def onnx_model() -> None:
    import onnx
    from onnx import TensorProto, helper

    outside = TensorProto(name="w", data_type=TensorProto.FLOAT, dims=[2, 3], data_location=TensorProto.EXTERNAL)
    for key, value in (("location", "../../etc/passwd"), ("offset", "0"), ("length", "24")):
        outside.external_data.add(key=key, value=value)
    inside = TensorProto(name="n", data_type=TensorProto.FLOAT16, dims=[1], data_location=TensorProto.EXTERNAL)
    inside.external_data.add(key="location", value="https://example.com/n.bin")
    branch = helper.make_graph(
        [helper.make_node("Evil", [], ["z"], "deep", domain="my.ops")],
        "branch",
        [],
        [helper.make_tensor_value_info("z", TensorProto.FLOAT, [1])],
        [inside],
    )
    nodes = [
        helper.make_node("If", ["c"], ["y"], "if", then_branch=branch, else_branch=branch),
        helper.make_node("Own", ["y"], ["o"], "own", domain="local"),
    ]
    graph = helper.make_graph(nodes, "main", [helper.make_tensor_value_info("c", TensorProto.BOOL, [])], [
        helper.make_tensor_value_info("o", TensorProto.FLOAT, [1])],
        [outside, helper.make_tensor("b", TensorProto.INT64, [2], [1, 2]), helper.make_tensor("r", TensorProto.FLOAT, [2], b"\0" * 8, raw=True)])  # fmt: skip
    own = helper.make_function(
        "local", "Own", ["a"], ["b"], [helper.make_node("Relu", ["a"], ["b"])], [helper.make_opsetid("", 20)]
    )
    model = helper.make_model(graph, producer_name="pytorch", producer_version="2.6.0", functions=[own], opset_imports=[
        helper.make_opsetid("", 20), helper.make_opsetid("my.ops", 1), helper.make_opsetid("local", 1)])  # fmt: skip
    helper.set_model_props(model, {"license": "mit"})
    (HERE / "model.onnx").write_bytes(model.SerializeToString())
    assert onnx.load_model_from_string((HERE / "model.onnx").read_bytes()).producer_name == "pytorch"


def gguf_model() -> None:
    import gguf
    import numpy as np

    for name, order in (("little.gguf", gguf.GGUFEndian.LITTLE), ("big.gguf", gguf.GGUFEndian.BIG)):
        writer = gguf.GGUFWriter(HERE / name, "llama", endianess=order)
        writer.add_name("Tiny")
        writer.add_author("Acme")
        writer.add_license("apache-2.0")
        writer.add_context_length(4096)
        writer.add_file_type(15)
        writer.add_base_model_count(1)
        writer.add_base_model_name(0, "Base")
        writer.add_base_model_organization(0, "Acme")
        writer.add_token_list(["a", "b", "c"] * 50)
        writer.add_array("scores", [0.5, 1.5])
        writer.add_chat_template("{{ cycler.__init__.__globals__ }}")
        writer.add_tensor("token_embd.weight", np.zeros((4, 32), np.float32))
        writer.add_tensor("output.weight", np.zeros((2, 18), np.uint8), raw_dtype=gguf.GGMLQuantizationType.Q4_0)
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()
        writer.close()


def tensorflow_models() -> None:
    import tensorflow as tf

    class Good(tf.Module):
        def __init__(self) -> None:
            self.v = tf.Variable([1.0, 2.0])

        @tf.function(input_signature=[tf.TensorSpec([2], tf.float32)])
        def __call__(self, x):
            return x * self.v

    class Bad(Good):
        @tf.function(input_signature=[tf.TensorSpec([2], tf.float32)])
        def __call__(self, x):
            tf.io.write_file("/tmp/x", tf.io.read_file("/etc/passwd"))
            tf.raw_ops.SaveV2(
                prefix=tf.identity(tf.constant("/root/y")), tensor_names=["a"], shape_and_slices=[""], tensors=[x]
            )
            return x * self.v

    with tempfile.TemporaryDirectory() as folder:
        for name, model in (("good.pb", Good()), ("bad.pb", Bad())):
            tf.saved_model.save(model, folder)
            (HERE / name).write_bytes(Path(folder, "saved_model.pb").read_bytes())
    with tf.Graph().as_default() as graph:
        tf.io.read_file(tf.constant("/etc/passwd"))
        (HERE / "graph.pb").write_bytes(graph.as_graph_def().SerializeToString())
    given = tf.keras.Input((4,))
    model = tf.keras.Model(given, tf.keras.layers.Dense(2)(given))
    (HERE / "model.tflite").write_bytes(tf.lite.TFLiteConverter.from_keras_model(model).convert())


def trees() -> None:
    import lightgbm
    import numpy as np
    import skops.io
    import xgboost
    from sklearn.linear_model import LogisticRegression

    x = np.arange(60.0).reshape(20, 3)
    y = (x[:, 0] > 30).astype(int)
    booster = xgboost.train({"objective": "binary:logistic", "max_depth": 1}, xgboost.DMatrix(x, y), 1)
    booster.save_model(HERE / "xgboost.json")
    booster.save_model(HERE / "xgboost.ubj")
    lightgbm.train({"objective": "binary", "verbose": -1}, lightgbm.Dataset(x, y), 1).save_model(HERE / "lightgbm.txt")
    with tempfile.TemporaryDirectory() as folder:
        skops.io.dump(LogisticRegression().fit(x, y), Path(folder, "m.skops"))
        (HERE / "skops.json").write_bytes(zipfile.ZipFile(Path(folder, "m.skops")).read("schema.json"))


if __name__ == "__main__":
    for make in (hdf5, onnx_model, gguf_model, tensorflow_models, trees):
        make()
    files = sorted(path for path in HERE.iterdir() if path.suffix != ".py" and path.name != "SHA256SUMS")
    lines = [f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n" for path in files]
    (HERE / "SHA256SUMS").write_text("".join(lines))
