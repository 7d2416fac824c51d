"""pyproject.toml and Pipfile: what a project depends on.

Formats: PEP 621 (``[project]``), PEP 735 (``[dependency-groups]``), Poetry's, PDM's and uv's own tables, and pipenv's
Pipfile, each by its tool's manual.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from scanner.model.location import Text
from scanner.parsers.manifests import specifier
from scanner.parsers.manifests.entries import MAX_ENTRIES, TOO_MANY, Entry, Index, Manifest, Spec
from scanner.parsers.manifests.places import Toml, items, mapping, word

_EXACT_COMMIT = ("rev", "ref", "tag", "branch")


def read(text: Text, extras: tuple[str, ...] | None = None, *, groups: bool = False) -> Manifest:
    """What pyproject.toml asks for.

    ``extras``: the optional dependencies wanted, None for all. ``groups``: development and other groups too.
    Raises ValueError when it is not TOML.
    """
    toml = Toml(text.value)
    project = mapping(toml.data.get("project"))
    tool = mapping(toml.data.get("tool"))
    collector = _Collector(toml, mapping(mapping(tool.get("uv")).get("sources")))
    collector.strings(items(project.get("dependencies")), "project")
    optional = mapping(project.get("optional-dependencies"))
    for extra, wanted in optional.items():
        if extras is None or specifier.normalize(extra) in extras:
            collector.strings(items(wanted), "project.optional-dependencies")
    if groups:
        for group in mapping(toml.data.get("dependency-groups")).values():
            collector.strings(items(group), "dependency-groups")
        for group in mapping(mapping(tool.get("pdm")).get("dev-dependencies")).values():
            collector.strings(items(group), "tool.pdm.dev-dependencies")
        collector.strings(items(mapping(tool.get("uv")).get("dev-dependencies")), "tool.uv")
    _poetry(collector, mapping(tool.get("poetry")), groups=groups)
    name = word(project.get("name")) or word(mapping(tool.get("poetry")).get("name"))
    return Manifest(
        declared="pyproject",
        name=specifier.normalize(name),
        entries=tuple(collector.entries),
        indexes=tuple(_indexes(toml, tool)),
        prerelease=mapping(tool.get("uv")).get("prerelease") == "allow",
        strategy=word(mapping(tool.get("uv")).get("index-strategy")),
        errors=tuple(collector.errors),
    )


def pipfile(text: Text, *, groups: bool = False) -> Manifest:
    """What a Pipfile asks for; ``groups``: the development packages too. Raises ValueError when it is not TOML."""
    toml = Toml(text.value)
    collector = _Collector(toml, {})
    for table in ("packages", "dev-packages") if groups else ("packages",):
        collector.table(mapping(toml.data.get(table)), table)
    indexes = [
        Index(url, "extra" if number else "primary", start, end)
        for number, (url, _, start, end) in enumerate(_sources(toml, toml.data.get("source"), "source"))
    ]
    prerelease = mapping(toml.data.get("pipenv")).get("allow_prereleases") is True
    return Manifest(
        declared="requirements",
        entries=tuple(collector.entries),
        indexes=tuple(indexes),
        prerelease=prerelease,
        errors=tuple(collector.errors),
    )


class _Collector:
    def __init__(self, toml: Toml, sources: dict[str, Any]) -> None:
        self.toml = toml
        self.sources = {specifier.normalize(name): source for name, source in sources.items()}
        self.entries: list[Entry] = []
        self.errors: list[tuple[int, int, str]] = []

    def strings(self, wanted: list[Any], table: str) -> None:
        """PEP 508 strings; other things in the list (``include-group``) say nothing new."""
        within = self.toml.table(table)
        for text in wanted:
            if not isinstance(text, str):
                continue
            start, end = self.toml.string(text, within)
            if self.is_full(start):
                return
            try:
                spec = specifier.read(text)
            except ValueError as error:
                self.errors.append((start, end, str(error)))
                continue
            source = mapping(self.sources.get(spec.name))
            if spec.origin == "index" and {"git", "url", "path", "workspace"} & source.keys():
                spec = _described(spec.name, source)
            self.entries.append(Entry(spec, start, end))

    def is_full(self, start: int) -> bool:
        """Whether no more is read; the first time it is, that is an error."""
        if len(self.entries) < MAX_ENTRIES:
            return False
        if not any(reason == TOO_MANY for _, _, reason in self.errors):
            self.errors.append((start, start + 1, TOO_MANY))
        return True

    def table(self, wanted: dict[str, Any], table: str) -> None:
        """``name = "^1.2"`` or ``name = {version = …, git = …}``, or a list of such tables."""
        within = self.toml.table(table)
        for name, value in wanted.items():
            if name in {"python", "python_version"}:
                continue
            start, end = self.toml.key(name, within)
            if self.is_full(start):
                return
            for one in value if isinstance(value, list) else [value]:
                try:
                    self.entries.append(Entry(_described(specifier.normalize(name), one), start, end))
                except ValueError as error:
                    self.errors.append((start, end, str(error)))


def _described(name: str, value: object) -> Spec:
    """A requirement in Poetry's, pipenv's or uv's own terms."""
    table = mapping(value)
    if "git" in table:
        reference = next((word(table[key]) for key in _EXACT_COMMIT if key in table), "")
        spec = specifier.repository(f"git+{word(table['git'])}" + (f"@{reference}" if reference else ""), name)
    elif "url" in table or word(table.get("file")).startswith("http"):
        spec = specifier.link(word(table.get("url") or table.get("file")), name)
    elif "path" in table or "workspace" in table or "file" in table:
        path = word(table.get("path") or table.get("file")) or "."
        spec = Spec(name=name, specifier=f"@ {path}", pinned=True, origin="local", url=path)
    else:
        spec = ranged(name, word(table.get("version")) if table else word(value))
    extras = tuple(specifier.normalize(word(extra)) for extra in items(table.get("extras")))
    markers = word(table.get("markers"))
    if not extras and not markers:
        return spec
    return spec.replace(extras=extras, marker=markers, elsewhere=specifier.is_elsewhere(markers))


