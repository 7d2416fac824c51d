"""Variables that an instruction uses and nobody declared for it."""

from __future__ import annotations

from collections.abc import Callable, Collection

from scanner.model.instruction import From, Instruction
from scanner.model.location import Word
from scanner.parsers.lazy import Lazy
from scanner.sources.dockerfile.stage import PREDEFINED, PROXIES, StageState

MAX_NAMES = 50
"""Undeclared variables of one instruction that are told of."""

_USE = Lazy(r"(?<!\\)\$(?:([A-Za-z_]\w*)|\{([A-Za-z_]\w*)\})")
"""``$NAME`` and ``${NAME}``; one with a modifier says itself what to do without a value."""
_STARTED_LATER = frozenset({"CMD", "ENTRYPOINT", "HEALTHCHECK", "SHELL", "MAINTAINER"})
"""What these use may come from whoever starts the container, or is not filled in at all."""


def uses(instruction: Instruction, outer: Collection[str], state: StageState) -> tuple[Word, ...]:
    """In FROM, those without an ARG before it (``outer``); later, those with one that the stage does not repeat."""
    if isinstance(instruction, From):
        return _found(instruction, lambda name: name not in outer and name not in PREDEFINED and name not in PROXIES)
    text = instruction.text.value
    if not outer or instruction.keyword in _STARTED_LATER or "$" not in text:
        return ()
    missing = {name for name in outer if name not in state.args and name not in state.env and name not in PROXIES}
    if instruction.keyword == "RUN":
        missing = {name for name in missing if not _sets(name, text)}
    return _found(instruction, missing.__contains__) if missing else ()


def _sets(name: str, text: str) -> bool:
    """Whether a shell script gives the variable a value itself."""
    return f"{name}=" in text or f"for {name} " in text or ("read " in text and f" {name}" in text)


def _found(instruction: Instruction, wanted: Callable[[str], bool]) -> tuple[Word, ...]:
    text = instruction.text.value
    found: dict[str, Word] = {}
    quotes = at = 0
    for use in _USE.finditer(text) if "$" in text else ():
        quotes, at = quotes + text.count("'", at, use.start()), use.start()
        name = use[1] or use[2]
        if quotes % 2 == 0 and name not in found and wanted(name):
            found[name] = Word(name, use.start(), use.end())
            if len(found) == MAX_NAMES:
                break
    return tuple(found.values())
