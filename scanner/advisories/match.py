"""Installed packages are held against the advisories of a database."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache

from scanner.advisories import corrections, ecosystems, names, pins
from scanner.advisories.database import Database, Entry
from scanner.advisories.merge import CERTAINTIES, Hit, merged, named, worst
from scanner.advisories.names import Names
from scanner.advisories.ranges import Affects
from scanner.advisories.remedy import fixes, upgrade, words
from scanner.advisories.versions import Read, python, reader
from scanner.model.facts import Fact, InstalledPackage, KnownVulnerability, OperatingSystem, Requirement
from scanner.model.facts.vulnerabilities import Certainty, affected


def vulnerabilities(
    facts: Sequence[Fact], database: Database, own: Iterable[corrections.Correction] = ()
) -> Iterator[Fact]:
    """What the database knows of the packages of an image, and of what a Dockerfile asks for.

    ``own`` are the user's corrections of advisories. Raises TargetError for a damaged database.
    """
    matcher = Matcher(database, corrections.gathered(own))
    packages = [fact for fact in facts if isinstance(fact, InstalledPackage)]
    system = next((fact for fact in reversed(facts) if isinstance(fact, OperatingSystem) and fact.ships), None)
    yield from _installed(packages, system, matcher)
    there = {(package.ecosystem, package.name) for package in packages}
    asked = [each for each in facts if isinstance(each, Requirement) and (each.ecosystem, each.name) not in there]
    yield from pins.vulnerable(asked, matcher)


class Matcher:
    """Asks a database, with what is known better than it says."""

    def __init__(self, database: Database, better: corrections.Corrections) -> None:
        self.database = database
        self._better = better

    def records(self, where: Names) -> list[tuple[Entry, Affects, Certainty]]:
        """All that there is about a package, whatever the version."""
        entries = self.database.entries(where.ecosystems, tuple(where.names))
        return [(entry, self._versions(entry), where.names[entry.name]) for entry in entries]

    def hits(self, where: Names, records: Iterable[tuple[Entry, Affects, Certainty]]) -> list[Hit]:
        """Those that affect the version, or may."""
        read = reader(where.scheme)
        found = []
        doubt = _doubt(where)
        for entry, versions, certainty in records:
            holds = versions.holds(where.version, read)
            if holds is not False:
                details = self.database.details(entry.record)
                doubts: tuple[Certainty, ...] = (certainty, doubt, "low" if details.disputed else "high")
                sure = min(doubts, key=CERTAINTIES.index)
                found.append(Hit(entry, versions, details, holds, sure))
        return found

    def _versions(self, entry: Entry) -> Affects:
        better = self._better.get((entry.ecosystem.partition(":")[0], entry.name))
        if better:
            details = self.database.details(entry.record)
            ids = (details.name, *details.aliases, *details.upstream)
            for each in better:
                if each.advisory in ids:
                    return corrections.versions(each.versions)
        return _decoded(entry.versions)


_decoded = lru_cache(maxsize=1 << 14)(Affects.of_text)


def _doubt(where: Names) -> Certainty:
    """How sure a comparison with this version can be at all."""
    if where.scheme == "pypi":
        if python.own_build(where.version):
            return "low"
        return "high" if python.exact(where.version) else "medium"
    return "high"


def _installed(
    packages: Sequence[InstalledPackage], system: OperatingSystem | None, matcher: Matcher
) -> Iterator[KnownVulnerability]:
    """One fact for each package and vulnerability; copies of a package, and its siblings, are further evidence."""
    python_ones = [package for package in packages if package.ecosystem == "pypi"]
    there = {package.name for package in python_ones if not _system_owner(package)}
    owners = {package.owned_by for package in python_ones}
    told: dict[tuple[object, ...], KnownVulnerability] = {}
    for same in _copies(packages).values():
        package = same[0]
        if package.ecosystem == "conda" and f"conda:{package.name} {package.version}" in owners:
            continue  # its Python package is there under its own name
        where = names.of_package(package, system, matcher.database.ecosystems)
        if where is None:
            continue
        siblings = {name: sure for name, sure in where.names.items() if name == package.name or name not in there}
        for fact in _facts(same, where.replace(names=siblings), matcher):
            name = names.family(fact.name) if fact.ecosystem == "pypi" else fact.name
            key = fact.ecosystem, name, fact.version, fact.ships, fact.advisory
            first = told.get(key)
            told[key] = fact if first is None else first.joined(fact)
    yield from told.values()


def _copies(packages: Iterable[InstalledPackage]) -> Mapping[tuple[object, ...], list[InstalledPackage]]:
    """The same release at several places."""
    found: dict[tuple[object, ...], list[InstalledPackage]] = {}
    for each in packages:
        key = each.ecosystem, each.name, each.version, each.ships, _system_owner(each), bool(each.vendored_in)
        found.setdefault(key, []).append(each)
    return found


def _system_owner(package: InstalledPackage) -> bool:
    """Whether a package of the distribution brought it."""
    return package.owned_by.partition(":")[0] in ecosystems.SYSTEM


def _facts(same: Sequence[InstalledPackage], where: Names, matcher: Matcher) -> Iterator[KnownVulnerability]:
    records = matcher.records(where)
    hits = matcher.hits(where, records)
    if not hits:
        return
    read = reader(where.scheme)
    better = upgrade(where.version, [versions for _, versions, _ in records], read)
    for members in merged(hits):
        yield _fact(same, members, where, better, read, matcher.database)


def _fact(  # noqa: PLR0917
    same: Sequence[InstalledPackage], members: Sequence[Hit], where: Names, better: str, read: Read, database: Database
) -> KnownVulnerability:
    first = members[0]
    advisory, aliases = named(members)
    rating, details = worst(members)
    ids = advisory, *aliases
    fixed = fixes(where.version, [hit.versions for hit in members], read)
    if better and any(hit.versions.holds(better, read) is not False for hit in members):
        better = ""
    chance = database.likelihood(ids)
    return KnownVulnerability(
        advisory=advisory,
        aliases=aliases,
        source=first.entry.ecosystem,
        summary=next((hit.details.summary for hit in members if hit.details.summary), ""),
        affects=first.affects,
        certainty=first.certainty,
        severity=rating,
        score=details.score,
        vector=details.vector,
        fixed_in=fixed,
        upgrade=better,
        remedy=words(better, fixed),
        exploited=database.exploited(ids),
        exploit_percent=None if chance is None else round(chance * 100),
        disputed=any(hit.details.disputed for hit in members),
        references=tuple(dict.fromkeys(url for hit in members for url in hit.details.references)),
        **affected(same),
    )
