"""The network services that the container starts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from scanner.extractors.ports import opens
from scanner.extractors.services import apps, jupyter, scripts, special, supervisor, table
from scanner.extractors.services.calls import SHELLS, Call, match, program_of
from scanner.extractors.services.products import Product, by_name, of_image
from scanner.extractors.services.reading import Reading
from scanner.extractors.services.settings import Asked, Setting, given
from scanner.extractors.user import is_root
from scanner.model.command import Command
from scanner.model.facts import Fact, Service
from scanner.model.location import Evidence, Word
from scanner.model.target import Config, Item

_READERS = {**special.READERS, "jupyter": jupyter.read}
"""Products whose settings need code; the table is enough for the others."""

_CHANGES_USER = frozenset({"sudo", "gosu", "su-exec", "su", "runuser", "setpriv", "chpst", "s6-setuidgid"})


class Services:
    """What the start commands, and else the base image, put on the network."""

    def wants(self, item: Item) -> bool:
        """Only the config."""
        return isinstance(item, Config)

    def extract(self, item: Item) -> Iterator[Fact]:
        """A fact for each server."""
        assert isinstance(item, Config)
        seen: set[tuple[str, Evidence]] = set()
        for asked, reading, start in _servers(item):
            service = _service(asked, reading, start)
            key = service.product, service.evidence[0]
            if key not in seen:
                seen.add(key)
                yield service


def _servers(config: Config) -> Iterator[tuple[Asked, Reading, tuple[Evidence, ...]]]:
    exported: dict[str, Setting] = {}
    for call in _calls(config, exported):
        asked = Asked(call, config, exported)
        reading = _READERS.get(call.product.name, table.read)(asked)
        if reading is not None:
            yield asked, reading, call.evidence()
    for command in _commands(config):
        for app in _apps(command, config, exported):
            yield app.asked, app.reading, (app.call, *app.asked.call.evidence())


def _apps(command: Command, config: Config, exported: dict[str, Setting]) -> Iterator[apps.App]:
    """The servers in the Python script that a command runs."""
    program = program_of(command.words)
    file = config.find(program.path) if program is not None and program.path else None
    if program is None or file is None:
        return

    def asked_as(product: str) -> Asked:
        return Asked(Call(by_name()[product], command, program.arguments, program.word), config, exported)

    try:
        yield from apps.read(asked_as, file.text())
    except ValueError as error:
        raise ValueError(f"{file.at.path}: {error}") from None


def _calls(config: Config, exported: dict[str, Setting]) -> Iterator[Call]:
    """The calls of servers; fills in what scripts export on the way."""
    image = of_image(config.base)
    found = False
    for index, command in enumerate(_commands(config)):
        if command.program in {"export", "declare"}:
            exported |= _exports(command)
        call = _call(command, config, image)
        if call is None and index == 0 and image is not None and "entrypoint" not in config.says:
            call = _argued(command, image) if command.program not in SHELLS else None
        if call is not None:
            found = True
            yield call
    if image is not None and not found and not config.says.get("command"):
        yield Call(image, None, image=True)


def _call(command: Command, config: Config, image: Product | None) -> Call | None:
    program = program_of(command.words)
    if program is None:
        return None
    matched = match(program)
    if matched is not None:
        return Call(matched[0], command, matched[1], program.word, matched[0] is image)
    product = scripts.product_of(program, command, config)
    if product is not None:
        return Call(product, command, program.arguments, program.word, product is image)
    return None


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
            yield from supervisor.commands(command, config)


def _exports(command: Command) -> dict[str, Setting]:
    exports = {}
    for word in command.arguments:
        name, equals, text = word.text.partition("=")
        if equals:
            exports[name] = given(text, word.known, (command.evidence(word),))
    for assignment in command.assignments:
        value = assignment.value
        exports[assignment.name] = given(value.text, value.known, (command.evidence(assignment),))
    return exports


def _service(asked: Asked, reading: Reading, start: tuple[Evidence, ...]) -> Service:
    call, config, listening, guard = asked.call, asked.config, reading.listening, reading.guard
    exposed = [word for word in config.ports if listening.port is not None and listening.port in opens(word)]
    evidence = guard.evidence if guard.auth == "none" else ()
    evidence += reading.risk_evidence
    evidence += listening.evidence if listening.open else ()
    evidence += start if call.command is not None else config.evidence("command")
    evidence += tuple(e for word in exposed for e in config.says.get(f"port.{word.text.partition('/')[0]}", ()))
    changes_user = call.command is not None and any(word.text in _CHANGES_USER for word in call.command.wrappers)
    return Service(
        evidence=tuple(dict.fromkeys(evidence)),
        product=call.product.name,
        role=call.product.role,
        port=listening.port,
        address="0.0.0.0" if listening.address == "*" else listening.address,  # noqa: S104
        open=listening.open,
        exposed=bool(exposed),
        auth=guard.auth,
        auth_off=guard.off,
        encrypted=reading.encrypted,
        as_root=None if changes_user else is_root(config.user),
        runs_code=call.product.runs_code,
        started_by=_started_by(asked),
        risk=reading.risk,
    )


def _started_by(asked: Asked) -> Literal["command", "script", "base-image"]:
    command = asked.call.command
    if command is None:
        return "base-image"
    return "command" if command.source.path == asked.config.at.path else "script"


EXTRACTORS = (Services(),)
