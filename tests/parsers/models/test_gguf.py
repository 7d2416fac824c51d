"""GGUF: what the reference library writes is read, and every count and length may lie."""

from __future__ import annotations

import struct

import pytest

from scanner.parsers.models.limits import MAX_GGUF_HEADER
from scanner.parsers.models.readers import read
from tests.parsers.models.sources import Forward, header, kinds, vector

U32, STRING, ARRAY, U64 = 4, 8, 9, 10


def text(words: str | bytes) -> bytes:
    data = words.encode() if isinstance(words, str) else words
    return struct.pack("<Q", len(data)) + data


def pair(key: str, kind: int, value: bytes) -> bytes:
    return text(key) + struct.pack("<I", kind) + value


def info(name: str, shape: list[int], kind: int = 0, offset: int = 0) -> bytes:
    return text(name) + struct.pack(f"<I{len(shape)}QIQ", len(shape), *shape, kind, offset)


def gguf(pairs: list[bytes], tensors: list[bytes], data: bytes = b"", version: int = 3) -> bytes:
    head = b"GGUF" + struct.pack("<IQQ", version, len(tensors), len(pairs)) + b"".join(pairs + tensors)
    return head + bytes(-len(head) % 32) + data


@pytest.mark.parametrize("name", ["little.gguf", "big.gguf"])
def test_a_file_of_the_library_is_read(name: str) -> None:
    """In both byte orders."""
    found = header(vector(name))
    assert (found.name, found.author, found.architecture, found.licence) == ("Tiny", "Acme", "llama", "apache-2.0")
    assert (found.context_length, found.quantization, found.base_models) == (4096, "Q4_K_M", ("Acme/Base",))
    assert (found.parameters, found.dtypes) == (4 * 32 + 2 * 32, ("F32", "Q4_0"))
    assert [(t.name, t.text) for t in found.templates] == [("", "{{ cycler.__init__.__globals__ }}")]
    assert not found.flaws


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"GGUF" + struct.pack("<IQQ", 9, 0, 0), "unknown-version"),
        (b"GGUF" + struct.pack("<IQQ", 3, 0, 1 << 63), "too-large"),
        (b"GGUF" + struct.pack("<IQQ", 3, 1 << 63, 0), "too-large"),
        (b"GGUF" + struct.pack("<IQ", 3, 0), "truncated"),
        (gguf([pair("a", STRING, struct.pack("<Q", 1 << 40))], []), "too-large"),
        (gguf([pair("a", ARRAY, struct.pack("<IQ", U32, 1 << 60))], []), "too-large"),
        (gguf([pair("a", ARRAY, struct.pack("<IQ", STRING, 1 << 60))], []), "too-large"),
        (gguf([pair("a", ARRAY, struct.pack("<IQ", ARRAY, 1) * 9)], [], bytes(99)), "limit"),
        (gguf([pair("a", 99, bytes(8))], []), "malformed"),
        (gguf([pair("a", U32, bytes(4)), pair("a", U32, bytes(4))], []), "duplicate-key"),
        (gguf([pair("\x1b[2J", U32, bytes(4))], []), "malformed"),
        (gguf([pair("general.alignment", U32, struct.pack("<I", 24))], []), "misaligned"),
        (gguf([pair("general.alignment", U32, struct.pack("<I", 0))], []), "misaligned"),
        (gguf([], [info("a", [8], offset=8)], bytes(64)), "misaligned"),
        (gguf([], [info("a", [8], offset=64)], bytes(64)), "out-of-file"),
        (gguf([], [info("a", [1 << 62, 1 << 62])], bytes(64)), "out-of-file"),
        (gguf([], [info("a", [8]), info("a", [8], offset=32)], bytes(64)), "duplicate-key"),
        (gguf([], [info("a", [16]), info("b", [8], offset=32)], bytes(64)), "overlap"),
        (gguf([], [info("a", [33], kind=2)], bytes(64)), "wrong-span"),
        (gguf([], [info("a", [8], kind=77)], bytes(64)), "unread"),
        (gguf([], [info("a" * 64, [8])], bytes(64)), "malformed"),
        (gguf([], [info("a", [1] * 5)], bytes(64)), "too-large"),
    ],
)  # fmt: skip
def test_what_breaks_the_format_is_named(data: bytes, kind: str) -> None:
    """Each with its kind."""
    assert kinds(header(data, "gguf")) == [kind]


def test_words_of_a_vocabulary_are_skipped() -> None:
    """What stands behind them is read; the last may not end behind the file."""
    words = pair(
        "words", ARRAY, struct.pack("<IQ", STRING, 30_000) + b"".join(text("w" * (n % 9)) for n in range(30_000))
    )
    name = pair("general.name", STRING, text("Tiny"))
    found = header(gguf([words, name], [info("a", [8])], bytes(32)))
    assert (found.name, found.flaws) == ("Tiny", ())
    for length in (1000, 1 << 60):
        bad = pair("words", ARRAY, struct.pack("<IQ", STRING, 200) + text("") * 199 + struct.pack("<Q", length))
        assert kinds(header(gguf([bad], []))) == ["too-large"]


def test_an_aligned_file_is_without_flaw() -> None:
    """Also version 2, an empty tensor, and an alignment of its own."""
    pairs = [pair("general.alignment", U32, struct.pack("<I", 64))]
    assert not header(gguf([], [info("a", [8]), info("b", [0], offset=32)], bytes(32), 2)).flaws
    assert header(gguf(pairs, [info("a", [8])], bytes(99))).end is not None


def test_weights_are_not_read() -> None:
    """A tensor of gigabytes behind a header of bytes."""
    data = gguf([], [info("a", [1 << 30])])
    source = Forward(data)
    assert not read("gguf", source, len(data) + (4 << 30)).flaws
    assert source.read < 1 << 18


def test_a_header_is_not_read_without_end() -> None:
    """A file that says that its key-values take gigabytes."""
    data = gguf([pair("a", ARRAY, struct.pack("<IQ", U32, 1 << 30))], [])
    assert kinds(read("gguf", Forward(data), 8 << 30)) == ["limit"]
    assert MAX_GGUF_HEADER < 1 << 30


def test_old_files_have_a_version() -> None:
    """From before GGUF."""
    assert header(b"tjgg\3\0\0\0").version == "ggjt 3"
    assert header(b"lmgg\0\x7d\0\0").version == "ggml"
