"""Known vulnerabilities of AI servers that the tag of an image, or a package outside all databases, tells.

They are those of ``rules/tables/ai-servers.tsv``, so that a first scan finds the worst with neither network nor
database.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any, cast

from scanner import knowledge
from scanner.model.facts import BaseImage, Fact, InstalledPackage, KnownVulnerability, Requirement, VulnerablePin
from scanner.model.facts.vulnerabilities import RATINGS, Rating, affected, told
from scanner.model.record import Record
from scanner.parsers.lazy import Lazy

SOURCE = "ai-servers"
UNFIXED = "no fixed version is known"

_IN_TAG = Lazy(r"(?a)(?:^|[-_v])v?(\d{1,4}(?:\.\d{1,5}){1,3})(?!\.?\d)(?P<rest>.{0,20})|(?:^|-)b(?P<build>\d{3,6})$")
_EARLIER = Lazy(r"(?a)[-._]?(?:rc|alpha|beta|dev|nightly|a\d|b\d)")
_IN_VERSION = Lazy(r"(?a)(?:\d{1,3}:)?v?(\d{1,4}(?:\.\d{1,5}){1,3})(?:$|[-~+_])")

_Numbers = tuple[int, ...]


class Row(Record, kw_only=False):
    """A row of the table; "" where it says nothing."""

    product: str
    images: str
    packages: str
    first: str
    fixed: str
    last: str
    advisory: str
    aliases: str
    severity: str
    summary: str
    url: str

    @property
    def rating(self) -> Rating:
        """How severe it is."""
        return cast(Rating, self.severity)

    def affects(self, version: _Numbers) -> bool:
        """Whether a version has it; ``2.8``, a line of releases, only when all of them do."""
        if version < _numbers(self.first):
            return False
        end = _numbers(self.fixed or self.last)
        return version < end[: len(version)] or (not self.fixed and version == end)


def derive(facts: Sequence[Fact], _today: str) -> Iterator[KnownVulnerability | VulnerablePin]:
    """What is known of the releases that base images, images copied from, packages and pins are of."""
    for fact in facts:
        if isinstance(fact, Requirement):
            if fact.version:
                yield from _of_pin(fact, fact.version)
        elif isinstance(fact, InstalledPackage):
            yield from _of_package(fact)
        elif isinstance(fact, BaseImage) and fact.repository and fact.tag:
            yield from _of_image(fact, fact.repository, fact.tag, facts)


def _of_image(fact: BaseImage, repository: str, tag: str, facts: Sequence[Fact]) -> Iterator[KnownVulnerability]:
    registry = fact.registry or "docker.io"
    name = repository if registry == "docker.io" else f"{registry}/{repository}"
    if name in _by_name() and (rows := _affecting(name, release(tag))):
        from scanner.derive.reach import served
        from scanner.parsers.packages import purl

        product = rows[0].product
        reached_by = served(facts).get(f"generic:{product}") if fact.ships else None
        common = {
            "evidence": fact.evidence,
            "ships": fact.ships,
            "ecosystem": "generic",
            "name": product,
            "version": tag,
            "purl": purl.image(f"{registry}/{repository}", "", tag),
            "location": name,
            "of_base": fact.use == "from",
            "reached_by": reached_by,
            "told": told(product, tag, reached_by),
        }
        yield from _found(rows, common)


def _of_package(fact: InstalledPackage) -> Iterator[KnownVulnerability]:
    if rows := _about(fact, fact.version):
        yield from _found(rows, affected((fact,)))


def _of_pin(fact: Requirement, version: str) -> Iterator[VulnerablePin]:
    if rows := sorted(_about(fact, version), key=lambda row: RATINGS.index(row.rating), reverse=True):
        better = _better(rows)
        ids = tuple(dict.fromkeys(row.advisory for row in rows))
        yield VulnerablePin.asked(
            fact,
            ids,
            severity=rows[0].rating,
            certainty="high",
            upgrade=better,
            remedy=f"upgrade to {better}" if better else UNFIXED,
            exploited=None,
        )


def _found(rows: Sequence[Row], package: Mapping[str, Any]) -> Iterator[KnownVulnerability]:
    better = _better(rows)
    for row in rows:
        yield KnownVulnerability(
            advisory=row.advisory,
            aliases=tuple(filter(None, row.aliases.split(", "))),
            source=SOURCE,
            summary=row.summary,
            affects=True,
            certainty="high",
            severity=row.rating,
            fixed_in=(row.fixed,) if row.fixed else (),
            upgrade=better,
            remedy=f"upgrade to {better}" if row.fixed else UNFIXED,
            references=(row.url,),
            **package,
        )


def _about(fact: InstalledPackage | Requirement, version: str) -> Sequence[Row]:
    """The rows that are about a release of a package."""
    key = f"{fact.ecosystem}:{fact.name}"
    found = _IN_VERSION.match(version) if key in _by_name() else None
    return _affecting(key, _numbers(found[1])) if found else ()


def _affecting(key: str, version: _Numbers) -> Sequence[Row]:
    return [row for row in _by_name().get(key, ()) if version and row.affects(version)]


def _better(rows: Sequence[Row]) -> str:
    """The version that has all fixes there are; "" when there is none."""
    return max((row.fixed for row in rows), key=_numbers)


def release(tag: str) -> _Numbers:
    """The release that a tag names; () for none, and for one before it (``1.2.0-rc1``)."""
    found = _IN_TAG.search(tag)
    if found is None:
        return ()
    if found["build"]:
        return (int(found["build"]),)
    return () if _EARLIER.match(found["rest"]) else _numbers(found[1])


def _numbers(version: str) -> _Numbers:
    return tuple(map(int, re.findall(r"\d+", version)))


@cache
def _by_name() -> Mapping[str, tuple[Row, ...]]:
    """The rows by image, and by ``ecosystem:package``."""
    found: dict[str, tuple[Row, ...]] = {}
    for cells in knowledge.rows("ai-servers"):
        row = Row(*cells)
        for name in filter(None, (*row.images.split(", "), *row.packages.split(", "))):
            found[name] = (*found.get(name, ()), row)
    return found
