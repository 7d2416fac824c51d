"""Options and positionals, as programs read them; getopt is the oracle."""

from __future__ import annotations

import getopt
import shlex

from hypothesis import given, settings
from hypothesis import strategies as st

from scanner.model.location import Text
from scanner.parsers.shell import parse
from scanner.parsers.shell.arguments import Options, options, pipelines

VALUED = frozenset({"--index-url", "-i", "-r", "--opt"})


def read(source: str) -> Options:
    return options(parse(Text.of_file("x", source), {}.get).commands[-1].arguments, VALUED)


def test_all_forms_of_a_value() -> None:
    for source in ("p -i x", "p -ix", "p --index-url x", "p --index-url=x", "p -qi x", "p -qix"):
        value = read(source).value("--index-url", "-i")
        assert value is not None
        assert value.text == "x"
        assert source[value.start : value.end] == "x"


def test_a_value_in_quotes_keeps_the_place_of_its_word() -> None:
    value = read('p "--opt=a b"').value("--opt")
    assert value is not None
    assert (value.text, value.start, value.end) == ("a b", 2, 13)


def test_flags_values_and_positionals_are_told_apart() -> None:
    given_ = read("p install -qU --pre torch -r a.txt -r b.txt - -- -x --y")
    assert given_.has("-q")
    assert given_.has("-U", "--upgrade")
    assert given_.has("--pre")
    assert not given_.has("-x", "--y")
    assert [word.text for word in given_.values("-r", "--requirement")] == ["a.txt", "b.txt"]
    assert given_.value("--index-url") is None
    assert [word.text for word in given_.positionals] == ["install", "torch", "-", "-x", "--y"]


def test_an_option_at_the_end_has_no_value() -> None:
    assert read("p -i").value("-i") is None
    assert read("p -i").has("-i")


def test_the_word_of_an_option_is_found() -> None:
    word = read("p -y --opt=1").word("--opt")
    assert word is not None
    assert word.text == "--opt=1"
    assert read("p").word("--opt") is None


def test_reading_can_stop_at_the_verb() -> None:
    words = parse(Text.of_file("x", "git -C d clone --depth 1 u"), {}.get).commands[0].arguments
    found = options(words, frozenset({"-C"}), until_positional=True)
    assert [word.text for word in found.positionals] == ["clone", "--depth", "1", "u"]


@given(st.lists(st.sampled_from(["-a", "-b", "-c", "-ab", "-cv", "-ac", "--flag", "--val=x", "--val", "w", "-", "--"])))
@settings(max_examples=300, derandomize=True, deadline=None)
def test_options_are_what_getopt_finds(arguments: list[str]) -> None:
    try:
        expected, rest = getopt.gnu_getopt(arguments, "abc:", ["flag", "val="])
    except getopt.GetoptError:
        return
    words = parse(Text.of_file("x", shlex.join(["p", *arguments])), {}.get).commands[0].arguments
    found = options(words, frozenset({"-c", "--val"}))
    assert [(option.name, option.value.text if option.value else "") for option in found.given] == expected
    assert [word.text for word in found.positionals] == rest


def test_pipelines_are_in_order() -> None:
    commands = parse(Text.of_file("x", "a | b $(x | y) | c && d"), {}.get).commands
    programs = [[command.program for command in pipeline] for pipeline in pipelines(commands)]
    assert sorted(programs) == [["a", "b", "c"], ["d"], ["x", "y"]]
