"""OpenVEX. Format: https://github.com/openvex/spec (0.2.0; before, a word named a product or a vulnerability)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, get_args

from scanner.parsers.json_text import Object
from scanner.parsers.vex.statement import Product, Statement, Status, digest, items, reason, word, words, wrong


def fits(document: Object) -> bool:
    """Whether it is one that this module reads."""
    return "statements" in document.lists and "openvex" in str(document.get("@context"))


def read(text: str, document: Object) -> Iterator[Statement]:
    """Its statements. Raises ValueError for one without vulnerability or with a status that there is not."""
    made = word(document.get("last_updated")) or word(document.get("timestamp"))
    for entry in document.entries("statements"):
        said = entry.value
        if not isinstance(said, dict):
            raise wrong(text, entry, "a statement that is no object")
        ids, status = _ids(said.get("vulnerability")), word(said.get("status"))
        if not ids:
            raise wrong(text, entry, "a statement that names no vulnerability")
        if status not in get_args(Status):
            raise wrong(text, entry, f"there is no status {status!r}; it is one of {', '.join(get_args(Status))}")
        yield Statement(
            ids=tuple(ids),
            status=status,  # type: ignore[arg-type]
            products=tuple(_product(each) for each in items(said.get("products"))),
            reason=reason(said.get("justification"), said.get("impact_statement"), said.get("status_notes")),
            time=word(said.get("last_updated")) or word(said.get("timestamp")) or made,
            start=entry.start,
        )


def _ids(said: Any) -> list[str]:
    if isinstance(said, dict):
        return list(dict.fromkeys(filter(None, (word(said.get("name")), *words(said.get("aliases"))))))
    return [word(said)] if word(said) else []


def _product(said: Any) -> Product:
    parts = items(said.get("subcomponents")) if isinstance(said, dict) else ()
    return Product(names=_names(said), parts=tuple(map(_names, parts)))


def _names(said: Any) -> frozenset[str]:
    if not isinstance(said, dict):
        return frozenset(filter(None, (word(said),)))
    found = [word(said.get("@id"))]
    identifiers, hashes = said.get("identifiers"), said.get("hashes")
    if isinstance(identifiers, dict):
        found += map(word, identifiers.values())
    if isinstance(hashes, dict):
        found += (digest(algorithm, word(value)) for algorithm, value in hashes.items())
    return frozenset(filter(None, found))
