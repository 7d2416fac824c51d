"""Regular expressions that hostile text could make run for ever are refused."""

from __future__ import annotations

import re
import time

import pytest

from scanner.engine.match import MAX_MATCHED
from scanner.engine.pattern import weakness


@pytest.mark.parametrize(("pattern", "why"), [
    ("(a+)+$", "a quantifier inside a quantifier"),
    ("(?:a*b?)*", "a quantifier inside a quantifier"),
    ("((x[ab]{1,100}){2,3})", "a quantifier inside a quantifier"),
    (".*a.*b.*c", "more than 2 unlimited quantifiers, write {0,32}"),
    (r"(a|b)\1", "a back-reference"),
])  # fmt: skip
def test_a_slow_pattern_is_named(pattern, why):
    assert weakness(pattern) == why


@pytest.mark.parametrize("pattern", [
    r"^https?://", r"\.(csv|parquet)$", r"(^|[ /])node_modules(/|$)", "a+b+", "(ab){2,8}",
    "x|y*|z*|w*", r"(?:a{0,3}b)?", r"(?i)latest",
])  # fmt: skip
def test_a_plain_pattern_is_fine(pattern):
    assert weakness(pattern) == ""


@pytest.mark.parametrize("pattern", [r"a.*b.*c$", r"\s+\S*x", r"(?:[ab]|a)+$", "a?" * 12 + "a" * 12])
def test_what_is_allowed_ends_soon_on_the_longest_text(pattern):
    assert weakness(pattern) == ""
    for text in ("a" * MAX_MATCHED, "ab" * (MAX_MATCHED // 2), " " * MAX_MATCHED):
        start = time.process_time()
        re.search(pattern, text)
        assert time.process_time() - start < 5


def test_what_is_no_pattern_is_an_error():
    with pytest.raises(re.error):
        weakness("[")
