"""Whatever the text: no exception, nothing lost, true places, and time in proportion to its length."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scanner.model.instruction import Copy, From, Instruction, Onbuild, Pairs, Shelled, Words
from scanner.model.location import Text, Word
from scanner.parsers.dockerfile import parse
from scanner.parsers.dockerfile.words import WHITESPACE

KEYWORDS = "FROM RUN COPY ENV ARG CMD ONBUILD HEALTHCHECK LABEL VOLUME USER <<EOF <<-E --x=y --"
PIECES = st.sampled_from(
    [f"{keyword} " for keyword in KEYWORDS.split()]
    + [*"ab=\"'\\`# \t$[]\0\v\r\n\n\n\ufeff\u00a0\u2028\ud800😀", "b=c", "\\\n", "EOF\n", "\tE\n", "${A:-b}", "\r\n"]
    + ['["a"]', '["é\\n"]', "<<EOF\n", "# escape=`\n"]
)
TEXTS = st.one_of(st.text(max_size=60), st.lists(PIECES, max_size=30).map("".join))


def words_of(instruction: Instruction) -> list[Word]:
    match instruction:
        case From(image=image, stage=stage):
            return [word for word in (image, stage) if word]
        case Pairs(pairs=pairs):
            return [word for pair in pairs for word in (pair.key, pair.value) if word]
        case Copy(sources=sources, destination=destination):
            return [*sources, destination]
        case Words(words=words):
            return list(words)
        case Shelled(argv=argv):
            return list(argv or ())
    return []


def everything(text: str) -> list[Instruction]:
    found = list(parse(text, "f").instructions)
    return found + [each.inner for each in found if isinstance(each, Onbuild)]


def characters(text: Text, lines: list[str]) -> None:
    """Each character of ``text`` is the one that stands at its place in the file."""
    for offset, character in enumerate(text.value):
        line, column = text.place(offset)
        assert (lines[line - 1] + "\n")[column - 1] == character


@settings(max_examples=150, deadline=None, derandomize=True)
@given(TEXTS)
def test_places_are_true(text: str) -> None:
    lines = text.removeprefix("\ufeff").split("\n")
    parsed = parse(text, "f")
    for instruction in everything(text):
        texts = [instruction.text, *(doc.text for doc in instruction.heredocs)]
        texts += [instruction.script] if isinstance(instruction, Shelled) else []
        for each in texts:
            characters(each, lines)
        for word in words_of(instruction):
            written = instruction.text.value[word.start : word.end]
            assert word.text == written or written[:1] == '"' or written.startswith(("<<", "3<<"))
    for comment in parsed.comments:
        characters(comment.text, lines)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(TEXTS)
def test_nothing_is_lost(text: str) -> None:
    parsed = parse(text, "f")
    lines = text.removeprefix("\ufeff").split("\n")
    told: dict[int, set[int]] = {number: set() for number in range(1, len(lines) + 1)}
    for instruction in parsed.instructions:
        for each in (instruction.text, *(doc.text for doc in instruction.heredocs)):
            for offset in range(len(each.value)):
                line, column = each.place(offset)
                told[line].add(column)
    for comment in parsed.comments:
        for offset in range(len(comment.text.value)):
            line, column = comment.text.place(offset)
            told[line].add(column)
    names = {doc.name for instruction in parsed.instructions for doc in instruction.heredocs}
    skipped = {directive.line for directive in parsed.directives} | {line for line, _ in parsed.errors}
    for number, line in enumerate(lines, 1):
        rest = "".join(character for at, character in enumerate(line, 1) if at not in told[number])
        assert not rest.strip(WHITESPACE + "#\\`") or number in skipped or rest.strip(WHITESPACE) in names


@settings(max_examples=100, deadline=None, derandomize=True)
@given(st.text(max_size=200))
def test_any_text_is_read(text: str) -> None:
    parsed = parse(text, "f")
    assert parsed.instructions or parsed.errors
    for instruction in parsed.instructions:
        assert instruction.evidence().quote == instruction.text.value


@settings(max_examples=100, deadline=None, derandomize=True)
@given(TEXTS)
def test_the_line_ends_do_not_matter(text: str) -> None:
    if "\r" not in text:
        unix, windows = parse(text, "f"), parse(text.replace("\n", "\r\n"), "f")
        assert [i.text for i in unix.instructions] == [i.text for i in windows.instructions]


N = 800
HUGE = {
    "stages": lambda n: "FROM a\n" * n,
    "one line": lambda n: "FROM a\nRUN " + "x y " * n,
    "line with a heredoc": lambda n: "FROM a\nRUN <<EOF " + "x$ '' " * n + "\nEOF\n",
    "quoted words": lambda n: "FROM a\nENV a=" + "'x' \"y\\\" " * n,
    "open quotes": lambda n: "FROM a\nENV a=" + "\"'" * n,
    "open braces": lambda n: "FROM a\nRUN <<EOF " + "${a:-" * n + "\nEOF\n",
    "array": lambda n: "FROM a\nRUN [" + '"a",' * n + '"b"]',
    "nested array": lambda n: "FROM a\nRUN " + "[" * n,
    "continuations": lambda n: "FROM a\nRUN x" + " \\\n\n# c\n y" * n,
    "lone continuations": lambda n: "FROM a\n" + "\\\n" * n,
    "onbuild": lambda n: "FROM a\n" + "ONBUILD " * n,
    "flags": lambda n: "FROM a\nRUN " + "--mount=a=b " * n,
    "mount options": lambda n: "FROM a\nRUN --mount=" + "a=b," * n,
    "blank directive": lambda n: "# escape=" + " " * n + "x",
    "heredocs without an end": lambda n: "FROM a\n" + "".join(f"RUN <<E{i}\n" for i in range(n)),
    "heredocs with an indented end": lambda n: "FROM a\n" + "".join(f"RUN <<E{i}\n E{i}\n" for i in range(n)),
    "prose": lambda n: "".join(f"Word{i} and so on\n" for i in range(n)),
    "white space": lambda n: "FROM a\nRUN" + " \t" * n + "x" + "\u00a0" * n + "y",
    "NUL": lambda n: "\0" * n,
}


@pytest.mark.parametrize("kind", HUGE)
def test_time_grows_with_the_text_only(kind: str) -> None:
    def seconds(size: int) -> float:
        text = HUGE[kind](size)
        start = time.process_time()
        parse(text, "f")
        return time.process_time() - start

    seconds(10)
    short, long = (min(seconds(size) for _ in range(3)) for size in (N, N * 8))
    assert long < 0.1 + short * 8 * 4
