"""One advisory in the OSV format: https://ossf.github.io/osv-schema/ (1.7)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Literal

from scanner.model.record import Record
from scanner.parsers.lazy import Lazy

MAX_BYTES = 64 << 20
"""Of one record; those of kernels list every version of dozens of releases."""
MAX_AFFECTED = 100_000
"""Packages of one record."""
MAX_EVENTS = 10_000
"""Events of one range."""
MAX_REFERENCES = 8
MAX_SUMMARY = 200
"""Characters."""

_DISPUTED = Lazy(r"(?i)^\W*(?:disputed|rejected)\W+")
"""In front of the words about what is disputed, which is told apart."""

Kind = Literal["introduced", "fixed", "last_affected", "limit"]
_KINDS: tuple[Kind, ...] = ("introduced", "fixed", "last_affected", "limit")


class Affected(Record):
    """What it says of one package."""

    ecosystem: str
    """``PyPI``, ``Debian:12``, …"""
    name: str
    ranges: tuple[tuple[tuple[Kind, str], ...], ...] = ()
    """The events of each range that is of versions, in the order of the file."""
    versions: tuple[str, ...] = ()
    word: str = ""
    """The database's own word for the severity, in lower case: ``unimportant``, ``moderate``, …"""
    vectors: tuple[tuple[str, str], ...] = ()
    """As those of the advisory, where this package has its own."""


class Advisory(Record):
    """One record; texts are "" where it says nothing."""

    id: str
    modified: str
    withdrawn: str = ""
    aliases: tuple[str, ...] = ()
    """Other ids of the same vulnerability."""
    upstream: tuple[str, ...] = ()
    """Ids of the vulnerabilities that it is about: one for a tracker's entry, several for an update."""
    summary: str = ""
    disputed: bool = False
    word: str = ""
    vectors: tuple[tuple[str, str], ...] = ()
    """Pairs of type (``CVSS_V3``, ``CVSS_V4``, ``Ubuntu``) and score."""
    references: tuple[str, ...] = ()
    affected: tuple[Affected, ...] = ()


def read(data: bytes) -> Advisory:
    """Raises ValueError for what is no such record."""
    if len(data) > MAX_BYTES:
        raise ValueError(f"{len(data):,} bytes; at most {MAX_BYTES:,} are read")
    try:
        said = json.loads(data)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    return advisory(said)


def advisory(said: Any) -> Advisory:
    """The record that JSON stands for. Raises ValueError."""
    if not isinstance(said, dict):
        raise ValueError("not an object")
    name, details = _text(said, "id"), _text(said, "details")
    if not name:
        raise ValueError("it has no id")
    affected = _list(said, "affected")
    if len(affected) > MAX_AFFECTED:
        raise ValueError(f"{name}: more than {MAX_AFFECTED:,} packages")
    upstream = _texts(said, "upstream")
    if not upstream and not _texts(said, "aliases"):
        upstream = tuple(each for each in _texts(said, "related") if each.startswith("CVE-"))
    return Advisory(
        id=name,
        modified=_text(said, "modified"),
        withdrawn=_text(said, "withdrawn"),
        aliases=_texts(said, "aliases"),
        upstream=upstream,
        summary=_line(_text(said, "summary") or details.lstrip("#* \n").partition("\n")[0]),
        disputed="disputed" in details[:200].lower() or "disputed" in _text(said, "summary").lower(),
        word=_word(said),
        vectors=_vectors(said),
        references=_references(said),
        affected=tuple(each for item in affected for each in _affected(item)),
    )


def _affected(said: Any) -> Iterator[Affected]:
    package = said.get("package") if isinstance(said, dict) else None
    if isinstance(package, dict) and _text(package, "name") and _text(package, "ecosystem"):
        yield Affected(
            ecosystem=_text(package, "ecosystem"),
            name=_text(package, "name"),
            ranges=tuple(
                _events(each)
                for each in _list(said, "ranges")
                if isinstance(each, dict) and each.get("type") in {"ECOSYSTEM", "SEMVER"}
            ),
            versions=_texts(said, "versions"),
            word=_word(said),
            vectors=_vectors(said),
        )


def _events(said: Mapping[str, Any]) -> tuple[tuple[Kind, str], ...]:
    events = _list(said, "events")
    if len(events) > MAX_EVENTS:
        raise ValueError(f"a range of more than {MAX_EVENTS:,} events")
    return tuple(
        (kind, value)
        for event in events
        if isinstance(event, dict)
        for kind in _KINDS
        if isinstance(value := event.get(kind), str)
    )


def _vectors(said: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    found = ((_text(each, "type"), _text(each, "score")) for each in _list(said, "severity") if isinstance(each, dict))
    return tuple(pair for pair in found if all(pair))


def _word(said: Mapping[str, Any]) -> str:
    for part, key in (
        ("database_specific", "severity"),
        ("ecosystem_specific", "severity"),
        ("ecosystem_specific", "urgency"),
    ):
        inner = said.get(part)
        if isinstance(inner, dict) and (word := _text(inner, key)):
            return word.lower()
    return ""


def _references(said: Mapping[str, Any]) -> tuple[str, ...]:
    urls = (_text(each, "url") for each in _list(said, "references") if isinstance(each, dict))
    return tuple(dict.fromkeys(url for url in urls if url.startswith(("https://", "http://"))))[:MAX_REFERENCES]


def _line(text: str) -> str:
    """On one line, without the full stop at its end."""
    line = _DISPUTED.sub("", " ".join(text.split()), 1).rstrip(".")
    return line if len(line) <= MAX_SUMMARY else f"{line[: MAX_SUMMARY - 1].rstrip()}…"


def _text(said: Mapping[str, Any], key: str) -> str:
    value = said.get(key)
    return value if isinstance(value, str) else ""


def _list(said: Mapping[str, Any], key: str) -> list[Any]:
    value = said.get(key)
    return value if isinstance(value, list) else []


def _texts(said: Mapping[str, Any], key: str) -> tuple[str, ...]:
    return tuple(each for each in _list(said, key) if isinstance(each, str))
