"""A .dockerignore keeps out what Docker keeps out."""

from __future__ import annotations

import pytest
from docker.utils.build import PatternMatcher
from hypothesis import example, given, settings
from hypothesis import strategies as st

from scanner.parsers import dockerignore

NAMES = st.sampled_from(["a", "b", "ab", ".env", "a.py", "data", "x-1"])
PATHS = st.lists(NAMES, min_size=1, max_size=3).map("/".join)
PARTS = st.sampled_from(["a", "b", "*", "**", "?", "*.py", ".env", "a*", "data", "x-?", "[ab]"])
PATTERNS = st.builds(
    lambda bang, parts, slash: bang + "/".join(parts) + slash,
    st.sampled_from(["", "", "!"]),
    st.lists(PARTS, min_size=1, max_size=3),
    st.sampled_from(["", "", "/"]),
)


@settings(max_examples=400, deadline=None, derandomize=True)
@given(st.lists(PATTERNS, max_size=4), PATHS)
@example(["*", "!a"], "a/b")
@example(["a/**", "!a/b"], "a/b")
def test_it_ignores_what_docker_ignores(patterns, path):
    """The oracle is the matcher of Docker's own Python client, which filters the context that it sends."""
    ours = dockerignore.parse("\n".join(patterns))
    assert ours.ignores(path) == PatternMatcher(patterns).matches(path)


def test_comments_blank_lines_and_a_byte_order_mark_are_no_patterns():
    parsed = dockerignore.parse("\ufeff# secrets\n\n  .env  \n/abs\n.\n")
    assert [parsed.ignores(path) for path in (".env", "abs", "# secrets", "other")] == [True, True, False, False]


@pytest.mark.parametrize(
    ("pattern", "path", "matches"),
    [("*.txt", "a.txt", True), ("*.txt", "b/a.txt", False), ("src/*", "src/a/b.py", True), ("require*", "x", False)],
)
def test_copy_sources_with_wildcards(pattern, path, matches):
    assert (dockerignore.glob(pattern).match(path) is not None) == matches


def test_too_many_patterns_and_broken_ones_are_refused():
    with pytest.raises(ValueError, match="at most"):
        dockerignore.parse("a\n" * (dockerignore.MAX_PATTERNS + 1))
    with pytest.raises(ValueError, match="is no pattern"):
        dockerignore.parse("[b-a]")
