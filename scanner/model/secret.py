"""A credential found in text."""

from __future__ import annotations

from typing import Literal

from scanner.model.location import Location
from scanner.model.record import Record


class SecretHit(Record):
    """Where a credential stands. The value itself is masked in every text the program keeps."""

    at: Location
    provider: str
    """Who issued it (``hugging-face``), or ``""`` when only the name beside it says that it is one."""
    ai: bool = False
    """It opens an AI service."""
    name: str
    """The variable or option it is given to (``OPENAI_API_KEY``, ``--password``), or ""."""
    detector: str = ""
    """The id of the detector that told it; ``named`` or ``url`` where only what stands around it does."""
    title: str = ""
    """What it is, in words."""
    form: Literal["token", "password", "private-key", "encrypted-key", "named", "url"] = "token"
    made: bool = True
    """A machine made it."""
    quote: str
    """The masked words."""
    hint: str = ""
    """How to revoke it: a URL."""
    fingerprint: str = ""
    """A keyed hash of it, or ""."""
