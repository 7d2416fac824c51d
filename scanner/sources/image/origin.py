"""Which instruction of a Dockerfile made which entry of an image's history."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import SequenceMatcher

from scanner.model.finding import Problem
from scanner.model.instruction import Copy, Healthcheck, Instruction, Pairs, Run, Shelled, Words
from scanner.model.location import Location, Text, Word
from scanner.model.target import Step, Target

MAX_STEPS = 500
"""Instructions and entries, counted from the last, that are held against each other."""


def tied(image: Target, source: Target) -> Target:
    """The image's target with what the steps of its Dockerfile made; nothing tied at all is a problem."""
    page = f"{image.name} history"
    entries = [step for step in image.steps if step.at.path == page and step.keyword not in {"", "FROM"}]
    written = [step for step in source.config.steps if step.keyword != "FROM"] if source.config is not None else []
    origins = dict(_pairs(entries[-MAX_STEPS:], written[-MAX_STEPS:]))
    problems = list(image.problems)
    if written and not origins:
        reason = f"{source.name} did not make this image: no entry of the history is one of its instructions"
        problems.append(Problem(at=Location(page), reason=reason, remedy="Name the Dockerfile it was built from."))
    return image.replace(origins=origins, lines={**image.lines, **source.lines}, problems=problems)


def _pairs(entries: Sequence[Step], written: Sequence[Step]) -> list[tuple[tuple[str, int], Text]]:
    """The longest runs that are the same, from the end on: what a base image did stands in front."""
    entries, written = entries[::-1], written[::-1]
    left, right = ([_key(step.instruction) for step in steps] for steps in (entries, written))
    blocks = SequenceMatcher(None, left, right, autojunk=False).get_matching_blocks()
    found = []
    for block in blocks:
        for n in range(block.size):
            at = entries[block.a + n].at
            if at.span is not None:
                found.append(((at.path, at.span.first_line), written[block.b + n].instruction.text))
    return found


def _key(instruction: Instruction) -> tuple[str, ...]:
    """What is left of an instruction in the history, whichever builder wrote it."""
    words: list[str] = []
    match instruction:
        case Run():
            script = instruction.script.value
            bodies = (each for each in instruction.heredocs if each.text.value != script)
            script += "".join(f"\n{each.text.value}{each.name}" for each in bodies)
            words = _texts(instruction.argv) if instruction.argv is not None else [script]
            words = " ".join(words).split()
        case Healthcheck(disabled=True):
            words = ["NONE"]
        case Shelled():
            words = _texts(instruction.argv or ()) or instruction.script.value.split()
        case Copy():
            words = [*(word.text if word.known else "" for word in instruction.sources), instruction.destination.text]
        case Pairs():
            words = [pair.key.text for pair in instruction.pairs]
        case Words(keyword="EXPOSE"):
            words = sorted(word.text.removesuffix("/tcp") for word in instruction.words)
        case Words(keyword="WORKDIR"):
            words = [instruction.words[0].text.rstrip("/").rpartition("/")[2]]
        case Words():
            words = " ".join(_texts(instruction.words)).split()
        case _:
            words = [instruction.text.value]
    return instruction.keyword, *words


def _texts(words: Sequence[Word]) -> list[str]:
    return [word.text for word in words]
