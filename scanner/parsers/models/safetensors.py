"""safetensors: the length of a JSON header, the header, and the tensors without gaps.

Format: the README and ``safetensors/src/tensor.rs`` of https://github.com/huggingface/safetensors. What its authors'
reader refuses is a flaw. Metadata: ``modelspec.*`` (https://github.com/Stability-AI/ModelSpec), ``ss_*``.
"""

from __future__ import annotations

import math
from typing import Any, TypeGuard

from scanner.parsers.models import documents
from scanner.parsers.models.cursor import Cursor
from scanner.parsers.models.header import Broken, Draft, Header
from scanner.parsers.models.limits import MAX_DIMENSIONS, MAX_JSON, MAX_SAFETENSORS_HEADER
from scanner.parsers.tar import Source

BITS = {
    "BOOL": 8, "F4": 4, "F6_E2M3": 6, "F6_E3M2": 6, "U8": 8, "I8": 8, "F8_E5M2": 8, "F8_E4M3": 8, "F8_E8M0": 8,
    "F8_E4M3FNUZ": 8, "F8_E5M2FNUZ": 8, "I16": 16, "U16": 16, "F16": 16, "BF16": 16, "I32": 32, "U32": 32, "F32": 32,
    "C64": 64, "F64": 64, "I64": 64, "U64": 64,
}  # fmt: skip
"""Bits of a number of each type."""
_SAID = (
    ("name", ("modelspec.title", "ss_output_name", "name")),
    ("architecture", ("modelspec.architecture", "ss_base_model_version", "architecture")),
    ("licence", ("modelspec.license", "license")),
    ("author", ("modelspec.author", "author")),
    ("version", ("modelspec.version", "version")),
    ("repository", ("modelspec.repository", "repo_id")),
)


def read(source: Source, size: int) -> Header:
    """What the header says. Raises ValueError for what is too short to be one."""
    if size < 8:
        raise ValueError("a safetensors file has 8 bytes at least")
    draft = Draft("safetensors")
    try:
        cursor = Cursor(source, size)
        length = int.from_bytes(cursor.take(8), "little")
        if length > MAX_SAFETENSORS_HEADER:
            raise Broken("too-large", f"a header of {length:,} bytes; the library takes {MAX_SAFETENSORS_HEADER:,}", 0)
        if 8 + length > size:
            raise Broken("truncated", f"a header of {length:,} bytes in a file of {size:,}", 0)
        if length > MAX_JSON:
            raise Broken("limit", f"a header of more than {MAX_JSON:,} bytes", 0)
        data = cursor.take(length)
        if not data.startswith(b"{"):
            raise Broken("malformed", "a header that does not begin with {", 8)
        said = documents.load(draft, data, 8)
        _metadata(draft, said.pop("__metadata__", None))
        _tensors(draft, said, 8 + length, size)
    except Broken as broken:
        draft.flaws.append(broken.flaw)
    return draft.finish()


def _metadata(draft: Draft, said: Any) -> None:
    if said is None:
        return
    if not isinstance(said, dict):
        draft.flaw("wrong-type", "__metadata__ is no object", 8)
        return
    for key, value in said.items():
        if not isinstance(value, str):
            draft.flaw("wrong-type", f"{key!r} in __metadata__ is no string", 8)
        elif not key.isprintable() or any(not c.isprintable() and c not in "\t\n\r" for c in value):
            draft.flaw("unprintable", f"control characters in {key!r} of __metadata__", 8)
    for field, keys in _SAID:
        for key in keys:
            draft.say(**{field: documents.text(said, key)})
    draft.say(
        producer=documents.text(said, "format"),
        base_models=documents.words(said.get("base_model")) or documents.words(said.get("ss_sd_model_name")),
    )


def _tensors(draft: Draft, said: dict[str, Any], start: int, size: int) -> None:
    """Each tensor's bytes are those of its shape, and all of them fill the rest of the file."""
    places = []
    for name, tensor in said.items():
        place = _tensor(draft, name, tensor)
        if place:
            places.append((*place, name))
        if not name.isprintable():
            draft.flaw("unprintable", f"control characters in the name {name!r}", 8)
    end = 0
    for first, last, name in sorted(places):
        if first != end:
            draft.flaw(
                "overlap" if first < end else "hole", f"{name!r} begins at {first:,}, not at {end:,}", start + first
            )
        end = max(end, last)
    draft.say(end=start + end)
    if len(places) == len(said):
        if start + end < size:
            draft.flaw("trailing-data", f"{size - start - end:,} bytes behind the last tensor", start + end)
        elif start + end > size:
            draft.flaw("truncated", f"the file ends {start + end - size:,} bytes early", size)


def _tensor(draft: Draft, name: str, tensor: Any) -> tuple[int, int] | None:
    """Where a tensor's bytes begin and end, counted from the end of the header."""
    if not isinstance(tensor, dict):
        draft.flaw("wrong-type", f"{name!r} is no object", 8)
        return None
    dtype, shape, offsets = tensor.get("dtype"), tensor.get("shape"), tensor.get("data_offsets")
    if not isinstance(dtype, str) or not _numbers(shape) or not _numbers(offsets) or len(offsets) != 2:
        draft.flaw("wrong-type", f"{name!r} has no dtype, shape or data_offsets", 8)
        return None
    first, last = offsets
    bits = BITS.get(dtype)
    numbers = math.prod(shape)
    if first > last:
        draft.flaw("wrong-span", f"{name!r} ends before it begins", 8)
        return None
    if bits is None:
        draft.flaw("unread", f"{name!r} is of an unknown type {dtype!r}", 8)
    elif numbers * bits != 8 * (last - first):
        draft.flaw("wrong-span", f"{name!r} has {last - first:,} bytes; its shape asks for {numbers * bits // 8:,}", 8)
    draft.tensor(dtype, numbers, last - first)
    return first, last


def _numbers(value: Any) -> TypeGuard[list[int]]:
    return (
        isinstance(value, list)
        and len(value) <= MAX_DIMENSIONS
        and all(type(part) is int and 0 <= part < 1 << 64 for part in value)
    )
