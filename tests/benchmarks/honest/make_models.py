"""Make honest model files with the libraries that people make them with: ``python make_models.py FOLDER``.

Runs in an environment of its own (``requirements.txt`` beside this file), never in that of the scanner. Every file is
small; none does more than its library makes it do. What cannot be made is named and left out.
"""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable
from pathlib import Path

MAKERS: list[tuple[str, Callable[[Path], object]]] = []


def model(name: str) -> Callable[[Callable[[Path], object]], Callable[[Path], object]]:
    """A function that makes the file or folder of that name."""

    def register(maker: Callable[[Path], object]) -> Callable[[Path], object]:
        MAKERS.append((name, maker))
        return maker

    return register


def _network():
    import torch

    return torch.nn.Sequential(
        torch.nn.Linear(8, 16), torch.nn.ReLU(), torch.nn.BatchNorm1d(16), torch.nn.Dropout(0.1), torch.nn.Linear(16, 2)
    )


def _table():
    import numpy as np

    choose = np.random.default_rng(7)
    rows = choose.normal(size=(120, 6))
    return rows, (rows[:, 0] + rows[:, 1] > 0).astype(int)


@model("state.pt")
def _(path):
    import torch

    torch.save(_network().state_dict(), path)


@model("state-legacy.pth")
def _(path):
    import torch

    torch.save(_network().state_dict(), path, _use_new_zipfile_serialization=False)


@model("whole-module.pt")
def _(path):
    import torch

    torch.save(_network(), path)


@model("checkpoint.ckpt")
def _(path):
    import torch

    network = _network()
    optimizer = torch.optim.AdamW(network.parameters())
    network(torch.randn(4, 8)).sum().backward()
    optimizer.step()
    torch.save(
        {"epoch": 3, "state_dict": network.state_dict(), "optimizer": optimizer.state_dict(), "loss": 0.25}, path
    )


@model("half-precision.bin")
def _(path):
    import torch

    torch.save({f"layer.{n}": torch.randn(16, 16).to(torch.bfloat16) for n in range(8)}, path)


@model("sparse.pt")
def _(path):
    import torch

    torch.save({"sparse": torch.eye(8).to_sparse(), "parameter": torch.nn.Parameter(torch.ones(3))}, path)


@model("quantized.pt")
def _(path):
    import torch

    torch.save(torch.quantize_per_tensor(torch.randn(4, 4), 0.1, 10, torch.quint8), path)


@model("scripted.pt")
def _(path):
    import torch

    torch.jit.script(_network().eval()).save(str(path))


@model("exported.pt2")
def _(path):
    import torch

    torch.export.save(torch.export.export(_network().eval(), (torch.randn(4, 8),)), str(path))


@model("distributed")
def _(path):
    import torch.distributed.checkpoint as distributed

    distributed.save({"model": _network().state_dict()}, checkpoint_id=str(path), no_dist=True)


@model("weights.safetensors")
def _(path):
    from safetensors.torch import save_file

    save_file(dict(_network().state_dict()), str(path), metadata={"format": "pt"})


@model("arrays.safetensors")
def _(path):
    import numpy as np
    from safetensors.numpy import save_file

    save_file({"a": np.zeros((4, 4), np.float16), "b": np.arange(10)}, str(path))


@model("tiny-bert")
def _(path):
    from transformers import BertConfig, BertModel

    settings = BertConfig(
        vocab_size=64, hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16
    )
    BertModel(settings).save_pretrained(path)
    (path / "README.md").write_text("---\nlicense: apache-2.0\npipeline_tag: fill-mask\n---\n# Tiny\n")


