"""What holds for every script: nothing raises, places are real, and bash, shlex and tree-sitter agree."""

from __future__ import annotations

import shlex
import shutil
import subprocess
from collections.abc import Iterator

import pytest
import tree_sitter
import tree_sitter_bash
from hypothesis import example, given, settings
from hypothesis import strategies as st

from scanner.model.command import Script
from scanner.model.location import Text, Word
from scanner.parsers.shell import parse, parse_argv

TOKENS = st.sampled_from(
    """if then elif else fi for x in do done while until case esac ;; ;& { } ( ) (( )) [[ ]] && || | |& ; & ! function
    f() a b -c sh eval sudo env echo printf tee cat export A=1 A+=x A=( $A ${A} ${A:-b} ${A%%*b} ${A//a/b} ${A[@]} $( )
    ` " ' \\ $' <( >( << <<- <<EOF EOF <<< > >> 2>&1 &> # \n \t \r\n \0 é 日 $ ${ $(( }""".replace("\\n", "\n")
    .replace("\\0", "\0")
    .split(" ")
)
ANYTHING = st.text() | st.lists(TOKENS, max_size=40).map(" ".join) | st.lists(TOKENS, max_size=40).map("".join)


def check(script: Script, text: Text) -> None:
    for index, command in enumerate(script.commands):
        length = len(command.source.value)
        for word in (*command.words, *command.wrappers, *command.assignments, *(r.target for r in command.redirects)):
            assert 0 <= word.start <= word.end <= length
            command.source.place(word.start)
        assert command.parent is None or 0 <= command.parent < index
        if command.parent is not None:
            assert command.inside
        if command.words or command.assignments or command.redirects:
            command.evidence()
    for written in script.written:
        assert 0 <= written.command < len(script.commands)
    for start, end, reason in script.errors:
        assert 0 <= start <= end <= len(text.value)
        assert reason


@given(ANYTHING)
@settings(max_examples=500, derandomize=True, deadline=None)
@example("`\\")
@example("[[ (")
@example('"$(')
@example("cat <<A <<-B\n$(x\nA\n")
@example("a=(\\")
@example("sh -c 'sh -c \"`eval x\"'")
def test_no_script_raises_and_all_places_are_in_it(source: str) -> None:
    text = Text.of_file("x.sh", source)
    check(parse(text, {"A": "a b", "x": None}.get), text)


@given(st.lists(ANYTHING, min_size=1, max_size=5))
@settings(max_examples=100, derandomize=True, deadline=None)
def test_no_exec_form_raises(strings: list[str]) -> None:
    value = "".join(strings)
    words, at = [], 0
    for string in strings:
        words.append(Word(string, at, at + len(string)))
        at += len(string)
    text = Text.of_file("x", value)
    check(parse_argv(text, [*words[:1], Word("-c", 0, 0), *words[1:]], {}.get), text)


@given(st.lists(st.text(st.characters(exclude_characters="\0\r", codec="utf-8"), max_size=8), min_size=1, max_size=6))
@settings(max_examples=200, derandomize=True, deadline=None)
def test_quoted_words_are_what_shlex_makes_of_them(strings: list[str]) -> None:
    source = " ".join(shlex.quote(string) for string in ["run", *strings])
    (command,) = parse(Text.of_file("x", source), {}.get).commands
    assert [word.text for word in command.words] == shlex.split(source)
    assert all(word.known for word in command.words)


PIECES = st.sampled_from(
    ["a", "b c", "'d e'", '"f g"', "\\ ", "\\'", "'\"'", '"\'"', "x=y", '"\\"\\\\"', "-", "é", " "]
)


@given(st.lists(PIECES, min_size=1, max_size=10))
@settings(max_examples=300, derandomize=True, deadline=None)
def test_words_of_mixed_quoting_are_what_shlex_makes_of_them(pieces: list[str]) -> None:
    source = "run " + "".join(pieces)
    (command,) = parse(Text.of_file("x", source), {}.get).commands
    assert [word.text for word in command.words] == shlex.split(source)


