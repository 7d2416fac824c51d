"""Lock files: the exact releases a tool has settled on.

Formats: uv.lock (uv's manual), poetry.lock (version 2 of its format), pylock.toml (PEP 751), Pipfile.lock (version 6 of
its format, JSON).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import islice
from typing import Any

from scanner.model.location import Text
from scanner.parsers.manifests import specifier
from scanner.parsers.manifests.entries import MAX_ENTRIES, TOO_MANY, Entry, Manifest, Spec
from scanner.parsers.manifests.places import Toml, items, mapping, word


def read(text: Text) -> Manifest:
    """The packages of a uv.lock, poetry.lock or pylock.toml. Raises ValueError when it is not TOML."""
    toml = Toml(text.value)
    table = "packages" if "packages" in toml.data else "package"
    packages = [package for package in items(toml.data.get(table)) if isinstance(package, dict)]
    places = toml.tables(table)
    entries: list[Entry] = []
    for number, package in enumerate(packages[:MAX_ENTRIES]):
        spec = _package(package)
        if spec is None:
            continue
        within = places[number] if number < len(places) else (0, len(text.value))
        entries.append(Entry(spec, *toml.string(word(package.get("name")), within)))
    return Manifest(declared="lock", entries=tuple(entries), errors=_beyond(len(packages)))


def _beyond(count: int) -> tuple[tuple[int, int, str], ...]:
    return ((0, 1, TOO_MANY),) if count > MAX_ENTRIES else ()


def _package(package: dict[str, Any]) -> Spec | None:
    """One package of a lock file; None for the project itself and its workspace."""
    name, version = specifier.normalize(word(package.get("name"))), word(package.get("version"))
    source = mapping(package.get("source"))
    vcs = mapping(package.get("vcs"))
    if not name or {"editable", "virtual", "directory"} & source.keys() or "directory" in package:
        return None
    if vcs or "git" in source or source.get("type") == "git":
        url = word(vcs.get("url") or source.get("git") or source.get("url"))
        fragment = url.partition("#")[2]
        commit = word(vcs.get("commit-id") or source.get("resolved_reference")) or fragment
        base = url.partition("#")[0].partition("?")[0]
        return specifier.repository(f"git+{base}@{commit}", name).replace(version=version)
    hashed = any("hash" in mapping(file) or "hashes" in mapping(file) for file in _files(package))
    return Spec(name=name, specifier=f"=={version}", version=version, pinned=True, hashed=hashed)


def _files(package: dict[str, Any]) -> list[Any]:
    return [package.get("sdist"), package.get("archive"), *items(package.get("wheels")), *items(package.get("files"))]


def pipfile_lock(text: Text, *, groups: bool = False) -> Manifest:
    """The packages of a Pipfile.lock; ``groups``: development packages too. Raises ValueError when it is no JSON."""
    import json

    try:
        data = json.loads(text.value)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    find = _keys(text.value)
    entries: list[Entry] = []
    count = 0
    for section in ("default", "develop") if groups else ("default",):
        after = find(section, 0)
        packages = mapping(mapping(data).get(section))
        count += len(packages)
        for name, package in islice(packages.items(), max(0, MAX_ENTRIES - len(entries))):
            table = mapping(package)
            start = find(name, after)
            entries.append(Entry(_pipenv(specifier.normalize(name), table), start, start + len(name)))
    return Manifest(declared="lock", entries=tuple(entries), errors=_beyond(count))


def _pipenv(name: str, table: dict[str, Any]) -> Spec:
    if "git" in table:
        return specifier.repository(f"git+{word(table['git'])}@{word(table.get('ref'))}", name)
    if "path" in table or "file" in table:
        path = word(table.get("path") or table.get("file"))
        return Spec(name=name, specifier=f"@ {path}", pinned=True, origin="local", url=path)
    spec = specifier.read(name + word(table.get("version")))
    return spec.replace(hashed=bool(items(table.get("hashes"))))


def _keys(value: str) -> Callable[[str, int], int]:
    """A search for the places of JSON keys: (key, from where on) to the offset of its first character."""
    places: dict[str, list[int]] = {}
    for key in re.finditer(r'"([^"\\\n]+)"\s*:\s*\{', value):
        places.setdefault(key[1], []).append(key.start(1))

    def find(key: str, after: int) -> int:
        return next((place for place in places.get(key, ()) if place >= after), 0)

    return find
