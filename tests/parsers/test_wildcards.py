"""Wildcards match what the regular expressions that BuildKit makes of them match, in linear time."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scanner.parsers.wildcards import LONGEST, prefix, replace, tokens

PATTERN = st.lists(st.sampled_from(["*", "?", "a", "b", ".", "\\*", "\\?", "\\\\", "**"]), max_size=5).map("".join)
VALUE = st.text(alphabet="ab.*?\\\n", max_size=8)


def expression(pattern, star):
    spelled = {"*": star, "?": "."}
    return "".join(spelled[part] if special else re.escape(part) for part, special in tokens(pattern))


@settings(max_examples=500, deadline=None, derandomize=True)
@given(PATTERN, VALUE)
def test_the_shortest_and_the_longest_prefix(pattern, value):
    for longest, star in ((False, ".*?"), (True, ".*")):
        match = re.match(expression(pattern, star), value)
        assert prefix(tokens(pattern), value, longest) == (match.end() if match else None)


@settings(max_examples=500, deadline=None, derandomize=True)
@given(PATTERN, VALUE)
def test_the_first_match_is_replaced(pattern, value):
    assert replace(tokens(pattern), value, "<>", False) == re.sub(expression(pattern, ".*"), "<>", value, count=1)


@pytest.mark.parametrize(
    ("pattern", "value", "replaced"),
    [
        ("", "abc", "-a-b-c-"),
        ("*", "abc", "-"),
        ("*", "", "-"),
        ("a*", "bab", "b-"),
        ("*", "a\nb", "-\n-"),
        ("b", "abb", "a--"),
    ],
)
def test_every_match_is_replaced_but_no_empty_one_right_behind_another(pattern, value, replaced):
    """As Go's regexp does; Python's ``re.sub`` takes the empty match, too."""
    assert replace(tokens(pattern), value, "-", True) == replaced


@pytest.mark.parametrize("pattern", ["\\a", "\\", "a" * (LONGEST + 1)])
def test_bad_patterns_are_rejected(pattern):
    with pytest.raises(ValueError, match="pattern"):
        tokens(pattern)


@pytest.mark.parametrize("pattern", ["*a" * 20 + "b", "?" * 50, "*a*", "a"])
@pytest.mark.parametrize("every", [True, False])
def test_time_grows_with_the_value_only(pattern, every):
    value = "a" * 20_000
    start = time.process_time()
    prefix(tokens(pattern), value, True)
    replace(tokens(pattern), value, "", every)
    assert time.process_time() - start < 2
