"""CycloneDX.

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
    metadata = document.get("metadata")
    about = metadata.get("component") if isinstance(metadata, dict) else None
    subject = Entry(about, *document.said["metadata"][1:]) if about is not None else None
    return _bill(text, word(document.get("specVersion")), subject, _all(text, document.entries("components")))


def read_xml(text: str) -> Bill:
    """The same for a document in XML. Raises ValueError, with the line, for what is none."""
    from scanner.parsers.sbom.cyclonedx_xml import Document

    document = Document(text)
    return _bill(text, document.version, document.about, document.components)


def _bill(text: str, version: str, subject: Entry | None, components: Iterable[Entry]) -> Bill:
    broken: list[int] = []
    parts = [_part(text, entry, broken) for entry in components]
    about: frozenset[str] = frozenset()
    if subject is not None and isinstance(subject.value, dict):
        about = _about(subject.value)
        itself = _part(text, subject, [])
        parts.insert(0, itself and itself.replace(kind="aside"))
    return Bill(form=f"CycloneDX {version}", parts=tuple(filter(None, parts)), about=about, broken=tuple(broken))


def _about(said: Mapping[str, Any]) -> frozenset[str]:
    """What the image or the package that the document is of is called."""
    name, version, url = map(word, map(said.get, ("name", "version", "purl")))
    release = version if version.startswith("sha256:") or not version else f"{name}:{version}"
    return frozenset((name, release, url)) - {""}


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
