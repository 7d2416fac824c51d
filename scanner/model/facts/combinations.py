"""Facts that are harmless or bad alone, and worse together."""

from __future__ import annotations

from typing import Literal

from scanner.model.facts.base import Fact

Name = Literal[
    "open-code-with-gpu",
    "remote-root-shell",
    "pickle-behind-service",
    "hub-code-as-root",
    "token-behind-open-gateway",
    "token-beside-traces",
    "token-beside-telemetry",
    "credentials-in-whole-context",
]


class Combination(Fact):
    """Facts that together open what none of them opens alone; the evidence is that of all its parts."""

    kind = "combination"
    identity = ("name", "service")
    name: Name
    holds: bool | None
    """All parts are so; None when some are and the others may be."""
    service: str
    """What listens: ``jupyter on port 8888``; "" when it needs nothing that listens."""
    what: str
    """What is there to take or to turn: the model, the token's provider, the files."""
    how: str
    """What opens it: a switch, an old library, a variable."""