@model("tiny.gguf")
def _(path):
    import gguf
    import numpy as np

    writer = gguf.GGUFWriter(str(path), "llama")
    writer.add_name("tiny")
    writer.add_license("apache-2.0")
    writer.add_context_length(2048)
    writer.add_block_count(1)
    writer.add_chat_template(
        "{% for message in messages %}<|{{ message['role'] }}|>{{ message['content'] | trim }}{% endfor %}"
    )
    writer.add_tensor("token_embd.weight", np.zeros((32, 8), np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def _joblib(name: str, estimator: Callable[[], object], **options: object) -> None:
    def make(path):
        import joblib

        rows, labels = _table()
        joblib.dump(estimator().fit(rows, labels), path, **options)

    model(name)(make)


def _pipeline():
    from sklearn.compose import ColumnTransformer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import Pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    columns = ColumnTransformer(
        [("scaled", StandardScaler(), [0, 1, 2]), ("kinds", OneHotEncoder(handle_unknown="ignore"), [3])]
    )
    return Pipeline([("columns", columns), ("model", LogisticRegression())])


def _forest():
    from sklearn.ensemble import RandomForestClassifier

    return RandomForestClassifier(20)


def _boosting():
    from sklearn.ensemble import GradientBoostingClassifier

    return GradientBoostingClassifier(n_estimators=10)


def _histogram():
    from sklearn.ensemble import HistGradientBoostingClassifier

    return HistGradientBoostingClassifier(max_iter=5)


def _vectors():
    from sklearn.svm import SVC

    return SVC(probability=True)


def _perceptron():
    from sklearn.neural_network import MLPClassifier

    return MLPClassifier((8,), max_iter=20)


def _neighbours():
    from sklearn.neighbors import KNeighborsClassifier

    return KNeighborsClassifier()


_joblib("pipeline.joblib", _pipeline)
_joblib("forest.joblib", _forest, compress=3)
_joblib("boosting.pkl.gz", _boosting, compress=("gzip", 3))
_joblib("histogram.joblib.xz", _histogram, compress=("xz", 3))
_joblib("vectors.joblib.bz2", _vectors, compress=("bz2", 3))
_joblib("perceptron.sav", _perceptron, compress=("lzma", 3))
_joblib("neighbours.joblib", _neighbours)


@model("forest.pkl")
def _(path):
    import pickle

    path.write_bytes(pickle.dumps(_forest().fit(*_table())))


@model("pipeline.cloudpickle")
def _(path):
    import cloudpickle

    path.write_bytes(cloudpickle.dumps(_pipeline().fit(*_table())))


@model("grid-search.dill")
def _(path):
    import dill
    from sklearn.linear_model import Ridge
    from sklearn.model_selection import GridSearchCV

    path.write_bytes(dill.dumps(GridSearchCV(Ridge(), {"alpha": [0.1, 1.0]}).fit(*_table())))


@model("vectorizer.pkl")
def _(path):
    import pickle

    from sklearn.feature_extraction.text import TfidfVectorizer

    path.write_bytes(pickle.dumps(TfidfVectorizer().fit(["one text", "another text"]), protocol=2))


@model("frame.pkl")
def _(path):
    import pandas

    pandas.DataFrame({"a": [1, 2], "b": ["x", "y"], "c": pandas.to_datetime(["2024-01-01", "2024-02-01"])}).to_pickle(
        path
    )


@model("forest.skops")
def _(path):
    import skops.io

    skops.io.dump(_forest().fit(*_table()), path)


@model("array.npy")
def _(path):
    import numpy as np

    np.save(path, np.arange(100, dtype=np.float32).reshape(10, 10))


@model("arrays.npz")
def _(path):
    import numpy as np

    np.savez_compressed(path, a=np.arange(10), b=np.zeros((3, 3)))


@model("words.npy")
def _(path):
    import numpy as np

    np.save(path, np.array(["a", {"b": 1}, None], dtype=object), allow_pickle=True)


@model("boosted.json")
def _(path):
    import xgboost

    xgboost.XGBClassifier(n_estimators=3).fit(*_table()).save_model(path)


@model("boosted.ubj")
def _(path):
    import xgboost

    xgboost.XGBClassifier(n_estimators=3).fit(*_table()).save_model(path)


@model("boosted.pkl")
def _(path):
    import pickle

    import xgboost

    path.write_bytes(pickle.dumps(xgboost.XGBClassifier(n_estimators=3).fit(*_table())))


@model("trees.txt")
def _(path):
    import lightgbm

    lightgbm.LGBMClassifier(n_estimators=3, verbose=-1).fit(*_table()).booster_.save_model(str(path))


@model("trees.pkl")
def _(path):
    import pickle

    import lightgbm

    path.write_bytes(pickle.dumps(lightgbm.LGBMClassifier(n_estimators=3, verbose=-1).fit(*_table())))


@model("cat.cbm")
def _(path):
    import catboost

    catboost.CatBoostClassifier(iterations=3, verbose=False, allow_writing_files=False).fit(*_table()).save_model(
        str(path)
    )


@model("linear.onnx")
def _(path):
    from skl2onnx import to_onnx
    from sklearn.linear_model import LogisticRegression

    rows, labels = _table()
    path.write_bytes(to_onnx(LogisticRegression().fit(rows, labels), rows[:1]).SerializeToString())


@model("external")
def _(path):
    import numpy as np
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    path.mkdir()
    weight = numpy_helper.from_array(np.zeros((64, 64), np.float32), "weight")
    graph = helper.make_graph(
        [helper.make_node("MatMul", ["x", "weight"], ["y"])],
        "graph",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 64])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 64])],
        [weight],
    )
    onnx.save_model(
        helper.make_model(graph),
        str(path / "model.onnx"),
        save_as_external_data=True,
        location="model.onnx.data",
        size_threshold=0,
    )


def _layers():
    import keras

    made = keras.Sequential(
        [keras.Input((8,)), keras.layers.Dense(4, activation="relu"), keras.layers.Dropout(0.1), keras.layers.Dense(1)]
    )
    made.compile("adam", "mse")
    return made


@model("layers.keras")
def _(path):
    _layers().save(path)


@model("layers.h5")
def _(path):
    _layers().save(path)


@model("layers.weights.h5")
def _(path):
    _layers().save_weights(path)


@model("saved-model")
def _(path):
    _layers().export(str(path))


@model("function")
def _(path):
    import tensorflow as tf

    class Doubler(tf.Module):
        @tf.function(input_signature=[tf.TensorSpec([None], tf.float32)])
        def __call__(self, x):
            return x * 2.0

    tf.saved_model.save(Doubler(), str(path))


@model("layers.tflite")
def _(path):
    import tensorflow as tf

    path.write_bytes(tf.lite.TFLiteConverter.from_keras_model(_layers()).convert())


def main(folder: Path) -> int:
    """Make them all; those that are there already stay."""
    folder.mkdir(parents=True, exist_ok=True)
    failed = 0
    for name, maker in MAKERS:
        path = folder / name
        if path.exists():
            continue
        try:
            maker(path)
        except Exception:
            failed += 1
            print(f"{name} could not be made:", traceback.format_exc(limit=-2), file=sys.stderr)
    print(f"{len(MAKERS) - failed} of {len(MAKERS)} models in {folder}")
    return failed


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
