"""The servers we know, from ``rules/tables/services.tsv``.

Its ``settings`` column says where a product takes its settings from: ``meaning=where where; …``. A place is an option
(``--host``) or a variable (``$OLLAMA_HOST``); ``?a`` behind it says the only value that counts (``--auth?none``), and
a lone ``$`` is always so. The meanings:

- ``address``, ``port``: what it listens on;
- ``everywhere``: an option that makes it listen on all addresses, or on the one it is given;
- ``credential``: something that makes callers show who they are, when it is not empty;
- ``login``: a switch for that; ``anonymous``: a switch that lets everyone in;
- ``tls``: a certificate or a switch for encryption;
- ``risk:WORDS``: a mode that makes it worse.
"""

from __future__ import annotations

from functools import cache
from typing import cast

from scanner import knowledge
from scanner.model.facts.network import Authentication, ServiceRole
from scanner.model.record import Record
from scanner.parsers import image_reference


class Place(Record, kw_only=False):
    """Where a setting is said: an option or a variable, and the value that counts ("" for any)."""

    name: str
    variable: bool
    value: str


class Product(Record):
    """A row of the table."""

    name: str
    role: ServiceRole
    port: int | None
    address: str
    """``*`` for all."""
    auth: Authentication | None
    runs_code: bool
    settings: dict[str, tuple[Place, ...]]
    entrypoint: tuple[str, ...]
    """Of its public image."""
    command: tuple[str, ...]
    image_address: str
    image_port: int | None
    image_auth: Authentication | None


@cache
def by_name() -> dict[str, Product]:
    """Every product by name."""
    return {row[0]: _product(row) for row in knowledge.rows("services")}


@cache
def starts() -> dict[str, tuple[tuple[str, str], ...]]:
    """By program, module or script name: the subcommands that start a server ("" for none), and its product's name."""
    found: dict[str, list[tuple[str, str]]] = {}
    for row in knowledge.rows("services"):
        for line in row[6].split(", "):
            program, _, subcommand = line.partition(" ")
            found.setdefault(program, []).append((subcommand, row[0]))
    return {program: tuple(sorted(each, reverse=True)) for program, each in found.items()}


def of_image(reference: str | None) -> Product | None:
    """What a public image starts by default."""
    if not reference:
        return None
    try:
        image = image_reference.parse(reference)
    except ValueError:
        return None
    known = knowledge.base_image(image.familiar, image.tag or "")
    return by_name().get(known.service) if known is not None and known.service else None


def _product(row: tuple[str, ...]) -> Product:
    name, role, port, address, auth, code, _, settings, entrypoint, command, image, _ = row
    listens, _, image_auth = image.partition(" ")
    image_address, _, image_port = listens.rpartition(":")
    return Product(
        name=name,
        role=cast("ServiceRole", role),
        port=int(port) if port else None,
        address=address,
        auth=_auth(auth),
        runs_code=bool(code),
        settings=dict(_setting(part) for part in settings.split("; ") if part),
        entrypoint=tuple(entrypoint.split()),
        command=tuple(command.split()),
        image_address=image_address,
        image_port=int(image_port) if image_port else None,
        image_auth=_auth(image_auth or auth),
    )


def _auth(cell: str) -> Authentication | None:
    return cast("Authentication | None", cell or None)


def _setting(part: str) -> tuple[str, tuple[Place, ...]]:
    meaning, _, places = part.partition("=")
    return meaning, tuple(_place(place) for place in places.split())


def _place(place: str) -> Place:
    name, _, value = place.partition("?")
    return Place(name.lstrip("$") if name.startswith("$") else name.replace("_", "-"), name.startswith("$"), value)
