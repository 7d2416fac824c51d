"""Credentials are masked before anything else reads a text (docs/decisions/003)."""

from __future__ import annotations

from scanner.model.location import Text
from scanner.model.secret import SecretHit
from scanner.parsers import secrets


def masked(path: str, raw: str) -> tuple[Text, tuple[SecretHit, ...]]:
    """A file's text with the credentials in it hidden, and where these stand."""
    found = secrets.find(raw)
    text = Text.of_file(path, secrets.mask(raw, found) if found else raw)
    return text, tuple(
        SecretHit(
            at=text.location(each.start, each.end),
            provider=each.provider,
            name=each.name,
            quote=text.value[each.start : each.end],
            hint=each.hint,
        )
        for each in found
    )
