"""Which function reads the header of which format."""

from __future__ import annotations

from collections.abc import Callable

from scanner.parsers.models import coreml, gguf, hdf5, npy, onnx, safetensors, tensorflow, tflite, trees, xml
from scanner.parsers.models.header import Header
from scanner.parsers.tar import Source

RANDOM_ACCESS = frozenset({"hdf5", "tflite"})
"""Formats whose reader asks for any offset: the source has to be the whole file (``scanner.parsers.tar.Buffer``)."""
READERS: dict[str, Callable[[Source, int], Header]] = {
    "safetensors": safetensors.read,
    "gguf": gguf.read,
    "ggml": gguf.read_old,
    "onnx": onnx.read,
    "hdf5": hdf5.read,
    "tensorflow": tensorflow.read,
    "tensorflow-graph": tensorflow.read_graph,
    "keras-metadata": tensorflow.read_metadata,
    "tflite": tflite.read,
    "npy": npy.read,
    "xgboost": trees.read_xgboost,
    "lightgbm": trees.read_lightgbm,
    "catboost": trees.read_catboost,
    "pmml": xml.read_pmml,
    "openvino": xml.read_openvino,
    "coreml": coreml.read,
}
"""Formats of ``recognize.MODELS`` that say something of themselves."""


def read(format: str, source: Source, size: int) -> Header:
    """The header of a file of a format of ``recognize.MODELS``; only its name where there is no reader.

    Raises ValueError when the file is not of the format at all; whatever else is wrong is a flaw.
    """
    reader = READERS.get(format)
    return reader(source, size) if reader else Header(format=format)
