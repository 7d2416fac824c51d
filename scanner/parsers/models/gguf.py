"""GGUF, as llama.cpp and all that is built on it read it: key-values, then where the tensors stand.

Format: ``docs/gguf.md`` of https://github.com/ggml-org/ggml; sizes of blocks and names of file types as in ggml.h and
llama.h there. Version 1 has counts of 32 bits; a file of a big-endian machine has all numbers swapped.
"""

from __future__ import annotations

import math
from struct import Struct
from typing import Any

from scanner.parsers.models.cursor import Cursor
from scanner.parsers.models.header import Broken, Draft, Header, Template
from scanner.parsers.models.limits import (
    MAX_ARRAY_DEPTH,
    MAX_GGUF_HEADER,
    MAX_KEYS,
    MAX_TEMPLATE,
    MAX_TEMPLATES,
    MAX_TENSORS,
    MAX_WORDS_IN_ARRAYS,
)
from scanner.parsers.tar import Source

BLOCKS = {
    0: ("F32", 1, 4), 1: ("F16", 1, 2), 2: ("Q4_0", 32, 18), 3: ("Q4_1", 32, 20), 6: ("Q5_0", 32, 22),
    7: ("Q5_1", 32, 24), 8: ("Q8_0", 32, 34), 10: ("Q2_K", 256, 84), 11: ("Q3_K", 256, 110), 12: ("Q4_K", 256, 144),
    13: ("Q5_K", 256, 176), 14: ("Q6_K", 256, 210), 15: ("Q8_K", 256, 292), 16: ("IQ2_XXS", 256, 66),
    17: ("IQ2_XS", 256, 74), 18: ("IQ3_XXS", 256, 98), 19: ("IQ1_S", 256, 50), 20: ("IQ4_NL", 32, 18),
    21: ("IQ3_S", 256, 110), 22: ("IQ2_S", 256, 82), 23: ("IQ4_XS", 256, 136), 24: ("I8", 1, 1), 25: ("I16", 1, 2),
    26: ("I32", 1, 4), 27: ("I64", 1, 8), 28: ("F64", 1, 8), 29: ("IQ1_M", 256, 56), 30: ("BF16", 1, 2),
    34: ("TQ1_0", 256, 54), 35: ("TQ2_0", 256, 66), 39: ("MXFP4", 32, 17),
}  # fmt: skip
"""Name, numbers in a block and bytes of a block of each type of tensor."""
FILE_TYPES = {
    0: "F32", 1: "F16", 2: "Q4_0", 3: "Q4_1", 7: "Q8_0", 8: "Q5_0", 9: "Q5_1", 10: "Q2_K", 11: "Q3_K_S", 12: "Q3_K_M",
    13: "Q3_K_L", 14: "Q4_K_S", 15: "Q4_K_M", 16: "Q5_K_S", 17: "Q5_K_M", 18: "Q6_K", 19: "IQ2_XXS", 20: "IQ2_XS",
    21: "Q2_K_S", 22: "IQ3_XS", 23: "IQ3_XXS", 24: "IQ1_S", 25: "IQ4_NL", 26: "IQ3_S", 27: "IQ3_M", 28: "IQ2_S",
    29: "IQ2_M", 30: "IQ4_XS", 31: "IQ1_M", 32: "BF16", 36: "TQ1_0", 37: "TQ2_0", 38: "MXFP4_MOE",
}  # fmt: skip
"""``general.file_type``: what most tensors are quantized to."""
_FORMS = dict(enumerate("BbHhIif?")) | {10: "Q", 11: "q", 12: "d"}
_STRING, _ARRAY = 8, 9
_LONGEST_KEY = 65_535
_LONGEST_NAME = 64
_KEPT = 4096
_GENERAL = (
    ("name", "name"), ("author", "author"), ("version", "version"), ("license", "licence"),
    ("size_label", "size_label"),
    ("license.link", "licence_link"), ("architecture", "architecture"), ("repo_url", "repository"),
    ("source.repo_url", "repository"), ("source.url", "repository"), ("quantized_by", "producer"),
    ("organization", "author"), ("languages", "languages"), ("license.name", "licence"),
)  # fmt: skip


def read(source: Source, size: int) -> Header:
    """What a GGUF's header says. Raises ValueError for another magic."""
    if source.at(0, 4) != b"GGUF":
        raise ValueError("not a GGUF file")
    reader = _Reader(Draft("gguf"), Cursor(source, size, 4))
    try:
        reader.read()
    except Broken as broken:
        reader.draft.flaws.append(broken.flaw)
    reader.tell()
    return reader.draft.finish()


