"""Model files are known by their content, and nothing else is taken for one."""

from __future__ import annotations

import bz2
import gzip
import hashlib
import io
import lzma
import pickle
import py_compile
import sqlite3
import struct
import sys
import tarfile
import zipfile
import zlib
from contextlib import closing
from pathlib import Path

import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.parsers.models.recognize import (
    COMPRESSED,
    EXECUTABLES,
    FORMATS,
    HEAD,
    MODELS,
    format_of,
    format_of_name,
    inside,
    stand_in,
)
from tests.parsers.models.sources import VECTORS


def known(data: bytes) -> str | None:
    return format_of(data[:HEAD], len(data))


def field(number: int, value: bytes | int) -> bytes:
    def varint(n: int) -> bytes:
        return bytes([n]) if n < 128 else bytes([n & 127 | 128]) + varint(n >> 7)

    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    return varint(number << 3 | 2) + varint(len(value)) + value


def zipped() -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("archive/data.pkl", b"x")
    return made.getvalue()


def tarred(form: int) -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w", format=form) as archive:
        archive.addfile(tarfile.TarInfo("sys_info"))
    return made.getvalue()


def array() -> bytes:
    made = io.BytesIO()
    numpy.save(made, numpy.zeros(3))
    return made.getvalue()


NODE = field(1, b"x") + field(2, b"y") + field(4, b"Relu")
ONNX_GRAPH = field(7, field(1, NODE) + field(2, b"main"))
TF_NODE = field(1, b"w/read") + field(2, b"ReadFile")
META = field(1, field(4, b"serve") + field(5, b"2.16.1")) + field(2, field(1, TF_NODE))
FEATURE = field(1, b"image") + field(3, field(4, b"\x10\x0a"))

SAMPLES = {
    "pickle": [pickle.dumps({"a": 1}, protocol) for protocol in range(2, 6)] + [b"\x80\x02\x80\x02}."],
    "zip": [zipped()],
    "tar": [tarred(tarfile.USTAR_FORMAT), tarred(tarfile.GNU_FORMAT)],
    "gzip": [gzip.compress(b"x" * 99, mtime=0)],
    "zlib": [zlib.compress(b"x" * 99, level) for level in (1, 3, 6, 9)],
    "bz2": [bz2.compress(b"x" * 99)],
    "xz": [lzma.compress(b"x" * 99)],
    "lzma": [lzma.compress(b"x" * 99, lzma.FORMAT_ALONE)],
    "7z": [b"7z\xbc\xaf\x27\x1c\0\4"],
    "safetensors": [struct.pack("<Q", 2) + b"{}", struct.pack("<Q", 16) + b'{"a":{}}        '],
    "gguf": [b"GGUF" + struct.pack("<IQQ", v, 0, 0) for v in (1, 2, 3)] + [b"GGUF" + struct.pack(">IQQ", 3, 0, 0)],
    "ggml": [b"lmgg" + struct.pack("<I", 32000), b"tjgg" + struct.pack("<I", 3), b"algg\1\0\0\0"],
    "onnx": [
        field(1, 10) + field(2, b"pytorch") + field(3, b"2.6") + ONNX_GRAPH + field(8, field(2, 20)),
        field(1, 7) + ONNX_GRAPH + field(8, field(1, b"")),
        field(1, 7) + field(8, field(1, b"")) + ONNX_GRAPH,
        ONNX_GRAPH + field(1, 7) + field(8, field(1, b"")),
        field(8, field(1, b"my.ops")) + field(1, 7) + ONNX_GRAPH,
    ],
    "tensorflow": [field(1, 1) + field(2, META), field(2, META) + field(1, 1)],
    "tensorflow-graph": [field(1, TF_NODE) + field(1, TF_NODE)],
    "keras-metadata": [field(1, field(2, 3) + field(3, b"root") + field(4, b"_tf_keras_layer") + field(5, b"{}"))],
    "coreml": [field(1, 4) + field(2, field(1, FEATURE)) + field(500, b"\x0a\0")],
    "hdf5": [bytes(block) + b"\x89HDF\r\n\x1a\n" + bytes(99) for block in (0, 512, 1024, 2048)],
    "tflite": [struct.pack("<I4s", 28, b"TFL3") + bytes(99)],
    "npy": [array()],
    "xgboost": [b'{"learner":{"attributes":{}', b'{ "version":[2,0,3],"learner":{}}', b"{L" + bytes(7) + b"\x07learner{",
                b"binf" + bytes(40)],
    "lightgbm": [b"tree\nversion=v4\n"],
    "catboost": [b"CBM1" + bytes(20)],
    "pmml": [b'<?xml version="1.0"?>\n<!-- <html> --><PMML version="4.4">', b"\xef\xbb\xbf<PMML>",
             b'<!DOCTYPE x [<!ENTITY a "b">]>\n<p:PMML>'],
    "openvino": [b'<?xml version="1.0"?>\n<net name="m" version="11">\n<layers>'],
    "rdata": [b"RDX3\nX\n\0\0\0\3", b"X\n\0\0\0\3\0\4\3\1"],
    "torch7": [struct.pack("<iii3si", 4, 1, 3, b"V 1", 13) + b"nn.Sequential"],
    "rknn": [b"RKNN\0\0\0\0"],
    "mxnet": [struct.pack("<QQQ", 0x112, 0, 3)],
    "macho": [b"\xcf\xfa\xed\xfe" + bytes(99), b"\xca\xfe\xba\xbe\0\0\0\2" + bytes(99)],
    "pe": [b"MZ" + bytes(58) + struct.pack("<I", 64) + b"PE\0\0", b"MZqFpD='\n"],
    "tensorrt": [b"ftrt\0\0\0\0\xe8"],
}  # fmt: skip


