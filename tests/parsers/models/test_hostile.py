"""Whatever bytes a reader gets, it ends soon, reads forward, and says in short printable words what is wrong."""

from __future__ import annotations

import time
from collections import Counter
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scanner.parsers.models import cards, configs, header, hub, keras, packages, recognize
from scanner.parsers.models.limits import MAX_FLAWS, MAX_NAMED, MAX_WORDS
from scanner.parsers.models.readers import RANDOM_ACCESS, READERS, read
from scanner.parsers.tar import Source
from tests.parsers.models.sources import Forward, vector
from tests.parsers.models.test_recognize import SAMPLES

FILES = {
    "safetensors": (), "gguf": ("little.gguf", "big.gguf"), "onnx": ("model.onnx",), "hdf5": ("old.h5", "new.h5", "many.h5"),
    "tensorflow": ("good.pb", "bad.pb"), "tensorflow-graph": ("graph.pb",), "tflite": ("model.tflite",),
    "xgboost": ("xgboost.json", "xgboost.ubj"), "lightgbm": ("lightgbm.txt",),
}  # fmt: skip
DOCUMENTS = [
    (keras.read, '{"class_name":"Lambda","config":{"name":"a","function_type":"lambda"},"module":"os"}'),
    (keras.read_metadata, '{"keras_version":"3.8.0"}'),
    (packages.read_nemo, 'target: a.b\nx:\n  _target_: "os.system"\n- {_target_: a}\n'),
    (packages.read_torchserve, '{"model":{"modelName":"m","handler":"h.py"}}'),
    (packages.read_mlflow, "flavors:\n  python_function:\n    loader_module: a\nmlflow_version: 2\n"),
    (packages.read_skops, '{"__class__":"a","__module__":"b","content":[{"__class__":"c"}]}'),
    (packages.read_code, "def f(self):\n  return ops.aten.load(torch.f())\n"),
    (cards.read, '---\nlicense: [mit, "x"]\nbase_model:\n- a/b\n- c: d\n---\n'),
    (configs.read_config, '{"model_type":"a","architectures":["B"],"auto_map":{"a":["b"]},"quantization_config":{"bits":4}}'),
    (configs.read_tokenizer, '{"chat_template":[{"name":"a","template":"b"}],"model_max_length":9}'),
    (configs.read_adapter, '{"base_model_name_or_path":"a/b","auto_mapping":{"a":"b"}}'),
    (configs.read_pipeline, '{"_class_name":["a","b"],"vae":["c","d"]}'),
    (configs.read_index, '{"weight_map":{"a":"b.safetensors"}}'),
    (configs.read_generation, '{"transformers_version":"4"}'),
    (configs.read_template, "{{ a }}"),
]  # fmt: skip
SECONDS = 10.0
"""A quadratic reader takes minutes for what a slow machine does in seconds."""


def seeds(format: str) -> list[bytes]:
    return [vector(name) for name in FILES.get(format, ())] + list(SAMPLES.get(format, ()))


@st.composite
def damaged(draw: st.DrawFn, format: str) -> bytes:
    """A file with some bytes changed, cut out or put in, most of them where lengths and counts stand; or any bytes."""
    data = bytearray(draw(st.sampled_from(seeds(format))))
    for _ in range(draw(st.integers(0, 6))):
        at = draw(st.integers(0, max(0, len(data) - 1)) | st.integers(0, min(200, max(0, len(data) - 1))))
        value = draw(
            st.binary(min_size=1, max_size=8)
            | st.sampled_from([b"\xff" * 8, b"\xff" * 4, bytes(8), b"\x7f", b"\x80" * 3])
        )
        cut = draw(st.sampled_from([len(value)] * 4 + [0, 4, 300]))
        data[at : at + cut] = value
    return bytes(data[: draw(st.integers(0, len(data)) | st.just(len(data)))])


