"""A package of a conda environment: ``conda-meta/NAME-VERSION-BUILD.json``."""

from __future__ import annotations

import json

from scanner.parsers.lazy import Lazy
from scanner.parsers.manifests.specifier import masked
from scanner.parsers.packages.entry import Entry, Locate

_TOKEN = Lazy(r"/t/[^/]{1,512}")
"""Where the URL of a private channel carries its credential."""


def record(data: bytes, root: str, locate: Locate) -> Entry:
    """What a record says. ``root`` is the folder of the environment, for its files.

    Raises ValueError when it is no JSON object with a name and a version.
    """
    said = json.loads(data)
    if not isinstance(said, dict) or not all(isinstance(said.get(key), str) for key in ("name", "version")):
        raise ValueError("a conda record without name or version")
    files = said.get("files")
    prefix = f"{root}/" if root else ""
    owned = {locate(prefix + file): None for file in files if isinstance(file, str)} if isinstance(files, list) else {}
    return Entry(
        name=said["name"].lower(),
        version=said["version"],
        licence=_text(said.get("license")),
        architecture=_text(said.get("subdir")),
        url=_TOKEN.sub("/t/***", masked(_text(said.get("channel")))),
        requested=True if said.get("requested_spec") or said.get("requested_specs") else None,
        owns=tuple(place for place in owned if place),
    )


def of_file_name(file: str) -> Entry:
    """Name and version that ``numpy-1.26.4-py311h64a7726_0.json`` tells."""
    name, version, _build = file.removesuffix(".json").rsplit("-", 2)
    return Entry(name=name.lower(), version=version)


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
