"""Where and when something happens."""

from __future__ import annotations

import posixpath
from typing import Literal

from scanner.model.command import Command
from scanner.model.target import Config, Step, home

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


def folder_of(step: Step, command: Command) -> str | None:
    """The folder in which a command of a step runs; None when that is not known."""
    if command.folder is None:
        return None
    return path(step.workdir or "/", at_home(step, command.folder))


def at_home(step: Step, name: str) -> str:
    """A path with the home folder of who runs the step for ``~`` and ``$HOME``."""
    for sign in ("~/", "$HOME/", "${HOME}/"):
        if f"{name}/".startswith(sign):
            return posixpath.join(home(step.user, step.env), name[len(sign) :])
    return name
