"""One server: what it was told, as a fact."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal

from scanner.extractors.ports import opens
from scanner.extractors.services import apps, jupyter, special, table
from scanner.extractors.services.calls import Call, Program
from scanner.extractors.services.products import by_name
from scanner.extractors.services.reading import Reading
from scanner.extractors.services.settings import Asked, Setting
from scanner.extractors.user import is_root
from scanner.model.command import Command
from scanner.model.facts import Service
from scanner.model.location import Evidence, Text
from scanner.model.target import Config

_READERS = {**special.READERS, "jupyter": jupyter.read}
"""Products whose settings need code; the table is enough for the others."""

_CHANGES_USER = frozenset({"sudo", "gosu", "su-exec", "su", "runuser", "setpriv", "chpst", "s6-setuidgid"})


def called(call: Call, config: Config, exported: Mapping[str, Setting]) -> Service | None:
    """The server that a command starts; None when this call of it puts nothing on the network."""
    asked = Asked(call, config, exported)
    reading = _READERS.get(call.product.name, table.read)(asked)
    return _service(asked, reading, call.evidence()) if reading is not None else None


def in_script(
    program: Program, command: Command, config: Config, exported: Mapping[str, Setting], text: Text
) -> Iterator[Service]:
    """The servers in the Python script that a command runs. Raises ValueError when it cannot be parsed."""

    def asked_as(product: str) -> Asked:
        return Asked(Call(by_name()[product], command, program.arguments, program.word), config, exported)

    for app in apps.read(asked_as, text):
        yield _service(app.asked, app.reading, (app.call, *app.asked.call.evidence()))


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
        as_root=None if changes_user or _steps_down(asked) else is_root(config.user),
        runs_code=call.product.runs_code,
        started_by=_started_by(asked),
        risk=reading.risk,
    )


def _steps_down(asked: Asked) -> bool:
    """The start script of Jupyter's public images goes on as their own user when root starts it."""
    stacks = asked.product.name == "jupyter" and asked.call.image and "jupyter/" in (asked.config.base or "")
    return stacks and not any("allow-root" in argument.text for argument in asked.arguments)


def _started_by(asked: Asked) -> Literal["command", "script", "base-image"]:
    command = asked.call.command
    if command is None:
        return "base-image"
    if "command" in asked.config.inherited:
        return "base-image"
    said = {asked.config.at.path, *(evidence.at.path for evidence in asked.config.evidence("command"))}
    return "command" if command.source.path in said else "script"
