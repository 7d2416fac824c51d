"""What a VEX document says of one vulnerability, whatever its format."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal

from scanner.model.record import Record
from scanner.parsers.json_text import Entry

MAX_REASON = 500
"""Characters."""
MAX_NAME = 2048

Status = Literal["not_affected", "affected", "fixed", "under_investigation"]


class Product(Record):
    """What a statement is about: by package URLs, digests (``sha256:…``), names of images, and the like."""

    names: frozenset[str]
    parts: tuple[frozenset[str], ...] = ()
    """The packages in it that the statement is about, each by its names; none: about all of it."""


class Statement(Record):
    """One statement; it begins at ``start`` of the text."""

    ids: tuple[str, ...]
    """The vulnerability: its name and its aliases."""
    status: Status
    products: tuple[Product, ...]
    reason: str
    """Why it is so: the justification, and what else is said; "" for nothing."""
    time: str = ""
    """When it was made, RFC 3339; of two about the same, the later one counts."""
    start: int


def word(value: Any) -> str:
    """A text on one line, "" for anything else."""
    return " ".join(value.split())[:MAX_NAME] if isinstance(value, str) else ""


def words(value: Any) -> list[str]:
    """The texts of a list."""
    return [text for each in items(value) if (text := word(each))]


def items(value: Any) -> Iterable[Any]:
    """The entries of a list, none for anything else."""
    return value if isinstance(value, list) else ()


def objects(value: Any) -> Iterable[dict[str, Any]]:
    """The objects of a list."""
    return (each for each in items(value) if isinstance(each, dict))


def reason(*said: Any) -> str:
    """What is said of them, each once."""
    return ": ".join(dict.fromkeys(filter(None, map(word, said))))[:MAX_REASON]


def digest(algorithm: str, value: str) -> str:
    """A digest as images have it: ``sha256:…``."""
    return f"{algorithm.lower().replace('-', '')}:{value.lower()}"


def wrong(text: str, entry: Entry, why: str) -> ValueError:
    """The error for an entry that is not as its format wants it."""
    line = text.count("\n", 0, entry.start) + 1
    return ValueError(f"line {line}: {why}")
