"""Credentials are masked before anything else reads a text (docs/decisions/003)."""

from __future__ import annotations

from scanner.fingerprint import fingerprint
from scanner.model.location import Text
from scanner.model.secret import SecretHit
from scanner.parsers import secrets


def masked(path: str, raw: str) -> tuple[Text, tuple[SecretHit, ...]]:
    """A file's text with the credentials in it hidden, and where these stand."""
    found = secrets.find(raw, path)
    text = Text.of_file(path, secrets.mask(raw, found) if found else raw)
    return text, tuple(hit(each, raw, text) for each in found)


def hit(found: secrets.Found, raw: str, text: Text) -> SecretHit:
    """A credential of the raw text that became ``text``."""
    value = raw[found.start : found.end]
    made = secrets.looks_made(found, value)
    return SecretHit(
        at=text.location(found.start, found.end),
        provider=found.provider,
        ai=secrets.is_ai(found),
        name=found.name,
        detector=found.detector,
        title=secrets.title(found),
        form=secrets.form(found),
        made=made,
        quote=text.value[found.start : found.end],
        hint=found.hint,
        fingerprint=fingerprint(value, made=made),
    )
