"""Servers that the image's own Python script starts: Gradio, uvicorn, Flask, MCP."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from scanner.extractors.services.reading import Guard, Listening, Reading, number, split
from scanner.extractors.services.settings import Asked, Setting
from scanner.model.location import Evidence, Text
from scanner.model.record import Record
from scanner.parsers.lazy import Lazy
from scanner.parsers.python_code import UNKNOWN, Call, calls

NETWORK = frozenset({"sse", "http", "streamable-http"})
"""Transports of an MCP server that listen; ``stdio`` does not."""
_IMPORTS = Lazy(r"(?m)^[ \t]*(?:import|from)[ \t]+(gradio|uvicorn|flask|fastmcp|mcp)\b")
_NAMES = frozenset({"launch", "run"})


class App(Record, kw_only=False):
    """A server that a script starts: what was read, and the call."""

    asked: Asked
    reading: Reading
    call: Evidence


class Framework(Record, kw_only=False):
    """The arguments of the call that starts a server."""

    host: str
    port: str
    certificate: str
    mode: str
    risk: str
    """What is wrong when ``mode`` is true, as the table calls it."""


_FRAMEWORKS = {
    "gradio": Framework("server_name", "server_port", "ssl_certfile", "share", "public tunnel"),
    "uvicorn": Framework("host", "port", "ssl_certfile", "reload", "reloads code"),
    "flask": Framework("host", "port", "ssl_context", "debug", "debugger"),
}


def read(asked_as: Callable[[str], Asked], text: Text) -> Iterator[App]:
    """The servers that a Python script starts. ``asked_as`` looks settings up for a product by name.

    Raises ValueError when it cannot be parsed.
    """
    imports = set(_IMPORTS.findall(text.value))
    if not imports:
        return
    for call in calls(text, _NAMES):
        name = _product(call, imports)
        if name:
            asked = asked_as(name)
            reading = _mcp(asked, call, text) if name == "mcp" else _read(asked, call, text)
            if reading is not None:
                yield App(asked, reading, text.evidence(call.start, call.end))


def _product(call: Call, imports: set[str]) -> str:
    owner, _, last = call.name.rpartition(".")
    if last == "launch":
        return "gradio" if "gradio" in imports else ""
    if owner == "uvicorn":
        return "uvicorn"
    if not imports.isdisjoint({"mcp", "fastmcp"}):
        return "mcp" if owner else ""
    return "flask" if "flask" in imports and owner not in {"", "subprocess", "asyncio", "os"} else ""


def mcp_guard(text: Text) -> Guard:
    """Whether the MCP servers that a script makes ask who is calling."""
    made = calls(text, {"FastMCP"})
    if not made or any(_more(call, text) for call in made):
        return Guard(auth=None)
    return Guard(auth="set" if any(_passed(call, "auth") for call in made) else "none")


def _read(asked: Asked, call: Call, text: Text) -> Reading:
    framework = _FRAMEWORKS[asked.product.name]
    mode = _given(call, framework.mode, text)
    on, evidence = (
        (mode.truth(), mode.evidence) if mode is not None else asked.on(f"risk:{framework.risk}") or (False, ())
    )
    guard = Guard(auth=None)
    if asked.product.name == "gradio" and not _more(call, text):
        guard = Guard(auth="set" if _passed(call, "auth") else "none")
    return Reading(
        listening=_listening(asked, call, text, framework.host, framework.port),
        guard=guard,
        encrypted=_passed(call, framework.certificate),
        risk=framework.risk if on else "",
        risk_evidence=evidence if on else (),
    )


def _mcp(asked: Asked, call: Call, text: Text) -> Reading | None:
    transport = call.argument(0, "transport")
    said = "stdio" if transport is None else transport.value
    if said is UNKNOWN:
        given = asked.first("transport")
        said = given.value if given is not None else None
    if said not in NETWORK:
        return None
    keywords = {name: keyword for each in calls(text, {"FastMCP"}) for name, keyword in each.keywords.items()}
    whole = call.replace(keywords=keywords | call.keywords)
    return Reading(listening=_listening(asked, whole, text, "host", "port"), guard=mcp_guard(text))


def _listening(asked: Asked, call: Call, text: Text, host: str, port: str) -> Listening:
    said, ported = _given(call, host, text), _given(call, port, text)
    if said is None or said.value is None:
        said = asked.first("address") or said
    if ported is None or ported.value is None:
        ported = asked.first("port") or ported
    address: str | None = asked.product.address
    if said is not None and said.value != "None":
        address = None if said.value is None else split(said.value)[0]
    elif _more(call, text):
        address = None
    given = asked.product.port
    if ported is not None and ported.value != "None":
        given = None if ported.value is None else number(ported.value)
    return Listening(address=address, port=given, evidence=said.evidence if said is not None else ())


def _given(call: Call, name: str, text: Text) -> Setting | None:
    keyword = call.keywords.get(name)
    if keyword is None:
        return None
    value = None if keyword.value is UNKNOWN else str(keyword.value)
    return Setting(value, (text.evidence(keyword.start, keyword.end),))


def _passed(call: Call, name: str) -> bool:
    keyword = call.keywords.get(name)
    return keyword is not None and keyword.value is not None


def _more(call: Call, text: Text) -> bool:
    """It is also given ``**something``."""
    return "**" in text.value[call.start : call.end]