VALUES = st.text("ab/.-1 ", max_size=8)
PATTERNS = st.text("ab/.-*?", min_size=1, max_size=3).filter(lambda pattern: pattern[0] != "/")
EXPANSIONS = st.one_of(
    st.tuples(st.sampled_from(["#", "##", "%", "%%"]), PATTERNS).map("".join),
    st.tuples(st.sampled_from(["/", "//", "/#", "/%"]), PATTERNS.filter(lambda p: "/" not in p and p[0] not in "#%"))
    .map("".join)
    .flatmap(lambda head: st.sampled_from(["", "/", "/x", "/yz"]).map(lambda tail: head + tail)),
    st.tuples(st.sampled_from([":-", "-", ":+", "+", ":="]), st.text("abc", max_size=3)).map("".join),
    st.sampled_from([":0:2", ":1", ": -2", ":2:-1", ":0", "^^", ",,", "^", ",", ""]),
)


@pytest.mark.skipif(shutil.which("bash") is None, reason="bash is the oracle")
def test_expansions_are_what_bash_makes_of_them() -> None:
    cases: list[tuple[str, str]] = []

    @given(VALUES, EXPANSIONS, st.booleans())
    @settings(max_examples=400, derandomize=True, deadline=None, database=None)
    def collect(value: str, expansion: str, quoted: bool) -> None:
        word = "${V" + expansion + "}"
        cases.append((value, f'"{word}"' if quoted else f"x{word}y"))

    collect()
    script = "set -f\n" + "".join(f"V='{value}'; printf '%s\\0' {word}; printf '\\n\\0'\n" for value, word in cases)
    done = subprocess.run(["bash", "-c", script], capture_output=True, check=False, env={"LC_ALL": "C.UTF-8"})
    results = done.stdout.decode().split("\n\0")[:-1]
    assert len(results) == len(cases)
    known = 0
    for (value, word), printed in zip(cases, results, strict=True):
        command = parse(Text.of_file("x", f"V='{value}'; run {word}"), {}.get).commands[-1]
        if all(argument.known for argument in command.arguments):
            known += 1
            ours = [argument.text for argument in command.arguments]
            assert (value, word, ours) == (value, word, printed.split("\0")[:-1])
    assert known > 0.9 * len(cases)


SIMPLE = st.sampled_from(
    ["a", "pip install x", 'echo "$A$B"', "c 'd e' > f", "X=1 run", "g 2>&1 < i", "h $(j k)", "l `m`", "n --o=${P:-q}"]
)


def _compound(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        st.tuples(inner, st.sampled_from([" && ", " || ", "; ", " | ", "\n", " & "]), inner).map("".join),
        inner.map("( {} )".format),
        inner.map("{{ {}; }}".format),
        st.tuples(inner, inner).map(lambda two: f"if {two[0]}; then {two[1]}; else z; fi"),
        inner.map("for i in 1 2; do {}; done".format),
        inner.map("while {}; do y; done".format),
        inner.map("case $w in u|v) {} ;; *) t ;; esac".format),
        inner.map("s $( {} )".format),
        inner.map("fn() {{ {}; }}".format),
    )


def names(source: str) -> Iterator[int]:
    parser = tree_sitter.Parser(tree_sitter.Language(tree_sitter_bash.language()))
    todo = [parser.parse(source.encode()).root_node]
    if todo[0].has_error:
        return
    while todo:
        node = todo.pop()
        todo += node.children
        if node.type == "command_name":
            yield node.start_byte


@given(st.recursive(SIMPLE, _compound, max_leaves=6))
@settings(max_examples=200, derandomize=True, deadline=None)
def test_commands_begin_where_tree_sitter_sees_them(source: str) -> None:
    found = set()
    for command in parse(Text.of_file("x", source), {}.get).commands:
        if command.source.value == source:
            found.add(command.words[0].start)
        else:
            found.add(command.source.place(command.words[0].start)[1] - 1 if "\n" not in source else None)
    if None not in found and (expected := set(names(source))):
        assert found == expected