def held(found: header.Header) -> None:
    """What is true of every header."""
    assert len(found.flaws) <= MAX_FLAWS + len(get_args(header.FlawKind))
    assert max(Counter(name.kind for name in found.names).values(), default=0) <= MAX_NAMED
    assert max(Counter(place.kind for place in found.externals).values(), default=0) <= MAX_NAMED
    words = [
        found.name,
        found.architecture,
        found.producer,
        found.licence,
        found.task,
        found.version,
        found.quantization,
    ]
    words += [*found.dtypes, *found.base_models, *found.datasets, *found.files]
    words += [word for name in found.names for word in (name.name, name.where, name.detail)]
    words += [word for place in found.externals for word in (place.path, place.where)]
    for flaw in found.flaws:
        assert flaw.kind in get_args(header.FlawKind)
        assert flaw.offset >= 0
        words.append(flaw.detail)
    assert all(word.isprintable() and len(word) <= MAX_WORDS + 1 for word in words)
    assert all(name.kind in get_args(header.NameKind) for name in found.names)


def attempt(reader, source: Source, size: int) -> None:
    start = time.process_time()
    try:
        found = reader(source, size)
    except ValueError:
        found = None
    assert time.process_time() - start < SECONDS
    if isinstance(found, header.Header):
        held(found)


@pytest.mark.parametrize("format", sorted(READERS))
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_damaged_files_are_read_to_a_header(format: str, data: st.DataObject) -> None:
    """Or refused with a ValueError; the size may be another than that of the bytes."""
    file = data.draw(damaged(format) | st.binary(max_size=300))
    size = data.draw(st.sampled_from([len(file)] * 3 + [len(file) + 1, len(file) + (1 << 40), len(file) // 2]))
    attempt(lambda source, size: read(format, source, size), Forward(file, format in RANDOM_ACCESS), size)


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(DOCUMENTS), st.data())
def test_damaged_documents_are_read_to_a_header(document, data: st.DataObject) -> None:
    """Text with parts of it taken out, doubled, or replaced."""
    reader, text = document
    for _ in range(data.draw(st.integers(0, 4))):
        at, to = sorted((data.draw(st.integers(0, len(text))), data.draw(st.integers(0, len(text)))))
        text = (
            text[:at]
            + data.draw(
                st.sampled_from(["", text[at:to] * 2, "[", "{", '"', "null", "1e999", "\x1b", "\ud7ff", "\n- "])
            )
            + text[to:]
        )
    file = text.encode() if data.draw(st.booleans()) else data.draw(st.binary(max_size=100))
    attempt(reader, Forward(file), len(file))


@given(
    st.text(max_size=80)
    | st.from_regex(r"(models|datasets)--[a-z-]{1,9}/(blobs|refs|snapshots)/[a-f0-9/]{1,50}", fullmatch=True)
)
def test_any_path_has_a_place_or_none(path: str) -> None:
    """Nothing raises."""
    place = hub.cached(path)
    assert place is None or place.repository
    assert isinstance(recognize.format_of_name(path), frozenset)
    assert hub.ollama_name(path).isprintable()


@pytest.mark.parametrize("format", sorted(READERS))
def test_a_lot_of_the_same_ends_soon(format: str) -> None:
    """A lot of each of some bytes, behind a good beginning."""
    for filler in (
        b"\0",
        b"\xff",
        b"\x0a\x00",
        b"\x08\x01",
        b"\x0a\x80",
        b"{",
        b"[",
        b"<",
        b'{"a":',
        b"- ",
        b"\n",
        b"<!ENTITY ",
        b"( ",
    ):
        data = (seeds(format)[0][:64] + filler * (200_000 // len(filler)))[:200_000]
        attempt(lambda source, size: read(format, source, size), Forward(data, format in RANDOM_ACCESS), len(data))


def test_documents_without_end_end_soon() -> None:
    """The same for text."""
    for reader, text in DOCUMENTS:
        for filler in (
            "[",
            '{"a":',
            "_target_:",
            "a.b(",
            "- ",
            "a: ",
            "'",
            '"',
            " ",
            "\\",
            ",",
            "[[],",
            "a:\n  b:\n",
            "a ",
            "_",
            '"a":{},',
        ):
            data = (text[:20] + filler * (200_000 // len(filler))).encode()
            attempt(reader, Forward(data), len(data))
