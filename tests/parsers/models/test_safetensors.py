"""safetensors: what the library refuses is a flaw, and nothing else is."""

from __future__ import annotations

import json
import struct

import pytest
import safetensors
from hypothesis import given
from hypothesis import strategies as st

from scanner.parsers.models import safetensors as ours
from scanner.parsers.models.readers import read
from tests.parsers.models.sources import Forward, header, kinds


def made(said: object, data: bytes = b"", text: str = "") -> bytes:
    body = (text or json.dumps(said)).encode()
    return struct.pack("<Q", len(body)) + body + data


def tensor(first: int, last: int, shape: list[int] | None = None, dtype: str = "U8") -> dict[str, object]:
    return {"dtype": dtype, "shape": [last - first] if shape is None else shape, "data_offsets": [first, last]}


def accepted(data: bytes) -> bool:
    try:
        safetensors.deserialize(data)
    except safetensors.SafetensorError:
        return False
    return True


def test_a_header_says_its_tensors_and_metadata() -> None:
    said = {
        "__metadata__": {"format": "pt", "modelspec.title": "Tiny", "license": "mit", "ss_sd_model_name": "base.ckpt"},
        "a": tensor(0, 24, [2, 3], "F32"), "b": tensor(24, 26, [1], "BF16"),
    }  # fmt: skip
    found = header(made(said, bytes(26)))
    assert (found.parameters, found.tensors, found.dtypes) == (7, 2, ("F32", "BF16"))
    assert (found.name, found.licence, found.producer, found.base_models) == ("Tiny", "mit", "pt", ("base.ckpt",))
    assert not found.flaws
    assert found.end == len(made(said, bytes(26)))


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (made({"a": tensor(0, 4), "b": tensor(2, 6)}, bytes(6)), "overlap"),
        (made({"a": tensor(0, 4), "b": tensor(5, 6)}, bytes(6)), "hole"),
        (made({"a": tensor(0, 4, [5])}, bytes(4)), "wrong-span"),
        (made({"a": tensor(0, 4)}, bytes(4) + b"\x80\x04."), "trailing-data"),
        (made({"a": tensor(0, 4)}, bytes(3)), "truncated"),
        (made({"a": tensor(0, 4, dtype="X9")}, bytes(4)), "unread"),
        (made({"__metadata__": {"a": 1}}), "wrong-type"),
        (made({"__metadata__": []}), "wrong-type"),
        (made({"a": {"dtype": "U8"}}), "wrong-type"),
        (made(0, text='{"a":1'), "malformed"),
        (struct.pack("<Q", 100_000_001) + b"{}", "too-large"),
        (struct.pack("<Q", 99) + b"{}", "truncated"),
        (b"\x04\0\0\0\0\0\0\0{\xff}\n", "malformed"),
    ],
)
def test_what_the_library_refuses_is_named(data: bytes, kind: str) -> None:
    """Each with its kind, the library agreeing."""
    assert not accepted(data)
    assert kind in kinds(header(data, "safetensors"))


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (made(0, text='{"a":%s,"a":%s}' % ((json.dumps(tensor(0, 0)),) * 2)), "duplicate-key"),
        (made({"__metadata__": {"a": "\x1b[2J"}}), "unprintable"),
        (made({"a\x1b": tensor(0, 0)}), "unprintable"),
    ],
)
def test_what_readers_differ_in_is_named_too(data: bytes, kind: str) -> None:
    """The library takes the last of two; terminals act on what it takes."""
    assert kinds(header(data)) == [kind]


@st.composite
def files(draw: st.DrawFn) -> bytes:
    said: dict[str, object] = {}
    end = 0
    for name in draw(st.lists(st.sampled_from("abcd"), unique=True)):
        dtype = draw(st.sampled_from(["U8", "F16", "F32", "I64", "BF16", "F8_E4M3", "BOOL"]))
        shape = draw(st.lists(st.integers(0, 3), max_size=3))
        size = ours.BITS[dtype] // 8
        for side in shape:
            size *= side
        first = end + draw(st.sampled_from([0, 0, 0, 0, 0, 1, -1]))
        last = first + size + draw(st.sampled_from([0, 0, 0, 0, 0, 0, 1]))
        said[name] = {"dtype": dtype, "shape": shape, "data_offsets": [max(0, first), max(0, last)]}
        end = max(0, last)
    return made(said, bytes(max(0, end + draw(st.sampled_from([0, 0, 0, 0, 1, -1])))))


@given(files())
def test_flaws_are_those_that_the_library_sees(data: bytes) -> None:
    """A file has no flaw exactly when the library takes it."""
    found = header(data, "safetensors")
    assert bool(found.flaws) != accepted(data)


def test_weights_are_not_read() -> None:
    """Gigabytes behind the header cost nothing."""
    data = made({"a": tensor(0, 30 << 30)})
    source = Forward(data)
    found = read("safetensors", source, len(data) + (30 << 30))
    assert not found.flaws
    assert source.read < 1 << 18


def test_numbers_of_any_length_do_no_harm() -> None:
    """Shapes whose product has a million digits, integers of thousands of digits, arrays in arrays."""
    many = tensor(0, 0, [(1 << 64) - 1] * 100_000)
    for data in (made({"a": many}), made(0, text='{"a":%s}' % ("9" * 5000)), made(0, text='{"a":' + "[" * 50_000)):
        assert header(data, "safetensors").flaws
