"""What installers are asked for, and how they are called.

One module a family of installers: each has functions that turn one call into facts. ``pip`` and ``projects`` follow
the files that a call names (requirements, constraints, pyproject.toml, lock files) through ``wanted``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache

from scanner.extractors.packages import indexes
from scanner.extractors.packages.call import Call, Surroundings, options_named
from scanner.model.command import Command
from scanner.model.facts import Fact, Requirement
from scanner.model.instruction import Pairs
from scanner.model.location import Evidence, Word
from scanner.model.target import Config, Item, Step

Reader = Callable[[Call], Iterator[Fact]]

MAX_FACTS = 50_000
"""Facts about one instruction; real ones give some hundreds, the largest lock files some thousands."""

_FAMILIES = {
    name: family
    for family, names in {
        "pip": "pip pipx pip-sync",
        "projects": "uv uvx poetry pdm pipenv",
        "conda": "conda mamba micromamba pixi",
        "debian": "apt-get apt aptitude",
        "alpine": "apk",
        "rpm": "yum dnf dnf5 microdnf tdnf zypper",
        "node": "npm yarn yarnpkg pnpm bun",
        "languages": "gem bundle bundler go cargo",
    }.items()
    for name in names.split()
}
"""Installers, and the module that reads their calls."""
_LISTS = {"apt-get": "apt", "apt": "apt", "aptitude": "apt", "apk": "apk", "zypper": "zypper"} | dict.fromkeys(
    ("yum", "dnf", "dnf5", "microdnf", "tdnf"), "rpm"
)
"""Programs that need up-to-date package lists, and their family."""
_USING = options_named(
    "install reinstall upgrade dist-upgrade full-upgrade build-dep satisfy source download add fetch in dup "
    "update-minimal upgrade-minimal localinstall groupinstall"
)
"""What they need them for; ``update`` besides, where it means ``upgrade``."""
_CONFIGS = ("pip.conf", "pip.ini", "uv.toml", "condarc", "mambarc")
"""What the names of installers' configuration files have in them."""
_MODULES = frozenset({"pip", "pipx", "uv", "poetry", "pdm", "pipenv"})


class Packages:
    """The installers among the commands that the build runs or that the container starts."""

    of = (Step, Config)

    def wants(self, item: Item) -> bool:
        """Commands."""
        return isinstance(item, Step | Config) and bool(item.commands)

    def extract(self, item: Item) -> Iterator[Fact]:
        """A fact for each call, requirement and index. Raises ValueError last, for files that could not be read."""
        assert isinstance(item, Step | Config)
        found = [(index, *_installer(command)) for index, command in enumerate(item.commands)]
        found = [(index, installer, words) for index, installer, words in found if installer]
        if not found:
            return
        around = Surroundings(item)
        for _, installer, words in found:
            family = _LISTS.get(installer, "")
            if family and any(w.text in _USING or (w.text == "update" and family == "rpm") for w in words):
                around.uses_lists.add(family)
        facts: list[Fact] = []
        for index, installer, words in found:
            facts += _reader(installer)(Call(around, index, installer, words))
            if len(facts) > MAX_FACTS:
                around.unreadable.append(f"more than {MAX_FACTS:,} packages in one instruction; the rest was not read")
                break
        yield from _once(facts) if len(found) > 1 else facts
        if around.unreadable:
            raise ValueError("; ".join(dict.fromkeys(around.unreadable)))


class IndexVariables:
    """Package indexes that ENV and ARG set: they serve whatever is installed later."""

    of = (Step,)

    def wants(self, item: Item) -> bool:
        """ENV and ARG."""
        return isinstance(item, Step) and item.keyword in {"ENV", "ARG"} and isinstance(item.instruction, Pairs)

    def extract(self, item: Item) -> Iterator[Fact]:
        """A fact for each index."""
        assert isinstance(item, Step)
        assert isinstance(item.instruction, Pairs)
        for pair in item.instruction.pairs:
            if pair.key.text in indexes.VARIABLES and pair.value is not None:
                evidence = item.instruction.evidence(Word("", pair.key.start, pair.value.end))
                yield from indexes.in_environment(
                    pair.key.text, pair.value.text, pair.value.known, evidence, ships=item.stage.ships
                )


