"""SPDX as JSON: 2.2 and 2.3, and 3.0 as JSON-LD.

Formats: https://spdx.github.io/spdx-spec/v2.3/ and https://spdx.github.io/spdx-spec/v3.0.1/.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from scanner.parsers.json_text import Entry, Object
from scanner.parsers.lazy import Lazy
from scanner.parsers.sbom.bill import Bill, Kind, Part, items, part, word

LISTS = ("packages", "@graph")

_KINDS: Mapping[str, Kind] = {
    "operatingsystem": "system",
    "model": "model",
    "file": "aside",
    "data": "aside",
    "container": "aside",
}
"""By the purpose of a package, without its hyphens."""
_TYPES: Mapping[str, Kind | None] = {
    "software_Package": None,
    "ai_AIPackage": "model",
    "dataset_DatasetPackage": "aside",
}
_FOUND = Lazy(r": (/[^,\n]{1,1024})")
"""As Syft ends ``sourceInfo``."""


def fits(document: Object) -> bool:
    """Whether it is one that this module reads."""
    return word(document.get("spdxVersion")).startswith("SPDX-2.") or _is_three(document)


def read(text: str, document: Object) -> Bill:
    """The packages that it lists."""
    three = _is_three(document)
    form = "SPDX 3" if three else f"SPDX {word(document.get('spdxVersion')).removeprefix('SPDX-')}"
    broken: list[int] = []
    if three:
        parts = [_element(text, entry, broken) for entry in document.entries("@graph")]
    else:
        about = _about(document)
        parts = [_package(text, entry, about, broken) for entry in document.entries("packages")]
    return Bill(form=form, parts=tuple(filter(None, parts)), broken=tuple(broken))


def _is_three(document: Object) -> bool:
    return "@graph" in document.lists and "//spdx.org/rdf/3." in str(document.get("@context"))


def _about(document: Object) -> frozenset[str]:
    """What the document describes, which is not part of itself."""
    related = (each for each in items(document.get("relationships")) if isinstance(each, dict))
    told = (each.get("relatedSpdxElement") for each in related if each.get("relationshipType") == "DESCRIBES")
    return frozenset(map(word, (*items(document.get("documentDescribes")), *told)))


def _package(text: str, entry: Entry, about: frozenset[str], broken: list[int]) -> Part | None:
    said = entry.value
    if not isinstance(said, dict) or not word(said.get("name")):
        broken.append(entry.start)
        return None
    purl = next(
        (
            word(each.get("referenceLocator"))
            for each in items(said.get("externalRefs"))
            if isinstance(each, dict) and each.get("referenceType") == "purl"
        ),
        "",
    )
    kind = "aside" if word(said.get("SPDXID")) in about else _kind(said.get("primaryPackagePurpose"))
    licence = next(filter(_is_said, (word(said.get("licenseDeclared")), word(said.get("licenseConcluded")))), "")
    found = _FOUND.search(word(said.get("sourceInfo")))
    return part(
        text,
        entry,
        kind,
        word(said["name"]),
        purl,
        version=word(said.get("versionInfo")),
        licence=licence,
        path=found[1].lstrip("/") if found else "",
    )


def _element(text: str, entry: Entry, broken: list[int]) -> Part | None:
    """An element of SPDX 3, when it is a package."""
    said = entry.value
    if not isinstance(said, dict):
        broken.append(entry.start)
        return None
    form = word(said.get("type") or said.get("@type"))
    if form not in _TYPES:
        return None
    name = word(said.get("name"))
    purl = word(said.get("software_packageUrl")) or next(
        (
            word(each.get("identifier"))
            for each in items(said.get("externalIdentifier"))
            if isinstance(each, dict) and each.get("externalIdentifierType") == "packageUrl"
        ),
        "",
    )
    if not name and not purl:
        broken.append(entry.start)
        return None
    kind = _TYPES[form] or _kind(said.get("software_primaryPurpose"))
    return part(text, entry, kind, name or purl, purl, version=word(said.get("software_packageVersion")))


def _kind(purpose: Any) -> Kind:
    return _KINDS.get(word(purpose).lower().replace("-", ""), "package")


def _is_said(licence: str) -> bool:
    return licence not in {"", "NOASSERTION", "NONE"}
