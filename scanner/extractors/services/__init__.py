"""The network services that the container starts.

Most images start none of those we know: what reads a server's settings (``server`` and the modules it needs) is loaded
when one is found.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from scanner.extractors.services.calls import SHELLS, Call, match, program_of
from scanner.extractors.services.products import Product, of_image
from scanner.extractors.services.switches import ServerSwitches
from scanner.model.command import Command, base_name
from scanner.model.facts import Fact, Service
from scanner.model.location import Evidence, Word
from scanner.model.target import Config, Item

if TYPE_CHECKING:
    from scanner.extractors.services.settings import Setting


_FRAMEWORKS = ("gradio", "uvicorn", "flask", "mcp")
"""What a Python script names that starts a server of its own (``apps`` reads those)."""


class Services:
    """What the start commands, and else the base image, put on the network."""

    of = (Config,)

    def wants(self, item: Item) -> bool:
        """Only the config."""
        return isinstance(item, Config)

    def extract(self, item: Item) -> Iterator[Fact]:
        """A fact for each server."""
        assert isinstance(item, Config)
        seen: set[tuple[str, Evidence]] = set()
        for service in _servers(item):
            key = service.product, service.evidence[0]
            if key not in seen:
                seen.add(key)
                yield service


def _servers(config: Config) -> Iterator[Service]:
    exported: dict[str, Setting] = {}
    for call in _calls(config, exported):
        from scanner.extractors.services.server import called

        service = called(call, config, exported)
        if service is not None:
            yield service
    yield from _in_scripts(config, exported)


def _in_scripts(config: Config, exported: dict[str, Setting]) -> Iterator[Service]:
    """The servers in the Python scripts that commands run."""
    for command in _commands(config):
        program = program_of(command.words)
        file = config.find(command.at(program.path)) if program is not None and program.path else None
        if program is None or file is None:
            continue
        try:
            text = file.text()
            if any(name in text.value for name in _FRAMEWORKS):
                from scanner.extractors.services.server import in_script

                yield from in_script(program, command, config, exported, text)
        except ValueError as error:
            raise ValueError(f"{file.at.path}: {error}") from None


def _calls(config: Config, exported: dict[str, Setting]) -> Iterator[Call]:
    """The calls of servers; fills in what scripts export on the way."""
    image = of_image(config.base)
    own = config.says.keys() - config.inherited
    found = False
    for index, command in enumerate(_commands(config)):
        if command.program in {"export", "declare"}:
            from scanner.extractors.services.settings import exports

            exported |= exports(command)
        call = _call(command, config, image)
        if call is None and index == 0 and image is not None and "entrypoint" not in own:
            call = _argued(_own(command, config), image) if command.program not in SHELLS else None
        if call is not None:
            found = True
            yield call
    if image is not None and not found and not (config.says.get("command") and "command" in own):
        yield Call(image, None, image=True)


def _call(command: Command, config: Config, image: Product | None) -> Call | None:
    program = program_of(command.words)
    if program is None:
        return None
    matched = match(program)
    if matched is not None:
        return Call(matched[0], command, matched[1], program.word, matched[0] is image)
    if not program.name.endswith(".py"):
        return None
    from scanner.extractors.services import scripts

    product = scripts.product_of(program, command, config)
    return None if product is None else Call(product, command, program.arguments, program.word, product is image)


def _own(command: Command, config: Config) -> Command:
    """The command without the words of an entrypoint that it inherits."""
    if "entrypoint" not in config.inherited:
        return command
    span = config.says["entrypoint"][0].at.span
    assert span is not None
    words = tuple(word for word in command.words if not span[:2] <= command.source.place(word.start) <= span[2:])
    return command.replace(words=words, program=base_name(words))


def _argued(command: Command, image: Product) -> Call | None:
    """A CMD that gives arguments to the entrypoint of the product's public image."""
    head = tuple(Word(text, 0, 0) for text in image.entrypoint)
    program = program_of(head + command.words)
    matched = match(program) if head and program is not None else None
    return None if matched is None else Call(image, command, tuple(w for w in matched[1] if w.end), image=True)


def _commands(config: Config) -> Iterator[Command]:
    for command in config.commands:
        yield command
        if command.program == "supervisord":
            from scanner.extractors.services import supervisor

            yield from supervisor.commands(command, config)


EXTRACTORS = (Services(), ServerSwitches())
