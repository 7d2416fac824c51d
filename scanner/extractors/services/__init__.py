"""The network services that the container starts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from scanner.extractors.ports import opens
from scanner.extractors.services import jupyter, table
from scanner.extractors.services.calls import Call, match, program_of
from scanner.extractors.services.products import of_image
from scanner.extractors.services.reading import Reading
from scanner.extractors.services.settings import Asked, Setting
from scanner.extractors.user import is_root
from scanner.model.command import Command
from scanner.model.facts import Fact, Service
from scanner.model.location import Word
from scanner.model.target import Config, Item

_READERS = {"jupyter": jupyter.read}
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
        exported: dict[str, Setting] = {}
        seen: set[tuple[str, object]] = set()
        for call in _calls(item, exported):
            asked = Asked(call, item, exported)
            service = _service(asked, _READERS.get(call.product.name, table.read)(asked))
            if (service.product, service.evidence[0].at) not in seen:
                seen.add((service.product, service.evidence[0].at))
                yield service


def _calls(config: Config, exported: dict[str, Setting]) -> Iterator[Call]:
    """The calls of servers; fills in what scripts export on the way."""
    image = of_image(config.base)
    found = False
    for index, command in enumerate(config.commands):
        if command.program in {"export", "declare"}:
            exported |= _exports(command)
        program = program_of(command.words)
        matched = match(program) if program is not None else None
        if program is not None and matched is not None:
            product, arguments = matched
            found = True
            yield Call(product, command, arguments, program.word, program.path, product is image)
        elif index == 0 and image is not None and image.entrypoint and "entrypoint" not in config.says:
            head = tuple(Word(text, 0, 0) for text in image.entrypoint)
            program = program_of(head + command.words)
            matched = match(program) if program is not None else None
            if matched is not None:
                found = True
                yield Call(image, command, tuple(word for word in matched[1] if word.end), image=True)
    if image is not None and not found and "command" not in config.says:
        yield Call(image, None, image=True)


def _exports(command: Command) -> dict[str, Setting]:
    exports = {}
    for word in command.arguments:
        name, equals, value = word.text.partition("=")
        if equals:
            exports[name] = Setting(value if word.known else None, (command.evidence(word),))
    for assignment in command.assignments:
        known = assignment.value.known
        exports[assignment.name] = Setting(assignment.value.text if known else None, (command.evidence(assignment),))
    return exports


def _service(asked: Asked, reading: Reading) -> Service:
    call, config, listening, guard = asked.call, asked.config, reading.listening, reading.guard
    exposed = [word for word in config.ports if listening.port is not None and listening.port in opens(word)]
    evidence = guard.evidence if guard.auth == "none" else ()
    evidence += reading.risk_evidence
    evidence += listening.evidence if listening.open else ()
    evidence += call.evidence()
    evidence += tuple(e for word in exposed for e in config.says.get(f"port.{word.text.partition('/')[0]}", ()))
    changes_user = call.command is not None and any(word.text in _CHANGES_USER for word in call.command.wrappers)
    return Service(
        evidence=tuple(dict.fromkeys(evidence)) or config.evidence("command"),
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
