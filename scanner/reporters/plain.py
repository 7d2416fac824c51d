"""Places and facts as plain values that JSON can hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from scanner.model.facts.base import Fact
from scanner.model.finding import Report
from scanner.model.location import Evidence, Location

LIMIT = 4_000
"""Characters; longer words are cut."""


def place(at: Location) -> dict[str, Any]:
    """``path``, ``span`` and ``layer``; the last two may be None."""
    return {
        "path": clean(at.path),
        "span": at.span._asdict() if at.span else None,
        "layer": layer(at),
    }


def layer(at: Location) -> dict[str, Any] | None:
    """The layer of a place, if it is in one."""
    if at.layer is None:
        return None
    created_by = clean(at.layer.created_by[:LIMIT])
    return {"index": at.layer.index, "digest": at.layer.digest, "created_by": created_by, "base": at.layer.base}


def evidence(item: Evidence) -> dict[str, Any]:
    """A place with its words and why they matter."""
    return place(item.at) | {"quote": clean(item.quote), "note": clean(item.note)}


def fields(fact: Fact) -> dict[str, Any]:
    """The kind of a fact and all its fields but the evidence."""
    values = {name: _value(getattr(fact, name)) for name in fact.field_names() if name != "evidence"}
    return {"kind": fact.kind} | values


def facts(reports: Sequence[Report]) -> str:
    """Every fact as a line of JSON."""
    import json

    lines = (
        {"target": clean(report.target)} | fields(fact) | {"evidence": [evidence(item) for item in fact.evidence]}
        for report in reports
        for fact in report.facts
    )
    return "".join(json.dumps(line) + "\n" for line in lines)


def clean(text: str) -> str:
    """Text that every JSON parser takes: a path's bytes that are not UTF-8 become U+FFFD."""
    if text.isascii() or not any("\ud800" <= character <= "\udfff" for character in text):
        return text
    return "".join("\ufffd" if "\ud800" <= character <= "\udfff" else character for character in text)


def _value(value: Any) -> Any:
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, Mapping):
        return {str(key): _value(item) for key, item in value.items()}
    if isinstance(value, (tuple, list)):
        return [_value(item) for item in value]
    return value
