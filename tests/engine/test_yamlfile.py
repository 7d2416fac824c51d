"""YAML is read as a tree with lines, the same as YAML's own reader where both mean the same."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from scanner.engine.example import plain
from scanner.engine.yamlfile import MAX_BYTES, MAX_DEPTH, Node, NotYaml, read


def test_a_value_knows_the_line_of_its_key_and_how_it_is_written():
    tree = read(b"a: 4.10\nb:\n  - x\n  - {c: 'yes'}\nd: |\n  two\n  lines\n")

    assert {key: node.line for key, node in tree.value.items()} == {"a": 1, "b": 2, "d": 5}
    assert tree.value["a"] == Node(4.1, 1, "4.10")
    first, second = tree.value["b"].value
    assert (first, second.line, second.value["c"]) == (Node("x", 3, "x"), 4, Node("yes", 4, "yes"))
    assert tree.value["d"].value == "two\nlines\n"


@pytest.mark.parametrize(("word", "value"), [
    ("true", True), ("False", False), ("null", None), ("~", None), ("", None), ("12", 12), ("-3", -3), ("1.5", 1.5),
    ("yes", "yes"), ("no", "no"), ("on", "on"), ("1:30", "1:30"), ("0x10", "0x10"), ("2026-11-22", "2026-11-22"),
    ('"12"', "12"), ("'true'", "true"), ("1e3", "1e3"), ("1_000", "1_000"), ("9" * 30, "9" * 30),
])  # fmt: skip
def test_a_word_means_what_it_says(word, value):
    found = read(f"a: {word}\n".encode()).value["a"].value
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize(("text", "line", "reason"), [
    ("a: 1\na: 2\n", 2, "'a' is given twice"),
    ("a: &x 1\nb: *x\n", 1, "anchors and aliases (&, *) are not read here"),
    ("a: !!set {}\n", 1, "tags (tag:yaml.org,2002:set) are not read here"),
    ("a: 1\n---\nb: 2\n", 2, "only one document a file"),
    ("[a]: 1\n", 1, "a key has to be a word"),
    ("a: 1\n  b: 2\n", 2, "not YAML: mapping values are not allowed in this context"),
    ("a: \x01\n", 1, "not YAML: "),
    ("[" * 200_000, 1, f"nested more than {MAX_DEPTH} deep"),
    ("- " * 200_000, 1, f"nested more than {MAX_DEPTH} deep"),
    ("a" * (MAX_BYTES + 1), 1, f"larger than {MAX_BYTES:,} bytes"),
])  # fmt: skip
def test_what_is_not_read_is_an_error_with_its_line(text, line, reason):
    with pytest.raises(NotYaml) as caught:
        read(text.encode())
    assert caught.value.line == line
    assert str(caught.value).startswith(reason)


def test_what_is_not_utf8_is_an_error_with_its_line():
    with pytest.raises(NotYaml) as caught:
        read(b"a: 1\nb: \xff\n")
    assert (caught.value.line, str(caught.value)) == (2, "not UTF-8")


def test_an_empty_file_is_nothing():
    assert read(b"# only a comment\n") == Node(None, 1)


WORDS = st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "Zs")), max_size=12)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**9), 10**9) | WORDS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS, inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=80, derandomize=True, deadline=None)
@given(VALUES, st.booleans())
def test_what_yaml_writes_is_read_back(value, flow):
    text = yaml.safe_dump(value, default_flow_style=flow, allow_unicode=True)
    assert plain(read(text.encode())) == value


@settings(max_examples=80, derandomize=True, deadline=None)
@given(st.binary(max_size=60) | st.text("-:{}[],&*!|>'\"%@`#ab \n\t", max_size=60).map(str.encode))
def test_no_bytes_break_the_reader(data):
    found: Node | NotYaml
    try:
        found = read(data)
    except NotYaml as error:
        found = error
    assert 1 <= found.line <= data.count(b"\n") + data.count(b"\r") + 2
