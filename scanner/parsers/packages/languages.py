"""What npm and RubyGems record of an installed package, and what headers of Python and Node.js say of themselves."""

from __future__ import annotations

import json

from scanner.parsers.lazy import Lazy
from scanner.parsers.packages.entry import Entry

MAX_HEAD = 1 << 16
"""Bytes of a gemspec or a header that are read. What is behind is left out."""
MAX_NAME = 256
"""Characters of a name, a version, a licence; npm takes names of 214."""

_GEM = Lazy(r"""(?m)^[ \t]*s\w{0,16}\.(name|version|license|licenses|platform)[ \t]*=[ \t]*(.{0,512})""")
_QUOTED = Lazy(r"""["']([^"'\n]{0,256})["']""")
_GEM_FILE = Lazy(r"(?P<name>.+?)-(?P<version>\d[^-]*)(?:-(?P<platform>.+))?\.gemspec$")
_PYTHON = Lazy(r'(?m)^#define[ \t]+PY_VERSION[ \t]+"(\d[\w.+]{0,30})"')
_NODE = Lazy(r"(?m)^#define[ \t]+NODE_(MAJOR|MINOR|PATCH)_VERSION[ \t]+(\d{1,6})")


def npm(data: bytes) -> Entry | None:
    """The package that a package.json describes; None for one without name or version, which is part of another.

    Raises ValueError when it is no JSON object.
    """
    said = json.loads(data)
    if not isinstance(said, dict):
        raise ValueError("a package.json that is no JSON object")
    name, version = said.get("name"), said.get("version")
    if not isinstance(name, str) or not isinstance(version, str) or not name or not version:
        return None
    licence = said.get("license", said.get("licenses"))
    if isinstance(licence, list):
        licence = licence[0] if len(licence) == 1 else None
    if isinstance(licence, dict):
        licence = licence.get("type")
    return Entry(
        name=name[:MAX_NAME], version=version[:MAX_NAME], licence=licence[:MAX_NAME] if isinstance(licence, str) else ""
    )


def gem(data: bytes, file: str) -> Entry:
    """The gem that a gemspec describes; its file name says what the specification itself computes.

    Raises ValueError when neither tells name and version.
    """
    said: dict[str, str] = {}
    for key, value in _GEM.findall(data[:MAX_HEAD].decode("utf-8", "replace")):
        words = _QUOTED.findall(value)
        if words:
            said.setdefault(key, " OR ".join(words) if key == "licenses" else words[0])
    named = _GEM_FILE.match(file[: 2 * MAX_NAME])
    name, version = (said.get(key) or (named[key] if named else "") for key in ("name", "version"))
    if not name or not version:
        raise ValueError("a gem without name or version")
    platform = said.get("platform") or (named["platform"] if named else "") or ""
    return Entry(
        name=name,
        version=version,
        licence=said.get("license") or said.get("licenses", ""),
        architecture="" if platform == "ruby" else platform,
    )


def python_header(data: bytes) -> str:
    """The version in a ``patchlevel.h``, "" for none."""
    found = _PYTHON.search(data[:MAX_HEAD].decode("utf-8", "replace"))
    return found[1] if found else ""


def node_header(data: bytes) -> str:
    """The version in a ``node_version.h``, "" for none."""
    parts = dict(_NODE.findall(data[:MAX_HEAD].decode("utf-8", "replace")))
    return ".".join(parts[part] for part in ("MAJOR", "MINOR", "PATCH")) if len(parts) == 3 else ""
