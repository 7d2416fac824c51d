"""A scan asks the database: facts about vulnerabilities, and how far they can be trusted."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

from scanner.advisories import ecosystems, names
from scanner.advisories.corrections import Correction
from scanner.advisories.database import Database
from scanner.advisories.match import vulnerabilities
from scanner.model.facts import Fact, InstalledPackage, KnownVulnerability, OperatingSystem, Requirement

STALE = 7
"""Days after which a report says how old advisories are."""
DAY = 86_400
_ALWAYS = frozenset({"KEV", "EPSS", "imported"})
"""Feeds that matter whatever the packages."""


def consult(
    facts: Sequence[Fact], path: str, own: Iterable[Correction] = (), *, only_fixed: bool = False
) -> tuple[list[Fact], list[str]]:
    """The facts, and notices in words. Raises TargetError for a damaged database, ValueError for a damaged record."""
    database = _opened(path, os.getpid(), os.stat(path).st_mtime_ns)
    found = [
        fact
        for fact in vulnerabilities(facts, database, own)
        if not (only_fixed and isinstance(fact, KnownVulnerability) and not (fact.fixed_in or fact.upgrade))
    ]
    return found, list(_notices(facts, database))


@lru_cache(maxsize=1)
def _opened(path: str, _process: int, _changed: int) -> Database:
    """The database, once for each process."""
    return Database(path)


def age(fetched: int) -> int:
    """Days since a feed was fetched."""
    return max(0, int(time.time() - fetched) // DAY)


def _notices(facts: Sequence[Fact], database: Database) -> Iterator[str]:
    packages = [fact for fact in facts if isinstance(fact, InstalledPackage) and fact.ships]
    system = next((fact for fact in reversed(facts) if isinstance(fact, OperatingSystem) and fact.ships), None)
    releases = ecosystems.of_system(system, database.ecosystems) if system is not None else ()
    yield from _aged(facts, releases, database)
    of_system = sum(package.ecosystem in ecosystems.SYSTEM for package in packages)
    if of_system and not releases:
        known = system.pretty or f"{system.id} {system.version}".strip() if system is not None else "an unknown system"
        yield f"{of_system} packages of {known} are not held against advisories: the database has none for it"
    if headers := sorted({package.name for package in packages if names.of_kernel(package)}):
        yield f"{', '.join(headers)}: headers of the kernel, which is the host's, are not held against advisories"
    missing = {
        each
        for package in packages
        if (each := ecosystems.LANGUAGES.get(package.ecosystem)) is not None and each not in database.ecosystems
    }
    if missing:
        languages = ", ".join(sorted(missing))
        yield f"packages of {languages} are not held against advisories: the database has none for them"


def _aged(facts: Sequence[Fact], releases: Sequence[str], database: Database) -> Iterator[str]:
    """That advisories are old, those that are asked for here; and that there are none at all."""
    asked = {
        ecosystems.LANGUAGES.get(fact.ecosystem) for fact in facts if isinstance(fact, InstalledPackage | Requirement)
    }
    asked |= {release.partition(":")[0] for release in releases} | _ALWAYS
    feeds = database.feeds()
    oldest = min((feed for feed in feeds if feed.name in asked), key=lambda feed: feed.fetched, default=None)
    if not feeds:
        yield "the advisory database is empty: 'hullcheck db update' fills it"
    elif oldest is not None and (days := age(oldest.fetched)) > STALE:
        yield f"advisories ({oldest.name}) are {days} days old: 'hullcheck db update' fetches what is new"
