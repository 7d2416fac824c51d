"""JSON with the places of its lists' entries says what json.loads says."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.parsers import json_text

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from("abcd") | st.text(), VALUES), st.sampled_from([None, 1, "\t"]))
def test_it_says_what_json_says_and_each_entry_stands_where_it_says(value, indent):
    text = json.dumps(value, indent=indent)
    found = json_text.read(text, {"a", "b"})
    lists = {key: [entry.value for entry in entries] for key, entries in found.lists.items()}
    assert {key: found.get(key) for key in found.said} | lists == value
    assert set(found.lists) == {key for key in ("a", "b") if isinstance(value.get(key), list)}
    for entries in (*found.lists.values(), found.said.values()):
        assert all(json.loads(text[entry.start : entry.end]) == entry.value for entry in entries)


@given(st.text(alphabet='{}[]",:a1\\ \n', max_size=40))
def test_it_takes_what_json_takes_and_nothing_else(text):
    try:
        value = json.loads(text)
    except ValueError:
        value = None
    if isinstance(value, dict):
        json_text.read(text, {"a"})
    elif value is None:
        # What follows the object is not looked at: a document may begin anywhere.
        try:
            json_text.read(text, {"a"})
        except ValueError:
            pass
        else:
            json.JSONDecoder().raw_decode(text.lstrip(" \n"))


@pytest.mark.parametrize(
    ("text", "line"),
    [('{\n"a": [1,\n2,,3]}', 3), ("[]", 1), ('{"a": 1', 1), ('{\n"a": 1\n"b": 2}', 3), ("", 1), ('{"a": [1', 1)],
)
def test_a_mistake_is_told_with_its_line(text, line):
    with pytest.raises(ValueError, match=f"line {line}: not JSON"):
        json_text.read(text, {"a"})


def test_of_a_name_that_is_there_twice_the_last_counts():
    found = json_text.read('{"a": [1], "b": 1, "a": 2, "b": [3]}', {"a", "b"})
    assert found.get("a") == 2
    assert found.get("b") is None
    assert [entry.value for entry in found.entries("b")] == [3]
    assert found.entries("c") == ()


def test_depth_and_length_are_bounded(monkeypatch):
    with pytest.raises(ValueError, match="nested too deeply"):
        json_text.read('{"x": ' + "[" * 200_000 + "]" * 200_000 + "}", ())
    monkeypatch.setattr(json_text, "MAX_ENTRIES", 2)
    with pytest.raises(ValueError, match="more than 2 entries"):
        json_text.read('{"a": [1, 2, 3]}', {"a"})
