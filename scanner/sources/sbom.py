"""A bill of materials as a target: what it lists counts as what is installed, as if it had been found in an image."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence

from scanner.errors import TargetError
from scanner.model.finding import Problem
from scanner.model.location import Location, Text
from scanner.model.target import Component, Target
from scanner.parsers import sbom
from scanner.parsers.sbom.bill import Bill, Part, distribution, system
from scanner.sources.discover import SBOM, STDIN
from scanner.sources.masking import masked

MAX_BYTES = 128 << 20
SHOWN = 5
"""Names that a problem lists."""
_READABLE = "CycloneDX (1.x, JSON and XML) and SPDX (2.x and 3.0, JSON) are read"
_MAKE = "Make it with a tool that writes package URLs and versions, as Syft, Trivy and cdxgen do."
_ARCHITECTURES = ("arch", "subdir", "platform")
"""Qualifiers of a package URL."""


def open_sbom(path: str) -> Target:
    """The target of a bill of materials, ``-`` for standard input. Raises TargetError when it cannot be read."""
    raw = _text(path)
    try:
        bill = sbom.read(raw)
    except ValueError as error:
        raise TargetError(f"{path}: {error}", hint=_READABLE) from None
    text, _ = masked(path, raw)
    systems = _systems(bill)
    return Target(
        name=f"{SBOM}:{path}",
        called=bill.about,
        config=None,
        components=tuple(_component(text, part) for part in (*bill.parts, *systems[:1])),
        lines={path: tuple(text.value.split("\n"))},
        may_ignore=False,
        problems=list(_problems(text, bill, systems)),
    )


def _text(path: str) -> str:
    try:
        if path == STDIN:
            data = sys.stdin.buffer.read(MAX_BYTES + 1)
        else:
            with open(path, "rb") as file:
                data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise TargetError(f"{path}: {error.strerror}", hint="name a file: sbom:bom.json") from None
    if len(data) > MAX_BYTES:
        raise TargetError(
            f"{path}: larger than {MAX_BYTES:,} bytes", hint="leave single files out of it, list packages"
        )
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise TargetError(f"{path}: not UTF-8 at byte {error.start}", hint=_READABLE) from None


def _component(text: Text, part: Part) -> Component:
    package = part.purl if part.purl and part.purl.ecosystem else None
    name, version = (package.name, package.version) if package else (part.name, "")
    if part.kind == "system":
        name, version = system(part.name, part.version)
    qualifiers = package.qualifiers if package else {}
    return Component(
        at=text.location(part.start, part.end),
        kind=part.kind,
        ecosystem=package.ecosystem if package else None,
        name=name,
        version=version or part.version,
        architecture=next((qualifiers[key] for key in _ARCHITECTURES if key in qualifiers), ""),
        licence=part.licence,
        source=part.source,
        source_version=part.source_version,
        path=part.path,
    )


def _systems(bill: Bill) -> Sequence[Part]:
    """The operating systems that its package URLs name, each once, where nothing else names any."""
    if any(part.kind == "system" for part in bill.parts):
        return ()
    found: dict[tuple[str, str], Part] = {}
    for part in bill.parts:
        if part.purl and (named := distribution(part.purl)) and named not in found:
            found[named] = Part(kind="system", name=named[0], version=named[1], start=part.start, end=part.end)
    return tuple(found.values())


def _problems(text: Text, bill: Bill, systems: Sequence[Part]) -> Iterator[Problem]:
    """What nothing can be said about: a problem for each reason, at its first place."""
    if bill.broken:
        yield Problem(at=text.location(bill.broken[0]), reason=f"{len(bill.broken)} entries without a name: left out")
    released = bool(systems) or any(part.kind == "system" for part in bill.parts)
    gaps: dict[tuple[str, str], list[Part]] = {}
    for part in bill.parts:
        if gap := _gap(part, released):
            gaps.setdefault(gap, []).append(part)
    if len(systems) > 1:
        gaps["named as the operating system, of which the first counts", "Scan each image apart."] = list(systems)
    for (what, remedy), parts in gaps.items():
        names = list(dict.fromkeys(f"{part.name} {part.version}".rstrip() for part in parts))
        more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
        yield Problem(
            at=text.location(parts[0].start, parts[0].end),
            reason=f"{len(parts)} listed {what}: {', '.join(names[:SHOWN])}{more}",
            remedy=remedy,
        )
    if not bill.parts:
        yield Problem(at=Location(text.path), reason=f"{bill.form} that lists nothing", remedy=_MAKE)


def _gap(part: Part, released: bool) -> tuple[str, str] | None:
    """Why nothing is known about a part, and what to do; None when something is, or when there is nothing to know."""
    if part.kind != "package":
        remedy = "Scan the image or the folder with the files."
        return ("as a model: what its files hold was not looked at", remedy) if part.kind == "model" else None
    if part.purl is None:
        return "without a package URL, so nothing is known about it", _MAKE
    if part.purl.ecosystem is None:
        return f"as {part.purl.type}, a kind of package that is not looked at", ""
    if not (part.purl.version or part.version):
        return "without a version, so no advisory can be held against it", _MAKE
    loose = part.purl.ecosystem in {"deb", "apk", "rpm"} and not released
    return ("as packages of a distribution, but not of which release", _MAKE) if loose else None
