"""Fill the variables of an instruction in, as the builder does before it runs it."""

from __future__ import annotations

from scanner.model.instruction import Copy, Flag, From, Instruction, Onbuild, Pair, Pairs, Words
from scanner.model.location import Word
from scanner.parsers import variables
from scanner.sources.dockerfile.stage import Lookup

_LITERAL = frozenset({"SHELL", "MAINTAINER"})


def expand(instruction: Instruction, lookup: Lookup, escape: str) -> Instruction:
    """The same instruction with its words filled in; what only a shell fills in (RUN, CMD, …) stays as it is."""

    def word(raw: Word) -> Word:
        if not any(char in raw.text for char in "$\"'" + escape):
            return raw
        text, known = variables.expand(raw.text, lookup, escape)
        return Word(text, raw.start, raw.end, known)

    def flags() -> tuple[Flag, ...]:
        return tuple(
            Flag(f.name, variables.expand(f.value, lookup, escape)[0], f.start, f.end)
            if f.value is not None and "$" in f.value
            else f
            for f in instruction.flags
        )

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
        case Onbuild():
            return instruction
        case _:
            return instruction
