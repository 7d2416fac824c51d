"""Words are filled in as BuildKit does it, and what is not known is never guessed."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from dockerfile_parse.util import WordSplitter
from hypothesis import given, settings
from hypothesis import strategies as st

from scanner.parsers.variables import DEEPEST, UNSET, Expanded, expand, unquote, words

VECTORS = [
    json.loads(line) for line in (Path(__file__).parent / "vectors" / "words.jsonl").read_bytes().split(b"\n") if line
]
PIECES = (
    r"$U|${U}|${U:-a}|${U-$A}|${U:+b}|${U+}|${B:-$U}|${A:+$U}|${E:-$U}|${B+$U}|${U#a}|${U%%.*}|${U/a/b}|a|'$U'|"
    r'"$U"|\$| |${A#${U}}|${B:-${U:-x}}'
)
SET = {"A": "a.b.c/aab", "E": "", "S": "x y", "V": "1.22.3-cuda12"}


def known(name):
    return SET.get(name, UNSET)


def unknown(name):
    return None if name.startswith("U") else known(name)


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: f"{vector['escape']} {vector['word']!a}")
def test_buildkit_says_the_same(vector):
    """Made by vectors/words.go. Words are compared where BuildKit itself does not lose what stands before ``${…}``."""
    if vector["text"] is None:
        with pytest.raises(ValueError, match=r"."):
            expand(vector["word"], known, vector["escape"])
        return
    assert expand(vector["word"], known, vector["escape"]) == (vector["text"], True)
    if "${" not in vector["word"] and "<<" not in vector["word"]:
        assert [word.text for word in words(vector["word"], known, vector["escape"])] == (vector["words"] or [])


@pytest.mark.parametrize(
    ("word", "text"),
    [
        ("$U", "${U}"),
        ("${U}", "${U}"),
        ("a/$U/${A}", "a/${U}/a.b.c/aab"),
        ("'$U'\"$U\"\\$U", "$U${U}$U"),
        ("${U:-w}", "${U:-w}"),
        ("${U-'a b'}", "${U-'a b'}"),
        ("${U:+w}", "${U:+w}"),
        ("${U:?w}", "${U:?w}"),
        ("${U#*.}", "${U#*.}"),
        ("${U%%.*}", "${U%%.*}"),
        ("${U/a/b}", "${U/a/b}"),
        ("${U//a/b}", "${U//a/b}"),
        ("${B:-$U}", "${U}"),
        ("${A+x$U}", "x${U}"),
        ("${A#$U}", "${A#$U}"),
        ("${A/a/$U}", "${A/a/$U}"),
        ("${U:-${A}}", "${U:-${A}}"),
    ],
)
def test_what_is_not_known_stays_as_it_is_written(word, text):
    assert expand(word, unknown) == Expanded(text, False)


@pytest.mark.parametrize(
    ("word", "text"),
    [("${A:-$U}", "a.b.c/aab"), ("${B+$U}", ""), ("${E:+$U}", ""), ("${U+}", ""), ("${U:+''}", ""), ("'$U'", "$U")],
)
def test_what_does_not_hang_on_the_unknown_is_known(word, text):
    assert expand(word, unknown) == Expanded(text, True)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(
    st.lists(
        st.sampled_from(PIECES.split("|")),
        max_size=5,
    ).map("".join),
    st.sampled_from([UNSET, "", "a", "a.b", "x y"]),
)
def test_a_known_result_holds_whatever_the_unknown_turns_out_to_be(word, value):
    said = expand(word, unknown)
    if said.known:
        assert said == expand(word, lambda name: value if name == "U" else known(name))


def test_a_substitution_that_fails_raises():
    with pytest.raises(ValueError, match="B: give it"):
        expand("${B:?give it}", known)
    with pytest.raises(ValueError, match="E: must be set"):
        expand("${E:?}", known)


def test_words_are_split_outside_quotes_only():
    assert words("$S \"$S\" $U '' ${U:-a b}", unknown) == (
        ("x", True),
        ("y", True),
        ("x y", True),
        ("${U}", False),
        ("${U:-a b}", False),
    )


def test_the_escape_character_is_the_one_of_the_file():
    assert expand("C:\\x`$A", known, "`") == Expanded("C:\\x$A", True)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.text(alphabet="ab ='\"\\", max_size=12))
def test_quotes_go_as_dockerfile_parse_takes_them(word):
    """dockerfile-parse is wrong where an escape stands before something else than a double quote inside double quotes
    (it never lets the escape character escape itself there), and takes quotes that do not close.
    """
    try:
        ours = unquote(word)
    except ValueError:
        return
    if "\\" not in word:
        assert ours == WordSplitter(word).dequote()


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.text(alphabet="$ab{}:-+?#%/*\\'\" \u00e9", max_size=20), st.sampled_from("\\`"))
def test_any_word_is_filled_in_or_rejected(word, escape):
    try:
        said = expand(word, unknown, escape)
    except ValueError:
        return
    split = words(word, unknown, escape)
    assert "".join("".join(each.text for each in split).split()) == "".join(said.text.split())
    assert all(each.known for each in split) or not said.known


def test_depth_is_limited():
    nested = "${B:-" * DEEPEST + "}" * DEEPEST
    assert expand(nested, known).text == ""
    with pytest.raises(ValueError, match=str(DEEPEST)):
        expand("${B:-" + nested + "}", known)


@pytest.mark.parametrize("piece", ["$A", "${A}", "'a'", '"$A"', "\\a", "a", "${B:-a}", "${A##*b}", "${L##*b*b*b*b*c}"])
def test_time_grows_with_the_word_only(piece):
    long = {"L": "ab" * 20_000}

    def seconds(times):
        start = time.process_time()
        expand(piece * times, lambda name: long.get(name, "a.b"))
        return time.process_time() - start

    times = 4 if "L" in piece else 2_000
    seconds(1)
    assert min(seconds(times * 4) for _ in range(3)) < 0.2 + 16 * min(seconds(times) for _ in range(3))
