"""Where and when something happens."""

from __future__ import annotations

import posixpath
from typing import Literal

from scanner.model.command import Command
from scanner.model.target import Config, Step

Moment = Literal["build", "start"]


def moment(item: Step | Config) -> Moment:
    """When the commands of an item run."""
    return "build" if isinstance(item, Step) else "start"


def stage(item: Step | Config) -> str:
    """Name or number of its stage, "" in front of the first."""
    return "" if item.stage.index < 0 else item.stage.name or str(item.stage.index)


def path(here: str, name: str) -> str:
    """A path, relative ones taken from the folder ``here``, without ``.`` and ``..``."""
    return posixpath.normpath(posixpath.join(here, name))


def moved(here: str, command: Command) -> str:
    """The folder in which the commands behind this one run."""
    if command.program in {"cd", "pushd"} and command.arguments:
        return path(here, command.arguments[0].text)
    return here
