"""Products that need more than their row in the table."""

from __future__ import annotations

from scanner.extractors.services import apps, table
from scanner.extractors.services.places import SSH
from scanner.extractors.services.reading import Guard, Listening, Reading, split
from scanner.extractors.services.settings import Asked
from scanner.model.instruction import Run
from scanner.model.location import Evidence
from scanner.parsers import image_reference

_TOKENS_SINCE = (0, 11)
"""TorchServe asks for tokens by default from this version on (https://docs.pytorch.org/serve)."""
_SSH_RISKS = {
    "PermitEmptyPasswords yes": "empty passwords are accepted",
    "PermitRootLogin yes": "root may log in",
    "PermitRootLogin=yes": "root may log in",
}


def mcp(asked: Asked) -> Reading | None:
    """An MCP server; None when it talks over standard input and output, as it does unless told otherwise."""
    transport = asked.first("transport")
    if transport is None or transport.value not in apps.NETWORK:
        return None
    script = next((a.text.partition(":")[0] for a in asked.arguments if ".py" in a.text), "")
    file = asked.file(script) if script else None
    reading = table.read(asked)
    return reading if file is None else reading.replace(guard=apps.mcp_guard(file.text()))


def mcp_proxy(asked: Asked) -> Reading | None:
    """A bridge to an MCP server; it listens only when it is given a port."""
    return table.read(asked) if asked.first("port") is not None else None


def torchserve(asked: Asked) -> Reading | None:
    """TorchServe; releases before 0.11, as the tag of its image tells, ask for no token."""
    reading = table.read(asked)
    guard = reading.guard
    if asked.call.image and guard.auth == "default":
        try:
            tag = image_reference.parse(asked.config.base or "").tag or ""
        except ValueError:
            tag = ""
        version = tag.partition("-")[0].split(".")
        if len(version) > 1 and all(part.isdecimal() for part in version):
            old = tuple(int(part) for part in version[:2]) < _TOKENS_SINCE
            guard = Guard(auth="none" if old else "default")
    return reading.replace(guard=guard)


def ssh(asked: Asked) -> Reading | None:
    """The settings of its daemon stand in files that RUN instructions edit."""
    reading = table.read(asked)
    risks: dict[str, Evidence] = {}
    for step in asked.config.steps:
        if not isinstance(step.instruction, Run):
            continue
        text = step.instruction.text
        for words, risk in _SSH_RISKS.items():
            at = text.value.find(words)
            if at >= 0:
                risks[risk] = text.evidence(at, at + len(words))
    file = asked.file(SSH)
    if file is not None:
        content = file.text()
        for words, risk in _SSH_RISKS.items():
            at = f"\n{content.value}".find(f"\n{words}")
            if at >= 0:
                risks[risk] = content.evidence(at, at + len(words))
    empty = _SSH_RISKS["PermitEmptyPasswords yes"]
    guard = Guard(auth="none", off=True, evidence=(risks[empty],)) if empty in risks else reading.guard
    return reading.replace(guard=guard, risk=", ".join(risks), risk_evidence=tuple(risks.values()))


def django(asked: Asked) -> Reading | None:
    """Its development server takes the address as a word of its own."""
    reading = table.read(asked)
    for argument in asked.arguments:
        if not argument.text.startswith("-"):
            address, port = split(argument.text) if argument.known else (None, None)
            listening = Listening(address=address, port=port or asked.product.port, evidence=asked.evidence(argument))
            return reading.replace(listening=listening)
    return reading


READERS = {"django": django, "mcp": mcp, "mcp-proxy": mcp_proxy, "torchserve": torchserve, "ssh": ssh}
