"""What pickles say of tensors and arrays: shapes, types, and the raw data that joblib puts between the opcodes."""

from __future__ import annotations

import re
from typing import Final

from scanner.parsers.pickles.symbols import Made, Named, Pairs, Stored, Symbol, text

STORAGES: Final = {
    "DoubleStorage": "float64", "FloatStorage": "float32", "HalfStorage": "float16", "BFloat16Storage": "bfloat16",
    "LongStorage": "int64", "IntStorage": "int32", "ShortStorage": "int16", "CharStorage": "int8",
    "ByteStorage": "uint8", "BoolStorage": "bool", "ComplexDoubleStorage": "complex128",
    "ComplexFloatStorage": "complex64",
    "QUInt8Storage": "quint8", "QInt8Storage": "qint8", "QInt32Storage": "qint32", "QUInt4x2Storage": "quint4x2",
    "QUInt2x4Storage": "quint2x4",
}  # fmt: skip
"""Element types of torch's storages, by the name of their class."""
OBJECTS: Final = -1
"""Instead of a size: the elements are objects, which are pickled."""
_HUGE = 1 << 62
_MAX_DIMENSIONS = 64
_FLAGS, _HOLDS_OBJECTS = 7, 1
"""Place of the flags in the state of numpy's dtype, and the flag of those that hold objects."""
_CODE = re.compile(r"[<>=|]?([a-zA-Z?])(\d*)")
_CHARACTERS: Final = {"U": 4}
"""Bytes of what the number in a type's code counts, where that is not 1."""


def shape(symbol: Symbol) -> tuple[int, ...] | None:
    """The sizes in a tuple, or in a ``torch.Size`` of one; None when they are not all known."""
    if type(symbol) is Made and type(symbol.arguments) is tuple and symbol.arguments:
        symbol = symbol.arguments[0]
    if type(symbol) is not tuple or len(symbol) > _MAX_DIMENSIONS:
        return None
    return symbol if all(type(size) is int and 0 <= size < 1 << 63 for size in symbol) else None


def torch_dtype(symbol: Symbol) -> str:
    """Of a storage, or of an import such as ``torch.float16``; "" when not known."""
    if type(symbol) is Stored:
        return STORAGES.get(symbol.type, "")
    return symbol.of.name if type(symbol) is Named and symbol.of.module == "torch" else ""


def itemsize(dtype: Symbol) -> int | None:
    """Bytes of an element of numpy's dtype, 0 when it holds objects, which are pickled; None when not known."""
    if type(dtype) is not Made or type(dtype.arguments) is not tuple or not dtype.arguments:
        return None
    found = _CODE.fullmatch(text(dtype.arguments[0]) or "")
    if not found:
        return None
    if type(dtype.state) is tuple and len(dtype.state) > _FLAGS and dtype.state[_FLAGS] is not None:
        flags = dtype.state[_FLAGS]
        if type(flags) is not int:
            return None
        if flags & _HOLDS_OBJECTS:
            return 0
    if found[1] == "O":
        return 0
    return int(found[2]) * _CHARACTERS.get(found[1], 1) if found[2] and len(found[2]) < 10 else None


def raw_size(state: Symbol) -> tuple[int, bool] | None:
    """Bytes of data behind a joblib wrapper with this state (``OBJECTS``: a pickle), and whether padding precedes them.

    As ``NumpyArrayWrapper.read_array`` of joblib 1.5 counts them; None when not known.
    """
    if type(state) is not Pairs:
        return None
    sizes, size = shape(state.get(b"shape")), itemsize(state.get(b"dtype"))
    if sizes is None or size is None:
        return None
    if not size:
        return OBJECTS, False
    for length in sizes:
        size *= length
    return min(size, _HUGE), type(state.get(b"numpy_array_alignment_bytes")) is int