def read_old(source: Source, size: int) -> Header:
    """What a file of llama.cpp from before GGUF says, which is its version. Raises ValueError for another magic."""
    head = source.at(0, 8)
    if head[:4] not in (b"lmgg", b"fmgg", b"tjgg", b"algg"):
        raise ValueError("not a GGML file")
    draft = Draft("ggml")
    known = head[:4] != b"lmgg"
    draft.say(version=head[3::-1].decode() + (f" {int.from_bytes(head[4:8], 'little')}" if known else ""))
    if len(head) < 8:
        draft.flaw("truncated", "the file ends behind its magic", len(head))
    return draft.finish()


class _Reader:
    def __init__(self, draft: Draft, cursor: Cursor) -> None:
        self.draft, self._cursor = draft, cursor
        self._said: dict[str, Any] = {}
        self._strings = 0
        self._order, self._long = "<", True

    def read(self) -> None:
        cursor = self._cursor
        version = int.from_bytes(cursor.take(4), "little")
        if version and not version & 0xFFFF:
            self._order, version = ">", int.from_bytes(version.to_bytes(4, "little"), "big")
        if version not in (1, 2, 3):
            raise Broken("unknown-version", f"version {version} of GGUF", 4)
        self._long = version > 1
        self._count = Struct(f"{self._order}{'Q' if self._long else 'I'}")
        self._kind = Struct(f"{self._order}I")
        tensors, keys = self._number(), self._number()
        left = cursor.size - cursor.position
        if keys * 13 > left or tensors * 20 > left:
            raise Broken("too-large", f"{tensors:,} tensors and {keys:,} keys in a file of {cursor.size:,} bytes", 8)
        if keys > MAX_KEYS or tensors > MAX_TENSORS:
            raise Broken("limit", f"more than {MAX_KEYS:,} keys or {MAX_TENSORS:,} tensors", 8)
        for _ in range(keys):
            self._key()
        self._tensors(tensors)

    def _number(self) -> int:
        return self._cursor.unpack(self._count)[0]

    def _bytes(self, most: int, what: str) -> bytes:
        at, length = self._cursor.position, self._number()
        if length > self._cursor.size - self._cursor.position:
            raise Broken("too-large", f"{what} of {length:,} bytes in a file of {self._cursor.size:,}", at)
        self._bounded(length)
        if length <= most:
            return self._cursor.take(length)
        start = self._cursor.position
        kept = self._cursor.take(most)
        self._cursor.move(start + length)
        return kept

    def _bounded(self, more: int) -> None:
        if self._cursor.position + more > MAX_GGUF_HEADER:
            raise Broken("limit", f"a header of more than {MAX_GGUF_HEADER:,} bytes", self._cursor.position)

    def _key(self) -> None:
        at = self._cursor.position
        raw = self._bytes(_LONGEST_KEY + 1, "a key")
        key = raw.decode("utf-8", "replace")
        if len(raw) > _LONGEST_KEY or not key.isprintable() or not key:
            self.draft.flaw("malformed", f"a key that is empty, too long or has control characters: {key[:60]!r}", at)
        if key in self._said:
            self.draft.flaw("duplicate-key", f"{key!r} is said twice", at)
        kind = self._cursor.unpack(self._kind)[0]
        template = "chat_template" in key
        start = self._cursor.position
        value = self._value(kind, MAX_TEMPLATE * 4 if template else _KEPT, 0)
        if template and isinstance(value, str):
            self._template(key, value, start)
            value = ""
        self._said.setdefault(key, value)

    def _template(self, key: str, text: str, at: int) -> None:
        name = key.rpartition("chat_template")[2].strip(".")
        if len(text) > MAX_TEMPLATE or len(self.draft.templates) >= MAX_TEMPLATES:
            self.draft.flaw("limit", f"{key} has more than {MAX_TEMPLATE:,} characters, or is one of too many", at)
        if len(self.draft.templates) < MAX_TEMPLATES:
            self.draft.templates.append(Template(name, text[:MAX_TEMPLATE], at))

    def _value(self, kind: int, most: int, depth: int) -> Any:
        """A value; of an array, its strings when they are few and short, else its length."""
        at = self._cursor.position
        if kind == _STRING:
            return self._bytes(most, "a string").decode("utf-8", "replace")
        if kind == _ARRAY:
            return self._array(at, depth)
        if kind not in _FORMS:
            raise Broken("malformed", f"a value of the unknown type {kind}", at)
        if kind == 7:
            return self._cursor.take(1) != b"\0"
        return self._cursor.unpack(Struct(self._order + _FORMS[kind]))[0]

    def _array(self, at: int, depth: int) -> Any:
        if depth >= MAX_ARRAY_DEPTH:
            raise Broken("limit", f"arrays in arrays, more than {MAX_ARRAY_DEPTH} deep", at)
        kind = self._cursor.unpack(self._kind)[0]
        count = self._number()
        if kind in _FORMS:
            bytes_of_all = count * Struct("=" + _FORMS[kind]).size
            if bytes_of_all > self._cursor.size - self._cursor.position:
                raise Broken("too-large", f"an array of {count:,} numbers in a file of {self._cursor.size:,} bytes", at)
            self._bounded(bytes_of_all)
            self._cursor.move(self._cursor.position + bytes_of_all)
            return count
        if kind not in (_STRING, _ARRAY):
            raise Broken("malformed", f"an array of the unknown type {kind}", at)
        if count * (8 if self._long else 4) > self._cursor.size - self._cursor.position:
            raise Broken("too-large", f"an array of {count:,} parts in a file of {self._cursor.size:,} bytes", at)
        self._strings += count
        if self._strings > MAX_WORDS_IN_ARRAYS:
            raise Broken("limit", f"more than {MAX_WORDS_IN_ARRAYS:,} words in arrays", at)
        if kind == _ARRAY:
            for _ in range(count):
                self._array(self._cursor.position, depth + 1)
            return count
        if count <= 100:
            return [self._bytes(_KEPT, "a string").decode("utf-8", "replace") for _ in range(count)]
        self._cursor.skip_strings(count, self._count, min(MAX_GGUF_HEADER, self._cursor.size))
        if self._cursor.position > self._cursor.size:
            raise Broken("too-large", f"a word of an array that ends behind the file's {self._cursor.size:,} bytes", at)
        self._bounded(0)
        return count

    def _tensors(self, count: int) -> None:
        cursor, draft = self._cursor, self.draft
        alignment = self._said.get("general.alignment", 32)
        if type(alignment) is not int or alignment <= 0 or alignment & (alignment - 1) or alignment % 8:
            draft.flaw("misaligned", f"an alignment of {alignment!r}, which is no power of two from 8 on", 0)
            alignment = 32
        where = Struct(f"{self._order}{'I'}Q")
        places: list[tuple[int, int, str, int]] = []
        names = set()
        for _ in range(count):
            at = cursor.position
            name = self._bytes(_LONGEST_NAME + 1, "a name").decode("utf-8", "replace")
            if len(name) >= _LONGEST_NAME or not name.isprintable():
                draft.flaw(
                    "malformed", f"a tensor's name of 64 bytes or more, or with control characters: {name!r}", at
                )
            if name in names:
                draft.flaw("duplicate-key", f"the tensor {name!r} is there twice", at)
            names.add(name)
            dimensions = cursor.unpack(self._kind)[0]
            if dimensions > 4:
                raise Broken("too-large", f"the tensor {name!r} has {dimensions:,} dimensions", at)
            shape = [self._number() for _ in range(dimensions)]
            kind, offset = cursor.unpack(where)
            numbers = math.prod(shape)
            if kind not in BLOCKS:
                draft.flaw("unread", f"the tensor {name!r} is of the unknown type {kind}", at)
                continue
            label, block, bytes_of_block = BLOCKS[kind]
            if (shape[0] if shape else 1) % block:
                draft.flaw("wrong-span", f"rows of {name!r} are no whole blocks of {block}", at)
            length = -(-numbers // block) * bytes_of_block
            if offset % alignment:
                draft.flaw("misaligned", f"the tensor {name!r} begins at {offset:,}", at)
            draft.tensor(label, numbers, length)
            places.append((offset, length, name, at))
        self._held(places, -(-cursor.position // alignment) * alignment)

    def _held(self, places: list[tuple[int, int, str, int]], start: int) -> None:
        end = 0
        for offset, length, name, at in sorted(places):
            if offset < end:
                self.draft.flaw("overlap", f"the tensor {name!r} begins inside another", at)
            if start + offset + length > self._cursor.size:
                self.draft.flaw("out-of-file", f"the tensor {name!r} ends behind the end of the file", at)
            end = max(end, offset + length)
        if places:
            self.draft.say(end=start + end)

    def tell(self) -> None:
        """Put what the keys say into the header."""
        said, draft = self._said, self.draft
        for key, field in _GENERAL:
            value = said.get(f"general.{key}")
            if isinstance(value, str | list):
                draft.say(**{field: value})
        architecture = said.get("general.architecture")
        context = said.get(f"{architecture}.context_length")
        kind = said.get("general.file_type")
        draft.say(
            context_length=context if type(context) is int else None,
            quantization=FILE_TYPES.get(kind, "") if type(kind) is int else "",
            base_models=self._listed("base_model"),
            datasets=self._listed("dataset") or said.get("general.datasets"),
            task=str(said.get("general.type", "")),
        )
        if "tokenizer.huggingface.json" in said:
            draft.say(files=("tokenizer.huggingface.json",))

    def _listed(self, what: str) -> list[str]:
        """Base models or data sets: their repositories, else their names with who made them."""
        count = self._said.get(f"general.{what}.count")
        found = []
        for index in range(min(count, 50) if type(count) is int else 0):
            part = {
                key: self._said.get(f"general.{what}.{index}.{key}") for key in ("repo_url", "organization", "name")
            }
            url, owner, name = (value if isinstance(value, str) else "" for value in part.values())
            found.append(url or "/".join(filter(None, (owner, name))))
        return found
