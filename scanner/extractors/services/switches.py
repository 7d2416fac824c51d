"""Switches of vLLM that are not made for a network others can reach, whether or not its start can be seen."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from scanner.extractors.place import moment, stage
from scanner.extractors.variables import variables
from scanner.model.command import Command
from scanner.model.facts import ServerSwitch
from scanner.model.location import Evidence
from scanner.model.target import Config, Item, Step
from scanner.parsers.shell.arguments import options

_Opens = Literal["development endpoints", "loading of adapters", "files of the container"]
_VARIABLES: dict[str, _Opens] = {
    "VLLM_SERVER_DEV_MODE": "development endpoints",
    "VLLM_ALLOW_RUNTIME_LORA_UPDATING": "loading of adapters",
}
_MEDIA = "--allowed-local-media-path"
_TOO_MUCH = frozenset({"/", "/root", "/home", "/etc", "/proc", "/app", "/workspace", "."})
"""Folders that hold more than pictures for a model to look at."""


class ServerSwitches:
    """Variables of ENV and of the start commands, and options of the start commands."""

    of = (Step, Config)

    def wants(self, item: Item) -> bool:
        """ENV, and the config."""
        return isinstance(item, Config) or (isinstance(item, Step) and item.keyword == "ENV")

    def extract(self, item: Item) -> Iterator[ServerSwitch]:
        """A fact for each switch that is on."""
        assert isinstance(item, Config | Step)
        for each in variables(item):
            if each.name in _VARIABLES and each.on:
                yield _fact(item, f"{each.name}={each.value}", _VARIABLES[each.name], each.evidence, each.moment)
        if isinstance(item, Config):
            for command in item.commands:
                yield from _media(item, command)


def _media(config: Config, command: Command) -> Iterator[ServerSwitch]:
    given = options(command.arguments, frozenset({_MEDIA}))
    folder, word = given.value(_MEDIA), given.word(_MEDIA)
    if folder is not None and word is not None and folder.known and (folder.text.rstrip("/") or "/") in _TOO_MUCH:
        evidence = command.evidence(word)
        yield _fact(config, f"{_MEDIA}={folder.text}", "files of the container", evidence, moment(config))


def _fact(
    item: Config | Step,
    how: str,
    opens: _Opens,
    evidence: Evidence,
    when: Literal["build", "start", "environment"],
) -> ServerSwitch:
    return ServerSwitch(
        evidence=(evidence,),
        ships=item.stage.ships,
        product="vllm",
        how=how,
        opens=opens,
        stage=stage(item),
        moment=when,
    )
