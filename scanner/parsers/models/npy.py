"""NumPy's .npy: a dictionary with dtype and shape, then the numbers, or a pickle when there are objects among them.

Format: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html.
"""

from __future__ import annotations

import ast
import math
from typing import Any

from scanner.parsers.lazy import Lazy
from scanner.parsers.models.cursor import Cursor
from scanner.parsers.models.header import Broken, Draft, Header
from scanner.parsers.models.limits import MAX_DIMENSIONS, MAX_NPY_HEADER
from scanner.parsers.tar import Source

_MAGIC = b"\x93NUMPY"
_OBJECT = Lazy(r"[<>=|]?O\d*")
_TOKENS = Lazy(r"""(?:\s|'[^'\\\n]*'|"[^"\\\n]*"|\d{1,20}(?![\w.])|(?:True|False|None)(?!\w)|[][(){},:])*+""")
_LONG = Lazy(r"(?<=\d)L(?=[,)])")
"""Python 2 wrote so behind a long number."""
_PLAIN = Lazy(r"[<>=|]?([a-zA-Z])(\d*)")


def read(source: Source, size: int) -> Header:
    """What the header says; ``pickle_at`` is where a pickle of objects begins. Raises ValueError for another magic."""
    if source.at(0, 6) != _MAGIC:
        raise ValueError("not a .npy file")
    draft = Draft("npy")
    try:
        _header(draft, Cursor(source, size, 6), size)
    except Broken as broken:
        draft.flaws.append(broken.flaw)
    return draft.finish()


def _header(draft: Draft, cursor: Cursor, size: int) -> None:
    major = cursor.take(2)[0]
    if not 1 <= major <= 3:
        raise Broken("unknown-version", f"version {major} of .npy", 6)
    length = int.from_bytes(cursor.take(2 if major == 1 else 4), "little")
    if length > MAX_NPY_HEADER:
        raise Broken("too-large", f"a header of {length:,} bytes", 8)
    said = _literal(cursor.take(length), cursor.position - length)
    start = cursor.position
    descr, shape = said.get("descr"), said.get("shape")
    if not isinstance(shape, tuple) or len(shape) > MAX_DIMENSIONS:
        raise Broken("wrong-type", "no shape", 8)
    if not all(type(side) is int and 0 <= side < 1 << 63 for side in shape):
        raise Broken("wrong-type", "a shape that is none", 8)
    if any(_OBJECT.fullmatch(word) for word in _types(descr)):
        draft.say(dtypes=("object",), pickle_at=start)
        return
    plain = _PLAIN.fullmatch(descr) if isinstance(descr, str) else None
    if plain is None or not isinstance(descr, str):
        return
    of_one = int(plain[2] or 1) * (4 if plain[1] == "U" else 1)
    numbers = math.prod(shape)
    draft.tensor(descr, numbers, numbers * of_one)
    end = start + numbers * of_one
    draft.say(end=end)
    if end > size:
        draft.flaw("truncated", f"the file ends {end - size:,} bytes early", size)
    elif end < size:
        draft.flaw("trailing-data", f"{size - end:,} bytes behind the array", end)


def _literal(data: bytes, offset: int) -> dict[Any, Any]:
    """A dictionary of plain literals; what NumPy does not write is not handed to Python's parser."""
    words = _LONG.sub("", data.decode("utf-8", "replace")).strip()
    if not _TOKENS.fullmatch(words):
        raise Broken("malformed", "a header that is no literal", offset)
    try:
        said = ast.literal_eval(words)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        raise Broken("malformed", "a header that is no literal", offset) from None
    if not isinstance(said, dict):
        raise Broken("wrong-type", "a header that is no dictionary", offset)
    return said


def _types(descr: Any) -> list[str]:
    """Every type in a dtype: of a record its fields' (name, type, perhaps a shape), of an array (type, shape)."""
    found, waiting = [], [descr]
    while waiting:
        part = waiting.pop()
        if isinstance(part, str):
            found.append(part)
        elif isinstance(part, tuple) and part:
            waiting.append(part[0])
        elif isinstance(part, list):
            waiting += [field[1] for field in part if isinstance(field, tuple) and len(field) > 1]
    return found
