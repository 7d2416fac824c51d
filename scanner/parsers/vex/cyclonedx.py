"""CycloneDX with vulnerabilities that were analysed, in the bill itself or in a document of their own.

Format: https://cyclonedx.org/docs/1.7/json/.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote

from scanner.parsers.json_text import Object
from scanner.parsers.vex.statement import Product, Statement, Status, objects, reason, word, wrong

MAX_DEPTH = 20
"""Components within components."""

_STATES: Mapping[str, Status] = {
    "not_affected": "not_affected",
    "false_positive": "not_affected",
    "resolved": "fixed",
    "resolved_with_pedigree": "fixed",
    "exploitable": "affected",
    "in_triage": "under_investigation",
}


def fits(document: Object) -> bool:
    """Whether it is one that this module reads."""
    return "vulnerabilities" in document.lists and document.get("bomFormat") == "CycloneDX"


def read(text: str, document: Object) -> Iterator[Statement]:
    """A statement for each vulnerability that was analysed. Raises ValueError for a state that there is not."""
    about = document.get("metadata")
    about = about if isinstance(about, dict) else {}
    known: dict[str, frozenset[str]] = {}
    _note(known, [about.get("component"), *(entry.value for entry in document.entries("components"))])
    for entry in document.entries("vulnerabilities"):
        said = entry.value
        if not isinstance(said, dict) or not word(said.get("id")):
            raise wrong(text, entry, "a vulnerability without an id")
        analysis = said.get("analysis")
        if not isinstance(analysis, dict) or not word(analysis.get("state")):
            continue
        state = word(analysis["state"])
        if state not in _STATES:
            raise wrong(text, entry, f"there is no state {state!r}; it is one of {', '.join(_STATES)}")
        named = "false positive" if state == "false_positive" else ""
        yield Statement(
            ids=(word(said["id"]), *filter(None, (word(each.get("id")) for each in objects(said.get("references"))))),
            status=_STATES[state],
            products=tuple(_product(word(each.get("ref")), known) for each in objects(said.get("affects"))),
            reason=reason(named, analysis.get("justification"), analysis.get("detail")),
            time=word(analysis.get("lastUpdated")) or word(about.get("timestamp")),
            start=entry.start,
        )


def _note(known: dict[str, frozenset[str]], components: Any, depth: int = 0) -> None:
    """The names of each component by its reference."""
    if depth > MAX_DEPTH:
        raise ValueError(f"components more than {MAX_DEPTH} deep in one another")
    for each in objects(components):
        name, version = word(each.get("name")), word(each.get("version"))
        names = [word(each.get("purl"))]
        if each.get("type") in {"container", "application"}:
            names += (version,) if version.startswith("sha256:") else (f"{name}:{version}",) if version else (name,)
        if ref := word(each.get("bom-ref")):
            known[ref] = frozenset(filter(None, names))
        _note(known, each.get("components"), depth + 1)


def _product(ref: str, known: Mapping[str, frozenset[str]]) -> Product:
    """What a reference means: a component of this document, or, by a BOM-Link, one of another."""
    if ref.startswith("urn:cdx:"):
        ref = unquote(ref.partition("#")[2])
    return Product(names=known.get(ref) or frozenset((ref,)))
