"""Fill the variables of an instruction in, as the builder does before it runs it."""

from __future__ import annotations

from scanner.model.finding import Problem
from scanner.model.instruction import Copy, Flag, From, Instruction, Pair, Pairs, Words
from scanner.model.location import Word
from scanner.parsers import variables

_LITERAL = frozenset({"SHELL", "MAINTAINER"})

MAX_VALUE = 1 << 16
"""Characters of the longest word that variables may make: each ENV can double the one before."""


def expand(instruction: Instruction, lookup: variables.Lookup, escape: str, problems: list[Problem]) -> Instruction:
    """The same instruction with its words filled in; what only a shell fills in (RUN, CMD, …) stays as it is.

    A word that the builder would refuse stays as it is written, not known, and is a problem.
    """

    def filled(text: str, start: int, end: int) -> tuple[str, bool]:
        if not any(char in text for char in special):
            return text, True
        try:
            value, known = variables.expand(text, lookup, escape)
            if len(value) <= max(MAX_VALUE, len(text)):
                return value, known
            raise ValueError(f"its variables make it longer than {MAX_VALUE:,} characters; they were not filled in")
        except ValueError as error:
            problems.append(Problem(at=instruction.text.location(start, end), reason=str(error)))
            return text, False

    def word(raw: Word) -> Word:
        text, known = filled(raw.text, raw.start, raw.end)
        return raw if text is raw.text and known else Word(text, raw.start, raw.end, known)

    def flags() -> tuple[Flag, ...]:
        return tuple(
            f if f.value is None else Flag(f.name, filled(f.value, f.start, f.end)[0], f.start, f.end)
            for f in instruction.flags
        )

    special = "$\"'" + escape
    if not any(char in instruction.text.value for char in special):
        return instruction
    match instruction:
        case From():
            return instruction.replace(image=word(instruction.image), flags=flags())
        case Pairs():
            pairs = tuple(
                Pair(word(p.key), None if p.value is None else word(p.value), p.legacy) for p in instruction.pairs
            )
            return instruction.replace(pairs=pairs)
        case Copy():
            return instruction.replace(
                sources=tuple(word(source) for source in instruction.sources),
                destination=word(instruction.destination),
                flags=flags(),
            )
        case Words() if instruction.keyword not in _LITERAL:
            return instruction.replace(words=tuple(word(each) for each in instruction.words))
        case _:
            return instruction
