"""HDF5: files of both generations of the library, with Keras' configuration and links to other files."""

from __future__ import annotations

import re
import struct

import pytest

from tests.parsers.models.sources import header, kinds, vector

CODE = {("lambda", "Lambda"), ("class", "keras.layers.Dense"), ("foreign-class", "os.system")}


def names(found) -> set[tuple[str, str]]:
    return {(name.kind, name.name) for name in found.names}


@pytest.mark.parametrize("name", ["old.h5", "new.h5"])
def test_a_file_is_read_in_both_generations(name: str) -> None:
    """Symbol tables and B-trees of the first, link messages of the second."""
    found = header(vector(name))
    assert (found.producer, found.architecture) == ("keras 3.5.0", "Sequential")
    assert (found.parameters, found.dtypes) == (12 + 8, ("f32", "u8"))
    assert names(found) >= CODE
    assert {(e.kind, e.path, e.reach) for e in found.externals} == {
        ("link", "/etc/passwd", "absolute"), ("storage", "../shadow", "parent"),
    }  # fmt: skip
    assert found.end == len(vector(name))
    assert not found.flaws


def test_many_links_and_attributes_are_read() -> None:
    """They stand in heaps, found by B-trees of version 2; a long attribute has a block of its own."""
    found = header(vector("many.h5"))
    assert names(found) >= CODE
    assert {e.path for e in found.externals if e.kind == "link"} == {f"../f{number}.h5" for number in range(60)}
    assert [e.path for e in found.externals if e.kind == "virtual"] == ["other.h5"]
    assert not found.flaws


@pytest.mark.parametrize("name", ["old.h5", "new.h5", "many.h5"])
def test_a_file_that_is_cut_off_or_goes_on_is_told(name: str) -> None:
    """With how much, and what is left is read."""
    data = vector(name)
    assert kinds(header(data[:-100]))[0] == "truncated"
    longer = header(data + b"\x7fELF")
    assert [(f.kind, f.offset) for f in longer.flaws] == [("trailing-data", len(data))]


def test_another_version_is_told() -> None:
    """One that there is not yet."""
    data = bytearray(vector("new.h5"))
    data[8] = 9
    assert kinds(header(bytes(data))) == ["unknown-version"]


def test_a_tree_that_contains_itself_ends() -> None:
    """Its first child is made its own address."""
    data = bytearray(vector("old.h5"))
    for found in re.finditer(b"TREE", data):
        at = found.start()
        data[at + 5] = 1  # a level above the leaves
        data[at + 32 : at + 40] = struct.pack("<Q", at)
    assert "cycle" in kinds(header(bytes(data)))


def test_a_group_that_links_to_itself_is_read_once() -> None:
    """Which HDF5 allows."""
    data = bytearray(vector("old.h5"))
    root = struct.unpack_from("<Q", data, 64)[0]
    at = data.index(b"SNOD") + 8
    for entry in range(int.from_bytes(data[at - 2 : at], "little")):
        data[at + 40 * entry + 8 : at + 40 * entry + 16] = struct.pack("<Q", root)
    assert "limit" not in kinds(header(bytes(data)))
