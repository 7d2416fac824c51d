"""Variables that are set, wherever it is said: by ENV, in front of a command, by ``export``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from scanner.extractors.place import moment
from scanner.model.instruction import Pairs
from scanner.model.location import Evidence
from scanner.model.record import Record
from scanner.model.target import Config, Step

ON = frozenset({"1", "true", "yes", "y", "on", "t"})
"""Values, in lower case, that switch something on."""


class Variable(Record, kw_only=False):
    """One variable, and the value it is given; None when that is not known."""

    name: str
    value: str | None
    evidence: Evidence
    moment: Literal["build", "start", "environment"]

    @property
    def on(self) -> bool:
        """Its value is known to switch something on."""
        return self.value is not None and self.value.lower() in ON


def variables(item: Step | Config) -> Iterator[Variable]:
    """The variables that an ENV, or the commands of a RUN or of the start, set."""
    instruction = item.instruction if isinstance(item, Step) else None
    if isinstance(instruction, Pairs) and instruction.keyword == "ENV":
        for pair in instruction.pairs:
            if pair.value is not None:
                evidence = instruction.text.evidence(pair.key.start, pair.value.end)
                value = pair.value.text if pair.value.known else None
                yield Variable(pair.key.text, value, evidence, "environment")
    for command in item.commands:
        for assignment in command.assignments:
            value = assignment.value.text if assignment.value.known else None
            yield Variable(assignment.name, value, command.evidence(assignment), moment(item))