@pytest.mark.parametrize("format", SAMPLES)
def test_a_format_is_known_by_its_first_block(format: str) -> None:
    """Also when the file is not much longer than its magic."""
    assert format in FORMATS
    assert [known(sample) for sample in SAMPLES[format]] == [format] * len(SAMPLES[format])


def test_ordinary_files_are_no_models(tmp_path: Path) -> None:
    """Programs and compressed files are what they are; everything else is nothing."""
    (tmp_path / "a.py").write_text("import os\n")
    code = Path(py_compile.compile(str(tmp_path / "a.py"), doraise=True) or "").read_bytes()
    with closing(sqlite3.connect(tmp_path / "a.db")) as database:
        database.execute("CREATE TABLE a (b)")
        database.commit()
    others = [
        code, (tmp_path / "a.db").read_bytes(), b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(40), b"%PDF-1.7\n%\xe2\xe3",
        b"\0\1\0\0\0\x12\1\0\0\4\0\x20GDEF", b"wOF2\0\1\0\0", b"GIF89a", b"\xff\xd8\xff\xe0\0\x10JFIF", b"\0asm\1\0\0\0",
        b"\xca\xfe\xba\xbe\0\0\0\x34\0\x1d", b"RIFF\0\0\0\0WAVE", b"OggS\0\2", b"ID3\4", b"\xde\x12\x04\x95\0\0\0\0",
        b"<html><body>PMML", b'{"version": [1, 2], "name": "x"}', b'{"learner_rate": 3}', b"GGUF is a format\n",
        b"x^2 + y^2\n", b"xml", b"\n\n# Title\n\nText\n", b"\n\x05hello", b"tree\nof life", b"trees", b"pickle", b"tjggles",
        b":root {\n color: red }", b"BM\x36\0\0\0", b"BZhang", b"2024-01-01 log line\n", b"r\xc3\xa9sum\xc3\xa9", b"MZ is a code",
        b"\x08\1\x12\4text", b"\x12\4abcd\x1a\3abc", b"RDX is", b"X\nY\n", b"PK", b"", field(1, field(1, b"a/b.proto") + field(2, b"acme")), b"\0", b"\0" * 4096,
        b"II*\0\x08\0\0\0", b"!<arch>\ndebian-binary", b"-----BEGIN CERTIFICATE-----", b"\x30\x82\4\xa1\x30\x82",
    ]  # fmt: skip
    assert {other[:20]: found for other in others if (found := known(other))} == {}