class ConfigFiles:
    """Package indexes in the configuration files that COPY, ADD and RUN put into the image."""

    of = (Step,)

    def wants(self, item: Item) -> bool:
        """Steps that name such a file."""
        if not isinstance(item, Step) or item.keyword not in {"COPY", "ADD", "RUN"}:
            return False
        said = item.instruction.text.value
        return any(name in said for name in _CONFIGS)

    def extract(self, item: Item) -> Iterator[Fact]:
        """A fact for each index."""
        from scanner.extractors.packages import configs

        assert isinstance(item, Step)
        yield from configs.read(item)


EXTRACTORS = (Packages(), IndexVariables(), ConfigFiles())


@cache
def _reader(installer: str) -> Reader:  # noqa: PLR0911
    """What turns a call of an installer into facts; its module is loaded when it is called for."""
    match _FAMILIES[installer]:
        case "pip":
            from scanner.extractors.packages import pip

            return {"pip": pip.pip, "pipx": pip.pipx, "pip-sync": pip.pip_sync}[installer]
        case "projects":
            from scanner.extractors.packages import projects

            return {
                "uv": projects.uv,
                "uvx": projects.uvx,
                "poetry": projects.poetry,
                "pdm": projects.pdm,
                "pipenv": projects.pipenv,
            }[installer]
        case "conda":
            from scanner.extractors.packages import conda

            return conda.pixi if installer == "pixi" else conda.conda
        case "debian":
            from scanner.extractors.packages import debian

            return debian.apt
        case "alpine":
            from scanner.extractors.packages import alpine

            return alpine.apk
        case "rpm":
            from scanner.extractors.packages import rpm

            return rpm.zypper if installer == "zypper" else rpm.dnf
        case "node":
            from scanner.extractors.packages import node

            return node.node
        case _:
            from scanner.extractors.packages import languages

            return {"go": languages.go, "gem": languages.gem, "cargo": languages.cargo}.get(installer, languages.bundle)


def _once(facts: list[Fact]) -> Iterator[Fact]:
    """Requirements that stand in several branches of one instruction, or that several of its calls read, are one."""
    same: dict[tuple[object, ...], list[Evidence]] = {}
    kept: list[tuple[Fact, list[Evidence]]] = []
    for fact in facts:
        evidence: list[Evidence] = []
        if isinstance(fact, Requirement):
            key = (
                fact.ecosystem,
                fact.name,
                fact.specifier,
                fact.installer,
                fact.pinned,
                fact.hashed,
                fact.url,
                fact.prerelease,
            )
            evidence = same.setdefault(key, [])
            if evidence:
                evidence += fact.evidence
                continue
            evidence += fact.evidence
        kept.append((fact, evidence))
    for fact, evidence in kept:
        yield fact.replace(evidence=tuple(dict.fromkeys(evidence))) if len(evidence) > len(fact.evidence) else fact


def _installer(command: Command) -> tuple[str, tuple[Word, ...]]:
    """The installer that a command calls, and the words for it; "" for other programs."""
    if not command.words:
        return "", ()
    name = command.words[0].text.rpartition("/")[2]
    words = command.words[1:]
    if name in _FAMILIES:
        return name, words
    bare = name.rstrip("0123456789.")
    if bare == "pip":
        return "pip", words
    if bare in {"python", "pypy"} or (name[:1] == "$" and "python" in name.lower()):
        for at, word in enumerate(words[:-1]):
            if word.text == "-m":
                module = words[at + 1].text
                return (module, words[at + 2 :]) if module in _MODULES else ("", ())
            if not word.text.startswith("-"):
                break
    return "", ()
