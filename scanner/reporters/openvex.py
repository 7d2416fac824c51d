"""OpenVEX of known vulnerabilities, for the tools of those who get the image: https://github.com/openvex/spec (0.2.0).

What an ignore takes away, with its reason, is ``not_affected``; all else is ``under_investigation``, for its author to
decide. What a VEX document took away stands in that document already.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from scanner import __version__
from scanner.model.facts import KnownVulnerability
from scanner.model.finding import Report, Suppression
from scanner.parsers import image_reference
from scanner.parsers.packages import purl
from scanner.reporters.interface import Options
from scanner.reporters.plain import clean

CONTEXT = "https://openvex.dev/ns/v0.2.0"
AUTHOR = "Unknown Author"
"""OpenVEX wants one; whoever signs the document puts a name there."""
_NAMED = frozenset({"image", "docker", "registry", "containerd"})
"""Prefixes of a target with the name of an image behind it."""

Values = dict[str, Any]


def render(reports: Sequence[Report], options: Options) -> str:
    """One document for all reports; its id and its statements follow from these."""
    import json
    from hashlib import sha256

    statements = [statement for report in reports for statement in _statements(report)]
    digest = sha256(json.dumps(statements, sort_keys=True).encode()).hexdigest()
    document = {
        "@context": CONTEXT,
        "@id": f"https://openvex.dev/docs/public/vex-{digest}",
        "author": AUTHOR,
        "timestamp": options.time,
        "version": 1,
        "tooling": f"hullcheck/{__version__}",
        "statements": statements,
    }
    return json.dumps(document, indent=2) + "\n"


def _statements(report: Report) -> list[Values]:
    """One for each vulnerability and reason, about all packages of the image that have it."""
    image = _image(report)
    groups: dict[tuple[str, tuple[str, ...], str | None], dict[str, str]] = {}
    for finding in report.findings:
        fact, ignored = finding.fact, finding.suppressed
        if isinstance(fact, KnownVulnerability) and (ignored is None or ignored.by != "vex"):
            key = fact.advisory, fact.aliases, _reason(ignored)
            package = fact.purl or f"{fact.name}@{fact.version}"
            groups.setdefault(key, {}).setdefault(package, fact.told if fact.reached_by else "")
    return [_statement(*key, image, packages) for key, packages in groups.items()]


def _reason(ignored: Suppression | None) -> str | None:
    """Why somebody said that it does not count; None when nobody did."""
    return clean(ignored.reason) if ignored is not None and ignored.by in {"comment", "config"} else None


def _statement(
    advisory: str, aliases: tuple[str, ...], reason: str | None, image: str, packages: Mapping[str, str]
) -> Values:
    """``packages`` are told in words where an open service reaches them."""
    parts = [{"@id": clean(each)} for each in packages]
    vulnerability: Values = {"name": clean(advisory)}
    if aliases:
        vulnerability["aliases"] = list(map(clean, aliases))
    said: Values = {
        "vulnerability": vulnerability,
        "products": [{"@id": image, "subcomponents": parts}] if image else parts,
        "status": "under_investigation" if reason is None else "not_affected",
    }
    if reason is not None:
        said["impact_statement"] = reason
    elif notes := "; ".join(filter(None, dict.fromkeys(packages.values()))):
        said["status_notes"] = clean(notes)
    return said


def _image(report: Report) -> str:
    """The package URL of the image that a report is about; "" when it is about none."""
    digest = next((each for each in sorted(report.called) if each.startswith("sha256:")), "")
    prefix, _, name = report.target.partition(":")
    if prefix in _NAMED:
        reference = image_reference.parse(name)
        return purl.image(reference.canonical, reference.digest or digest, reference.tag or "")
    return next((each for each in sorted(report.called) if each.startswith("pkg:oci/")), "")
