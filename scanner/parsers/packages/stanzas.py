"""The text databases of dpkg (deb822) and apk: paragraphs of fields, one a package.

Formats: https://manpages.debian.org/deb822.5 and https://wiki.alpinelinux.org/wiki/Apk_spec.
"""

from __future__ import annotations

from collections.abc import Iterator

from scanner.parsers.lazy import Lazy
from scanner.parsers.packages.entry import Entry, Locate

MAX_ENTRIES = 100_000
"""Packages of one database; no distribution has as many."""

_DPKG = Lazy(r"\n(Package|Status|Version|Architecture|Source):[ \t]*([^\n]*)")
_SOURCE = Lazy(r"([^\s(]+)(?:\s*\(([^)\s]+)\))?")
_GONE = ("config-files", "not-installed")


def dpkg(data: bytes) -> Iterator[Entry]:
    """The packages of ``var/lib/dpkg/status`` or a file of ``status.d`` that are installed, as dpkg-query lists them.

    Removed ones of which only the configuration is left are none. Raises ValueError after MAX_ENTRIES, and at the end
    for paragraphs without name or version.
    """
    broken = 0
    for paragraph in _paragraphs(data):
        said = {field: value.strip() for field, value in _DPKG.findall(f"\n{paragraph}")}
        if said.get("Status", "").endswith(_GONE):
            continue
        if not said.get("Package") or not said.get("Version"):
            broken += bool(paragraph.strip())
            continue
        source = _SOURCE.match(said.get("Source", ""))
        yield Entry(
            name=said["Package"],
            version=said["Version"],
            architecture=said.get("Architecture", ""),
            source=source[1] if source else said["Package"],
            source_version=(source[2] or "") if source else "",
        )
    _check(broken)


def apk(data: bytes, locate: Locate) -> Iterator[Entry]:
    """The packages of ``lib/apk/db/installed``. Raises ValueError as ``dpkg`` does."""
    broken = 0
    for paragraph in _paragraphs(data):
        said: dict[str, str] = {}
        owned: dict[str, None] = {}
        folder = ""
        for line in paragraph.split("\n"):
            if line.startswith("F:"):
                folder = line[2:]
            elif line.startswith("R:"):
                owned[locate(f"{folder}/{line[2:]}" if folder else line[2:])] = None
            elif line[1:2] == ":":
                said.setdefault(line[0], line[2:].strip())
        if not said.get("P") or not said.get("V"):
            broken += bool(paragraph.strip())
            continue
        yield Entry(
            name=said["P"],
            version=said["V"],
            licence=said.get("L", ""),
            architecture=said.get("A", ""),
            source=said.get("o") or said["P"],
            owns=tuple(place for place in owned if place),
        )
    _check(broken)


def file_list(data: bytes, locate: Locate) -> tuple[str, ...]:
    """The locations of packages of other ecosystems in a ``var/lib/dpkg/info/NAME.list``."""
    lines = data.decode("utf-8", "replace").split("\n")
    return tuple(dict.fromkeys(place for line in lines if (place := locate(line.lstrip("/")))))


def _paragraphs(data: bytes) -> Iterator[str]:
    for number, paragraph in enumerate(data.decode("utf-8", "replace").split("\n\n")):
        if number >= MAX_ENTRIES:
            raise ValueError(f"more than {MAX_ENTRIES:,} packages; the others are left out")
        yield paragraph


def _check(broken: int) -> None:
    if broken:
        raise ValueError(f"packages without name or version: {broken}")
