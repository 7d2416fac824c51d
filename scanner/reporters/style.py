"""Colours of a terminal."""

from __future__ import annotations

from scanner.model.rule import Severity

BOLD, DIM, RULER = "1", "2", "34"
SEVERITY = {
    Severity.CRITICAL: "1;35",
    Severity.HIGH: "1;31",
    Severity.MEDIUM: "33",
    Severity.LOW: "36",
    Severity.INFO: "34",
}
"""SGR codes."""


class Painter:
    """Puts colours on text, or leaves it as it is."""

    def __init__(self, color: bool) -> None:
        self.color = color

    def __call__(self, text: str, code: str) -> str:
        """``text`` in the colour of an SGR code."""
        return f"\x1b[{code}m{text}\x1b[0m" if self.color and text else text
