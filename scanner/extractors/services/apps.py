"""Servers that the image's own Python script starts: Gradio, uvicorn, Flask, MCP."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from scanner.extractors.services.reading import Guard, Listening, Reading, number, split
from scanner.extractors.services.settings import MAX_FILE, Asked, Setting
from scanner.model.location import Evidence, Text
from scanner.parsers.python_calls import Call, calls

NETWORK = frozenset({"sse", "http", "streamable-http"})
"""Transports of an MCP server that listen; ``stdio`` does not."""
_IMPORTS = re.compile(r"^[ \t]*(?:import|from)[ \t]+(gradio|uvicorn|flask|fastmcp|mcp)\b", re.MULTILINE)
_NAMES = frozenset({"launch", "run"})


class App(NamedTuple):
    """A server that a script starts: what was read, and the call."""

    asked: Asked
    reading: Reading
    call: Evidence


def read(asked_as: Callable[[str], Asked], text: Text) -> Iterator[App]:
    """The servers that a Python script starts. ``asked_as`` looks settings up for a product by name."""
    if len(text.value) > MAX_FILE:
        raise ValueError(f"a script of {len(text.value):,} characters; at most {MAX_FILE:,} are read")
    imports = set(_IMPORTS.findall(text.value))
    if not imports:
        return
    for call in calls(text.value, _NAMES):
        owner, _, last = call.name.rpartition(".")
        found: tuple[str, Callable[[Asked, Call, Text], Reading | None]] | None = None
        if last == "launch" and "gradio" in imports:
            found = "gradio", _gradio
        elif owner == "uvicorn" and last == "run":
            found = "uvicorn", _uvicorn
        elif last == "run" and owner and not imports.isdisjoint({"mcp", "fastmcp"}):
            found = "mcp", _mcp
        elif last == "run" and "flask" in imports and owner not in {"", "subprocess", "asyncio", "os"}:
            found = "flask", _flask
        if found is not None:
            name, reader = found
            asked = asked_as(name)
            reading = reader(asked, call, text)
            if reading is not None:
                yield App(asked, reading, text.evidence(call.start, call.end))


def mcp_guard(text: Text) -> Guard:
    """Whether the MCP servers that a script makes ask who is calling."""
    made = list(calls(text.value, frozenset({"FastMCP"})))
    if not made or any(call.more for call in made):
        return Guard(auth=None)
    auth = [call.keywords["auth"] for call in made if "auth" in call.keywords]
    return Guard(auth="set" if any(each.value != "None" for each in auth) else "none")


def _gradio(asked: Asked, call: Call, text: Text) -> Reading:
    share = _given(call, "share", text) or asked.variable("GRADIO_SHARE")
    auth = call.keywords.get("auth")
    guard = Guard(auth=None) if call.more else Guard(auth="none")
    if auth is not None and auth.value != "None":
        guard = Guard(auth="set", evidence=(text.evidence(auth.start, auth.end),))
    shared = share is not None and bool(share.truth())
    return Reading(
        listening=_listening(asked, call, text, "server_name", "server_port"),
        guard=guard,
        encrypted="ssl_certfile" in call.keywords,
        risk="public tunnel" if shared else "",
        risk_evidence=share.evidence if share is not None and shared else (),
    )


def _uvicorn(asked: Asked, call: Call, text: Text) -> Reading:
    reload = _given(call, "reload", text)
    reloads = reload is not None and bool(reload.truth())
    return Reading(
        listening=_listening(asked, call, text, "host", "port"),
        guard=Guard(auth=None),
        encrypted="ssl_certfile" in call.keywords,
        risk="reloads code" if reloads else "",
        risk_evidence=reload.evidence if reload is not None and reloads else (),
    )


def _flask(asked: Asked, call: Call, text: Text) -> Reading:
    debug = _given(call, "debug", text) or asked.variable("FLASK_DEBUG")
    debugs = debug is not None and bool(debug.truth())
    return Reading(
        listening=_listening(asked, call, text, "host", "port"),
        guard=Guard(auth=None),
        encrypted="ssl_context" in call.keywords,
        risk="debugger" if debugs else "",
        risk_evidence=debug.evidence if debug is not None and debugs else (),
    )


def _mcp(asked: Asked, call: Call, text: Text) -> Reading | None:
    transport = call.keywords.get("transport")
    said = transport.literal() if transport is not None else next(iter(call.positionals), "stdio").strip("'\"")
    if said is None:
        given = asked.first("transport")
        said = given.value if given is not None else None
    if said not in NETWORK:
        return None
    made = list(calls(text.value, frozenset({"FastMCP"})))
    keywords = {name: keyword for each in made for name, keyword in each.keywords.items()}
    whole = call._replace(keywords=keywords | call.keywords)
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
    elif call.more:
        address = None
    given = asked.product.port
    if ported is not None and ported.value != "None":
        given = None if ported.value is None else number(ported.value)
    return Listening(address=address, port=given, evidence=said.evidence if said is not None else ())


def _given(call: Call, name: str, text: Text) -> Setting | None:
    keyword = call.keywords.get(name)
    if keyword is None:
        return None
    return Setting(keyword.literal(), (text.evidence(keyword.start, keyword.end),))