def ranged(name: str, words: str) -> Spec:
    """Poetry's version terms: a bare version is exact, ``^`` and ``~`` are ranges, ``*`` is any, ``||`` is or."""
    words = "".join(words.split())
    if words in {"", "*"}:
        return Spec(name=name)
    if "|" in words or (words[0] in "^~" and not words.startswith("~=")):
        return Spec(name=name, specifier=words, bounded=True)
    if words[0].isdigit() or words[0] == "v":
        words = "==" + words
    return specifier.read(name + words)


def _poetry(collector: _Collector, poetry: dict[str, Any], *, groups: bool) -> None:
    collector.table(mapping(poetry.get("dependencies")), "tool.poetry.dependencies")
    if groups:
        collector.table(mapping(poetry.get("dev-dependencies")), "tool.poetry.dev-dependencies")
        for group, content in mapping(poetry.get("group")).items():
            collector.table(mapping(mapping(content).get("dependencies")), f"tool.poetry.group.{group}.dependencies")


def _sources(toml: Toml, tables: object, name: str) -> Iterator[tuple[str, dict[str, Any], int, int]]:
    """(URL, table, start, end) of each table of an array that names an index."""
    places = toml.tables(name)
    for number, table in enumerate(items(tables)):
        url = word(mapping(table).get("url"))
        if url:
            within = places[number] if number < len(places) else (0, len(toml.value))
            yield url, table, *toml.string(url, within)


def _indexes(toml: Toml, tool: dict[str, Any]) -> Iterator[Index]:
    uv = mapping(tool.get("uv"))
    for url, table, start, end in _sources(toml, uv.get("index"), "tool.uv.index"):
        if table.get("explicit") is not True:
            yield Index(url, "primary" if table.get("default") is True else "extra", start, end)
    if url := word(uv.get("index-url")):
        yield Index(url, "primary", *toml.string(url, toml.table("tool.uv")))
    for url in filter(None, map(word, items(uv.get("extra-index-url")))):
        yield Index(url, "extra", *toml.string(url, toml.table("tool.uv")))
    for url in filter(None, map(word, items(uv.get("find-links")))):
        yield Index(url, "find-links", *toml.string(url, toml.table("tool.uv")))
    for owner in ("poetry", "pdm"):
        name = f"tool.{owner}.source"
        for url, table, start, end in _sources(toml, mapping(tool.get(owner)).get("source"), name):
            priority = table.get("priority")
            if priority != "explicit":
                yield Index(url, "primary" if priority in {"primary", "default"} else "extra", start, end)
