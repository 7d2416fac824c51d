"""The form of stages and instructions."""

from __future__ import annotations

from collections.abc import Iterator

from scanner.model.facts import Fact, Instruction, Stage
from scanner.model.instruction import From, Healthcheck, Run, Shelled, Unreadable, Words
from scanner.model.target import Item, Step


class Stages:
    """A fact for each FROM."""

    of = (Step,)

    def wants(self, item: Item) -> bool:
        """FROM."""
        return isinstance(item, Step) and isinstance(item.instruction, From)

    def extract(self, item: Item) -> Iterator[Stage]:
        """One fact."""
        assert isinstance(item, Step)
        assert isinstance(item.instruction, From)
        instruction, stage = item.instruction, item.stage
        yield Stage(
            evidence=(instruction.evidence(instruction.stage or instruction.image),),
            ships=stage.ships,
            name=stage.name or str(stage.index),
            named=bool(stage.name),
            reached=stage.reached,
            duplicate=stage.duplicate,
            reserved=stage.name.lower() in {"scratch", "context"},
        )


class Instructions:
    """A fact for each instruction that can be read."""

    of = (Step,)

    def wants(self, item: Item) -> bool:
        """All but what cannot be read."""
        return isinstance(item, Step) and not isinstance(item.instruction, Unreadable)

    def extract(self, item: Item) -> Iterator[Fact]:
        """One fact."""
        assert isinstance(item, Step)
        instruction = item.instruction
        words = instruction.text.value[instruction.arguments :].strip()
        shelled = instruction if isinstance(instruction, Shelled) else None
        exec_form = shelled is not None and shelled.argv is not None
        network = instruction.flag("network") if isinstance(instruction, Run) else None
        security = instruction.flag("security") if isinstance(instruction, Run) else None
        yield Instruction(
            evidence=(instruction.evidence(),),
            ships=item.stage.ships,
            keyword=instruction.keyword,
            words=words,
            stage=item.stage.name or str(item.stage.index),
            form="" if shelled is None or _disabled(shelled) else "exec" if exec_form else "shell",
            overridden=item.overridden,
            relative=_relative(item),
            triggered=item.triggered,
            bad_json=shelled is not None and not exec_form and words.startswith("["),
            network=network.value if network else "",
            security=security.value if security else "",
            blank_line=bool(instruction.blank),
        )


def _disabled(instruction: Shelled) -> bool:
    return isinstance(instruction, Healthcheck) and instruction.disabled


def _relative(step: Step) -> bool | None:
    instruction = step.instruction
    if instruction.keyword != "WORKDIR" or not isinstance(instruction, Words):
        return False
    word = instruction.words[0]
    text = word.text
    if text.startswith(("/", "\\")) or text[1:3] in {":/", ":\\"}:
        return False
    return None if text.startswith("$") else step.workdir is None


EXTRACTORS = (Stages(), Instructions())
