"""CycloneDX as JSON.

Format: https://cyclonedx.org/docs/1.7/json/; where a component was found is said in properties of the tool that did.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from scanner.parsers import json_text
from scanner.parsers.json_text import Entry, Object
from scanner.parsers.sbom.bill import Bill, Kind, Part, items, part, word

LISTS = ("components",)
MAX_DEPTH = 20
"""Components within components."""

_KINDS: Mapping[str, Kind] = {
    "operating-system": "system",
    "machine-learning-model": "model",
    "file": "aside",
    "data": "aside",
    "cryptographic-asset": "aside",
}
_PATHS = ("syft:location:0:path", "aquasecurity:trivy:FilePath")
_SOURCE = "aquasecurity:trivy:Src"


def fits(document: Object) -> bool:
    """Whether it is one that this module reads."""
    return document.get("bomFormat") == "CycloneDX" and str(document.get("specVersion")).startswith("1.")


def read(text: str, document: Object) -> Bill:
    """What it lists, components within components too. Raises ValueError when these are nested too deeply."""
    broken: list[int] = []
    parts = [
        *_subject(text, document),
        *(_part(text, each, broken) for each in _all(text, document.entries("components"))),
    ]
    form = f"CycloneDX {word(document.get('specVersion'))}"
    return Bill(form=form, parts=tuple(filter(None, parts)), about=_about(document), broken=tuple(broken))


def _about(document: Object) -> frozenset[str]:
    about = document.get("metadata")
    said = about.get("component") if isinstance(about, dict) else None
    if not isinstance(said, dict):
        return frozenset()
    name, version, url = map(word, map(said.get, ("name", "version", "purl")))
    release = version if version.startswith("sha256:") or not version else f"{name}:{version}"
    return frozenset((name, release, url)) - {""}


def _subject(text: str, document: Object) -> Iterator[Part | None]:
    """What it is about, where that is a package itself."""
    about = document.get("metadata")
    if isinstance(about, dict) and isinstance(about.get("component"), dict):
        start, end = document.said["metadata"][1:]
        found = _part(text, Entry(about["component"], start, end), [])
        yield found and found.replace(kind="aside")


def _all(text: str, entries: Iterable[Entry], depth: int = 0) -> Iterator[Entry]:
    if depth > MAX_DEPTH:
        raise ValueError(f"components more than {MAX_DEPTH} deep in one another")
    for entry in entries:
        yield entry
        if isinstance(entry.value, dict) and entry.value.get("components"):
            yield from _all(text, json_text.read(text, LISTS, entry.start).entries("components"), depth + 1)


def _part(text: str, entry: Entry, broken: list[int]) -> Part | None:
    said = entry.value
    name = word(said.get("name")) if isinstance(said, dict) else ""
    if not name:
        broken.append(entry.start)
        return None
    version = word(said.get("version"))
    kind = _KINDS.get(word(said.get("type")), "package")
    if said.get("type") == "application" and not version:  # a lock file, as Trivy lists it
        kind = "aside"
    properties = {
        word(each.get("name")): word(each.get("value"))
        for each in items(said.get("properties"))
        if isinstance(each, dict)
    }
    group = word(said.get("group"))
    return part(
        text,
        entry,
        kind,
        f"{group}/{name}" if group else name,
        word(said.get("purl")),
        version=version,
        licence=_licence(said.get("licenses")),
        path=next((properties[key] for key in _PATHS if key in properties), "").lstrip("/"),
        **_source(properties),
    )


def _source(properties: Mapping[str, str]) -> Mapping[str, str]:
    """The source package and its version, as Trivy knows it; package URLs tell it too."""
    name, version, release, epoch = (
        properties.get(_SOURCE + key, "") for key in ("Name", "Version", "Release", "Epoch")
    )
    if not name:
        return {}
    epoch = f"{epoch}:" if epoch not in {"", "0"} else ""
    return {"source": name, "source_version": f"{epoch}{version}{'-' if release else ''}{release}"}


def _licence(licences: Any) -> str:
    found = []
    for each in items(licences):
        if isinstance(each, dict):
            named = each.get("license")
            named = named if isinstance(named, dict) else {}
            found.append(word(each.get("expression")) or word(named.get("id")) or word(named.get("name")))
    return " AND ".join(filter(None, found))
