"""What the table of products says about a server, and what it was told."""

from __future__ import annotations

from scanner.extractors.services.reading import Guard, Listening, Reading, number, split
from scanner.extractors.services.settings import Asked, Setting, unquoted
from scanner.model.location import Evidence
from scanner.parsers.lazy import Lazy

_ADDRESS = Lazy(r"[\d.:,\[\]a-fA-F]+|localhost|\*")


def read(asked: Asked) -> Reading:
    """Everything the product's row knows how to find."""
    risk, evidence = risks(asked)
    tls = asked.on("tls")
    encrypted = tls[0] if tls is not None else (None if asked.more else False)
    return Reading(
        listening=listening(asked), guard=guard(asked), encrypted=encrypted, risk=risk, risk_evidence=evidence
    )


def risks(asked: Asked) -> tuple[str, tuple[Evidence, ...]]:
    """The modes that are on, in words, and where that is said."""
    words: list[str] = []
    evidence: tuple[Evidence, ...] = ()
    for meaning in asked.product.settings:
        if meaning.startswith("risk:"):
            found = asked.on(meaning)
            if found is not None and found[0]:
                words.append(meaning.removeprefix("risk:"))
                evidence += found[1]
    return ", ".join(words), evidence


def listening(asked: Asked) -> Listening:
    """Address and port by options, variables, the public image, the product's default."""
    product, image = asked.product, asked.call.image
    address: str | None = product.image_address if image and product.image_address else product.address
    port = product.image_port if image and product.image_port else product.port
    evidence: tuple[Evidence, ...] = ()
    said, everywhere, ported = asked.first("address"), _everywhere(asked), asked.first("port")
    if said is None and everywhere is None and asked.more and address != "*":
        address = None
    for setting in (everywhere, said):
        if setting is not None:
            address, evidence = None, setting.evidence
            if setting.by_default is not None:
                address, own_port = split(unquoted(setting.by_default))
                port = own_port or port
    if ported is not None:
        port = None if ported.by_default is None else number(unquoted(ported.by_default))
    return Listening(address=address, port=port, evidence=evidence)


def guard(asked: Asked) -> Guard:
    """Whether callers must say who they are."""
    anonymous, credential, login = asked.on("anonymous"), asked.on("credential"), asked.on("login")
    if anonymous is not None and anonymous[0]:
        return Guard(auth="none", off=True, evidence=anonymous[1])
    if credential is not None and credential[0]:
        return Guard(auth="set", evidence=credential[1])
    if any(found is not None and found[0] is None for found in (anonymous, credential, login)):
        return Guard(auth=None)
    if login is not None:
        return Guard(auth="set" if login[0] else "none", off=not login[0], evidence=login[1])
    default = asked.product.image_auth if asked.call.image else asked.product.auth
    if anonymous is not None and default == "none":
        return Guard(auth="set", evidence=anonymous[1])
    can_be_told = not asked.product.settings.keys().isdisjoint({"anonymous", "credential", "login"})
    return Guard(auth=None if asked.more and can_be_told and default == "none" else default)


def _everywhere(asked: Asked) -> Setting | None:
    """An option that opens the server to all addresses, or to the one behind it."""
    for place in asked.product.settings.get("everywhere", ()):
        found = asked.option(place.name)
        if found is None:
            continue
        if found.bare or (found.value is not None and not _ADDRESS.fullmatch(found.value)):
            return Setting("*", found.evidence)
        value = found.by_default
        return Setting(None if value is None else value.partition(",")[0], found.evidence)
    return None
