"""The commands that the build runs and that the container starts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

from scanner.extractors.copies import is_world_writable
from scanner.model.command import Command
from scanner.model.facts import Command as CommandFact
from scanner.model.target import Config, Item, Step

_INSTALLS = {
    "pip": {"install"}, "pip3": {"install"}, "uv": {"sync", "add"}, "conda": {"install", "update"},
    "mamba": {"install"}, "apt-get": {"install", "update", "upgrade"}, "apt": {"install", "update", "upgrade"},
    "apk": {"add", "update", "upgrade"}, "yum": {"install", "update"}, "dnf": {"install", "update"},
    "npm": {"install", "i", "ci"}, "yarn": {"install", "add"}, "git": {"pull", "clone"}, "poetry": {"install"},
}  # fmt: skip
"""Programs and the first words that make them fetch code."""
_PASSWORD = {
    "passwd": frozenset({"--stdin", "-d", "--delete"}),
    "useradd": frozenset({"-p", "--password"}),
    "usermod": frozenset({"-p", "--password"}),
}
"""Programs and options that give an account a password, or an empty one."""


class BuildCommands:
    """The commands of RUN."""

    of = (Step,)

    def wants(self, item: Item) -> bool:
        """RUN steps."""
        return isinstance(item, Step) and bool(item.commands)

    def extract(self, item: Item) -> Iterator[CommandFact]:
        """A fact for each command that has words."""
        assert isinstance(item, Step)
        stage = item.stage.name or str(item.stage.index)
        yield from _facts(item.commands, "build", stage, ships=item.stage.ships, pipefail="pipefail" in item.shell)


class StartCommands:
    """The commands of ENTRYPOINT, CMD and HEALTHCHECK."""

    of = (Config,)

    def wants(self, item: Item) -> bool:
        """Only the config."""
        return isinstance(item, Config)

    def extract(self, item: Item) -> Iterator[CommandFact]:
        """A fact for each command that has words."""
        assert isinstance(item, Config)
        stage = item.stage.name or str(item.stage.index)
        yield from _facts(item.commands, "start", stage, ships=True)
        yield from _facts(item.healthcheck, "health", stage, ships=True)


def _facts(
    commands: Sequence[Command],
    moment: Literal["build", "start", "health"],
    stage: str,
    *,
    ships: bool,
    pipefail: bool = False,
) -> Iterator[CommandFact]:
    last_of_pipeline = {command.pipeline: index for index, command in enumerate(commands) if command.inside == ""}
    pipefail = pipefail or _pipefail(commands)
    last_cd = _lasting_cd(commands) if moment == "build" else -1
    for index, command in enumerate(commands):
        if not command.words:
            continue
        program, words = command.program, [word.text for word in command.words]
        arguments = tuple(words[1:])
        yield CommandFact(
            evidence=(command.evidence(),),
            ships=ships,
            program=program,
            words=" ".join(words),
            arguments=arguments,
            wrappers=tuple([word.text.rpartition("/")[2] for word in command.wrappers]),
            moment=moment,
            stage=stage,
            pipeline_without_pipefail=not pipefail
            and command.inside == ""
            and last_of_pipeline[command.pipeline] != index,
            world_writable=program == "chmod" and _opens_up(arguments),
            changes_directory=index == last_cd,
            sets_password=moment == "build" and _sets_password(program, arguments),
            passwordless_sudo=moment == "build" and any("NOPASSWD" in word for word in words),
            installs_at_start=moment != "build" and _installs(program, arguments),
        )


def _pipefail(commands: Sequence[Command]) -> bool:
    return any(c.program == "set" and any(w.text == "pipefail" for w in c.arguments) for c in commands)


def _lasting_cd(commands: Sequence[Command]) -> int:
    """Index of a ``cd`` that is all the RUN starts with, so that WORKDIR could say it; -1 for none."""
    first = next((index for index, command in enumerate(commands) if command.words), -1)
    return first if first >= 0 and commands[first].program == "cd" and len(commands) > 1 else -1


def _opens_up(arguments: Sequence[str]) -> bool:
    modes = [
        a for a in arguments if not a.startswith("--") and not (a.startswith("-") and a[1:2] in {"R", "v", "f", "c"})
    ]
    return bool(modes) and is_world_writable(modes[0]) is True


def _sets_password(program: str, arguments: Sequence[str]) -> bool:
    return program == "chpasswd" or not _PASSWORD.get(program, frozenset()).isdisjoint(arguments)


def _installs(program: str, arguments: Sequence[str]) -> bool:
    if program.startswith("python") and arguments[:2] == ("-m", "pip"):
        program, arguments = "pip", arguments[2:]
    if program == "uv" and arguments[:1] == ("pip",):
        program, arguments = "pip", arguments[1:]
    verb = next((a for a in arguments if not a.startswith("-")), "")
    return verb in _INSTALLS.get(program, ())


EXTRACTORS = (BuildCommands(), StartCommands())
