"""Where and when something happens."""

from __future__ import annotations

from typing import Literal

from scanner.model.target import Config, Step

Moment = Literal["build", "start"]


def moment(item: Step | Config) -> Moment:
    """When the commands of an item run."""
    return "build" if isinstance(item, Step) else "start"


def stage(item: Step | Config) -> str:
    """Name or number of its stage, "" in front of the first."""
    return "" if item.stage.index < 0 else item.stage.name or str(item.stage.index)
