"""What comes behind a step."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from scanner.model.target import Step

MAX_LATER = 40
"""Steps behind a step in which its downloads and clones are looked for."""
MAX_LATER_COMMANDS = 400
"""Commands of those steps in all."""


def nearest(after: list[Step]) -> Callable[[], Sequence[Step]]:
    """The steps behind a step, given the last one first. They hold only later ones, so that none is part of a cycle."""
    found: list[Step] = []
    left = MAX_LATER_COMMANDS
    for step in after[: -MAX_LATER - 1 : -1]:
        left -= len(step.commands)
        if left < 0:
            break
        found.append(step)
    return lambda: found
