"""Calls in Python source."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scanner.model.location import Text
from scanner.parsers.python_code import MAX_CALLS, MAX_SOURCE, UNKNOWN, calls


def read(source: str, *names: str, keywords: tuple[str, ...] = ()):
    return calls(Text.of_file("a.py", source), frozenset(names), keywords)


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("import torch\ntorch.hub.load('x')", "torch.hub.load"),
        ("import torch as t\nt.hub.load('x')", "torch.hub.load"),
        ("import torch.hub\ntorch.hub.load('x')", "torch.hub.load"),
        ("from torch import hub\nhub.load('x')", "torch.hub.load"),
        ("from torch.hub import load as get\nget('x')", "torch.hub.load"),
        ("from . import hub\nhub.load('x')", ".hub.load"),
        ("load('x')", "load"),
        ("a.b().load('x')", ".load"),
        ("(a or b).load('x')", ".load"),
        ("class A:\n  def f(self):\n    return [load('x') for _ in y]", "load"),
    ],
)
def test_a_name_is_resolved_through_imports(source, name):
    (call,) = read(source, "load", "get")
    assert call.name == name
    assert source[call.start : call.end].endswith("('x')")
    assert [argument.value for argument in call.arguments] == ["x"]


def test_arguments_are_literals_or_not_known():
    (call,) = read("f('a', 1, -1, None, x, f'{x}', b'', k=True, m=1.5, **more)", "f")
    assert [argument.value for argument in call.arguments] == ["a", 1, UNKNOWN, None, UNKNOWN, UNKNOWN, UNKNOWN]
    assert {name: argument.value for name, argument in call.keywords.items()} == {"k": True, "m": 1.5}
    assert call.is_true("k")
    assert not call.is_true("m")
    assert call.argument(0, "name").value == "a"
    assert call.argument(0, "m").value == 1.5
    assert call.argument(9, "name") is None


def test_a_name_given_one_literal_stands_for_it():
    assert read("NAME = 'org/m'\nf(NAME)", "f")[0].arguments[0].value == "org/m"
    assert read("NAME: str = 'org/m'\nf(NAME)", "f")[0].arguments[0].value == "org/m"
    for source in ("n = 'a'\nn = 'b'\nf(n)", "n = g()\nf(n)", "n = 'a'\nn += 'b'\nf(n)", "for n in x: f(n)"):
        assert read(source, "f")[0].arguments[0].value is UNKNOWN


def test_a_keyword_alone_is_reason_enough():
    found = read("a(x=1)\nb(y=2)\nc(x=3)", keywords=("x",))
    assert [call.name for call in found] == ["a", "c"]


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_places_count_characters_not_bytes(newline):
    source = newline.join(["# é😀", "é = 1; load('ü', key='😀')", "x = '''", "é''' ; load('y')"])
    for call, words in zip(read(source, "load"), ("load('ü', key='😀')", "load('y')"), strict=True):
        assert source[call.start : call.end] == words
    (first, _) = read(source, "load")
    assert source[first.keywords["key"].start : first.keywords["key"].end] == "key='😀'"


@pytest.mark.parametrize(
    "source",
    [
        "print 'Python 2'",
        "def f(:",
        "f(" * 1000,
        "-" * 50_000 + "1",
        "a" + ".b" * 50_000,
        "x\0y",
        "f()\n" * (MAX_CALLS + 1),
        "#" * (MAX_SOURCE + 1),
    ],
    ids=lambda source: source[:12].replace("\0", "0"),
)
def test_what_cannot_be_read_is_a_value_error(source):
    with pytest.raises(ValueError, match=r"Python"):
        read(source, "f")


@given(st.text(alphabet="f()[]{}'\"=,.:#\\\n\r\t ax1-*@é", max_size=60))
@settings(max_examples=200, derandomize=True, deadline=None)
def test_any_text_is_read_or_refused(source):
    try:
        found = read(source, "f", "a", "x")
    except ValueError:
        return
    for call in found:
        assert source[call.start : call.end].rstrip().endswith(")")
