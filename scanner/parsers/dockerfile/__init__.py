"""A Dockerfile to its instructions, as BuildKit reads it (moby/buildkit v0.34).

Nothing is filled in and nothing is judged. What BuildKit rejects is an entry in ``Dockerfile.errors``; the rest of
the file is read all the same. Lines end at a line feed only. Columns do not count a byte order mark.
"""

from __future__ import annotations

from scanner.model.instruction import Dockerfile, Heredoc, Instruction
from scanner.parsers.dockerfile.instructions import Head, Line, build, read_head
from scanner.parsers.dockerfile.lines import LONGEST_LINE, Reader, Whole
from scanner.parsers.dockerfile.words import WHITESPACE, json_words

_TAKES_HEREDOCS = frozenset({"RUN", "COPY", "ADD"})


def parse(text: str, path: str) -> Dockerfile:
    """The Dockerfile ``text``; ``path`` is what its locations say. Never raises, whatever the text."""
    reader = Reader(text, path)
    errors = reader.errors
    instructions: list[Instruction] = []
    first_from = 0
    while (whole := reader.next()) is not None:
        instruction, wrong = _instruction(reader, whole)
        instructions.append(instruction)
        if wrong:
            errors += [(whole.first[0], reason) for reason in dict.fromkeys(wrong)]
        if not first_from and instruction.keyword == "FROM":
            first_from = len(instructions)
    errors += _order(instructions, first_from)
    if len(text) > LONGEST_LINE // 4:
        errors += [
            (number, f"a line of more than {LONGEST_LINE:,} bytes: BuildKit stops reading there")
            for number, line in enumerate(reader.lines, 1)
            if len(line) > LONGEST_LINE // 4 and len(line.encode("utf-8", "surrogatepass")) > LONGEST_LINE
        ]
    return Dockerfile(
        directives=tuple(reader.directives),
        escape=reader.escape,
        instructions=tuple(instructions),
        comments=reader.comments(),
        errors=tuple(sorted(errors, key=lambda error: error[0])),
    )


def _order(instructions: list[Instruction], first_from: int) -> list[tuple[int, str]]:
    """What is wrong with the order of the instructions; ``first_from`` counts up to the first FROM."""
    if not instructions:
        return [(1, "no instruction in this file: a Dockerfile begins with FROM")]
    if not first_from:
        return [(1, "no FROM in this file: a Dockerfile needs a base image")]
    early = next((each for each in instructions[:first_from] if each.keyword not in ("ARG", "FROM")), None)
    if early is None:
        return []
    return [(early.span.first_line, f"{early.keyword[:20]!r} before the first FROM: only ARG may stand there")]


def _instruction(reader: Reader, whole: Whole) -> tuple[Instruction, list[str]]:
    wrong: list[str] = []
    value = whole.text.value
    head = read_head(value, 0, reader.escape)
    heredocs = _heredocs(reader, value, head, wrong) if "<<" in value else ()
    span = reader.span(whole.first)
    reader.cover(span)
    return build(Line(head, whole.text, span, reader.escape, heredocs, wrong, whole.blank)), wrong


def _heredocs(reader: Reader, value: str, head: Head, wrong: list[str]) -> tuple[Heredoc, ...]:
    if head.keyword == "ONBUILD":
        head = read_head(value, head.arguments, reader.escape)
    if head.keyword not in _TAKES_HEREDOCS:
        return ()
    from scanner.parsers.dockerfile.heredocs import asked  # few files need its patterns

    try:
        if json_words(value, head.arguments) is not None:
            return ()
        wanted = asked(value)
    except ValueError as error:
        wrong.append(str(error))
        return ()
    found = []
    for name, descriptor, expand, strip_tabs in wanted:
        text = reader.body(name, "\t" if strip_tabs else "")
        if text is None:
            text = reader.body(name, WHITESPACE)
            remedy = f"line {reader.at} has white space around it" if text else "put it alone on a line of its own"
            wrong.append(f"no line ends the here-document, which is just {name[:40]!r}: {remedy}")
        if text is None:
            break
        found.append(Heredoc(name=name, descriptor=descriptor, expand=expand, strip_tabs=strip_tabs, text=text))
    return tuple(found)
