"""Under which names, in which ecosystems and in which version advisories about a package are looked up."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from typing import cast

from scanner import knowledge
from scanner.advisories import ecosystems
from scanner.advisories.versions import Scheme
from scanner.model.facts import InstalledPackage, OperatingSystem
from scanner.model.facts.packages import Ecosystem
from scanner.model.facts.vulnerabilities import Certainty
from scanner.model.record import Record
from scanner.parsers.lazy import Lazy
from scanner.parsers.manifests.specifier import normalize

_HEADERS = Lazy(
    r"linux-(?:libc-dev|headers|kbuild|compiler-gcc)(?:-.*)?|kernel(?:-\w+)*-(?:headers|devel)|linux-glibc-devel"
)
"""Packages made from the kernel's source that are no kernel."""


class Names(Record, kw_only=False):
    """Where to look, and how sure it is that what is found there is about the package."""

    ecosystems: tuple[str, ...]
    scheme: Scheme
    version: str
    names: Mapping[str, Certainty]


def of_package(package: InstalledPackage, system: OperatingSystem | None, known: Iterable[str]) -> Names | None:
    """Where advisories about an installed package are; None where there are none, or others judge it.

    ``known`` are the ecosystems of the database.
    """
    if of_kernel(package):
        return None
    if package.ecosystem in ecosystems.SYSTEM:
        return _of_system(package, system, known)
    if package.owned_by.partition(":")[0] in ecosystems.SYSTEM:
        return None
    found = of_language(package.ecosystem, package.name, package.version)
    if found is not None and package.vendored_in:
        found = found.replace(names=dict.fromkeys(found.names, "medium"))
    return found


def of_kernel(package: InstalledPackage) -> bool:
    """Whether it only has headers of the kernel: a container runs on its host's, whose advisories are not about it."""
    return package.ecosystem in ecosystems.SYSTEM and bool(_HEADERS.fullmatch(package.name))


def _of_system(package: InstalledPackage, system: OperatingSystem | None, known: Iterable[str]) -> Names | None:
    """Distributions file advisories under source packages, some of them under what is installed."""
    where = ecosystems.of_system(system, known) if system is not None else ()
    if not where:
        return None
    scheme = ecosystems.scheme(where[0])
    assert scheme is not None
    names = dict.fromkeys((package.source or package.name,) if scheme == "deb" else (package.source, package.name))
    version = package.source_version or package.version if scheme == "deb" else package.version
    modular = ".module" in package.version  # fixes of one stream say nothing of another
    certainty: Certainty = "low" if modular else "high"
    return Names(where, scheme, version, {name: certainty for name in names if name})


def of_language(ecosystem: Ecosystem, name: str, version: str) -> Names | None:
    """Where advisories about a package of a language are; None where there are none."""
    where = ecosystems.LANGUAGES.get(ecosystem)
    if where is None or not name:
        return None
    scheme = ecosystems.scheme(where)
    assert scheme is not None
    if ecosystem == "conda":
        project = _projects().get(name) or normalize(name)
        sure: Certainty = "high" if name in _projects() else "medium"
        return Names((where,), scheme, version, {project: sure}) if project != "-" else None
    if ecosystem == "go":
        return Names((where,), scheme, version.removeprefix("go"), {name: "high"})
    names: dict[str, Certainty] = {name: "high"}
    return Names((where,), scheme, version, names | _families().get(name, {}) if ecosystem == "pypi" else names)


def family(name: str) -> str:
    """One name for all that belong together: the first of them."""
    return min([name, *_families().get(name, {})])


@cache
def _families() -> Mapping[str, dict[str, Certainty]]:
    found: dict[str, dict[str, Certainty]] = {}
    for name, other, certainty in knowledge.rows("advisory-families"):
        found.setdefault(name, {})[other] = cast(Certainty, certainty)
    return found


@cache
def _projects() -> Mapping[str, str]:
    return {row[0]: row[1] for row in knowledge.rows("conda-projects")}
