"""What was read about one server, before it becomes a fact."""

from __future__ import annotations

from scanner.model.facts.network import Authentication
from scanner.model.location import Evidence
from scanner.model.record import Record

_LOCAL = ("localhost", "127.", "[::1]", "::1", "unix:", "fd:", "ip6-localhost")


class Listening(Record):
    """Where a server listens; None where that is not known. An ``address`` of ``*`` is all of them."""

    address: str | None
    port: int | None
    evidence: tuple[Evidence, ...] = ()

    @property
    def open(self) -> bool | None:
        """Whether it can be reached from outside of the container."""
        return None if self.address is None else not is_local(self.address)


class Guard(Record):
    """Whether a server asks who is calling. Fields as in the Service fact."""

    auth: Authentication | None
    off: bool = False
    evidence: tuple[Evidence, ...] = ()


class Reading(Record):
    """All that was read about one server."""

    listening: Listening
    guard: Guard
    encrypted: bool | None = False
    risk: str = ""
    risk_evidence: tuple[Evidence, ...] = ()


def is_local(address: str) -> bool:
    """Whether an address is one that only this container reaches: loopback, or a socket file."""
    return address.lower().startswith(_LOCAL) or "/" in address


def split(text: str) -> tuple[str, int | None]:
    """Address and port of ``host``, ``host:port``, ``:port``, ``[v6]:port``, ``scheme://host:port``, or a port alone.

    An empty host is ``*``, that of a port alone is localhost; the port is None when there is none.
    """
    if text.startswith(("unix:", "fd:", "/")):
        return text, None
    host = text.partition("://")[2] or text
    host = host.partition("/")[0]
    if host.isdecimal():
        return ("*", None) if host == "0" else ("localhost", number(host))
    if host.count(":") > 1 and not host.startswith("["):
        return ("*" if host == "::" else host), None
    name, colon, port = host.rpartition(":")
    if not colon or port.endswith("]"):
        name, port = host, ""
    return ("*" if name in {"", "*", "0.0.0.0", "[::]", "0"} else name), number(port)  # noqa: S104


def number(text: str) -> int | None:
    """A port number, None when it is none."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 6 else None