def test_the_files_of_this_python_are_no_models() -> None:
    """Some hundred of its modules, libraries and data."""
    root = Path(sys.prefix) / "lib"
    files = [p for p in sorted(root.rglob("*")) if p.is_file() and p.suffix not in {".npy", ".npz", ".pkl", ".xml"}]
    found = {}
    for path in files[:: max(1, len(files) // 1500)]:
        with path.open("rb") as file:
            head = file.read(HEAD)
        format = format_of(head, path.stat().st_size)
        if format in MODELS:
            found[str(path)] = format
    assert not found


@given(st.binary(max_size=700))
def test_random_bytes_are_no_models(data: bytes) -> None:
    """Nothing raises; the three bytes that stand before a pickle's first opcode are the least that a model needs."""
    format = known(data)
    assert format is None or format in FORMATS
    if format in MODELS:
        assert any(data.startswith(sample[:2]) for sample in SAMPLES[format]) or format in {"safetensors", "tflite"}


@given(st.text(max_size=600))
def test_text_is_no_model(text: str) -> None:
    """Whatever it says."""
    assert known(text.encode()) is None or known(text.encode()) in EXECUTABLES


@given(st.sampled_from(sorted(SAMPLES)), st.data())
def test_damaged_heads_do_not_raise(format: str, draw: st.DataObject) -> None:
    """Cut off anywhere, changed anywhere."""
    data = bytearray(draw.draw(st.sampled_from(SAMPLES[format])))
    for _ in range(draw.draw(st.integers(0, 5))):
        data[draw.draw(st.integers(0, len(data) - 1))] = draw.draw(st.integers(0, 255))
    cut = bytes(data[: draw.draw(st.integers(0, len(data)))])
    assert known(cut) is None or known(cut) in FORMATS


@pytest.mark.parametrize("format", sorted(COMPRESSED & SAMPLES.keys()))
def test_what_a_stream_holds_is_told_by_its_first_bytes(format: str) -> None:
    """Enough to know a pickle inside."""
    assert {inside(data, format) for data in SAMPLES[format]} == {b"x" * 99}


def test_an_lz4_frame_is_read_up_to_its_first_repetition() -> None:
    """Both a compressed block and one that is stored; a frame with its size has eight bytes more."""
    assert inside(b"\x04\x22\x4d\x18\x44\x40\x5e\x10\0\0\0\xf0\x54" + b"x" * 99 + b"\1\0", "lz4") == b"x" * 99
    assert inside(b"\x04\x22\x4d\x18\x4c\x40" + bytes(8) + b"\x5e\x63\0\0\x80" + b"x" * 99, "lz4") == b"x" * 99
    assert inside(b"\x04\x22\x4d\x18\x44", "lz4") == b""


def test_files_of_the_libraries_are_those_that_were_generated() -> None:
    """None was changed by hand, and each is what its name says."""
    sums = dict(reversed(line.split()) for line in (VECTORS / "SHA256SUMS").read_text().splitlines())
    files = {path.name: path.read_bytes() for path in VECTORS.iterdir() if path.name in sums}
    assert {name: hashlib.sha256(data).hexdigest() for name, data in files.items()} == sums
    found = {name: known(data) for name, data in files.items()}
    assert found == {
        "bad.pb": "tensorflow", "good.pb": "tensorflow", "graph.pb": "tensorflow-graph", "model.onnx": "onnx",
        "model.tflite": "tflite", "xgboost.json": "xgboost", "xgboost.ubj": "xgboost", "lightgbm.txt": "lightgbm",
        **dict.fromkeys(("old.h5", "new.h5", "many.h5"), "hdf5"), **dict.fromkeys(("little.gguf", "big.gguf"), "gguf"),
        "skops.json": None,
    }  # fmt: skip


def test_names_promise_formats() -> None:
    """Only endings that mean one kind of content do."""
    assert format_of_name("a/model.SAFETENSORS") == {"safetensors"}
    assert "pickle" in format_of_name("x.pt")
    assert "zip" in format_of_name("x.pt")
    assert format_of_name("saved_model.pb") == {"tensorflow"}
    assert not format_of_name("weights.bin")
    assert not format_of_name("usr/lib/python3/dist-packages/extra.pth")
    assert not format_of_name("gguf")
    assert (
        set().union(*(format_of_name(f"a.{f}") for f in ("pt", "keras", "nemo", "rds", "engine", "llamafile")))
        <= FORMATS
    )


def test_stand_ins_are_named() -> None:
    """Pointers of git-lfs, error pages and empty files are no broken models."""
    assert stand_in(b"version https://git-lfs.github.com/spec/v1\noid sha256:00\n") == "git-lfs"
    assert stand_in(b"\n<!DOCTYPE html><html>") == "html"
    assert stand_in(b"") == "empty"
    assert stand_in(b"GGUF") == ""
