"""Ask OSV, or the Python package index, about Python packages: only their names and versions are sent."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from scanner.advisories import pip_audit, remedy
from scanner.advisories.pip_audit import Answer, Failure, Package, Service
from scanner.advisories.versions import python
from scanner.model.facts import Fact, InstalledPackage, KnownVulnerability, Requirement, VulnerablePin
from scanner.model.facts.vulnerabilities import Certainty, affected
from scanner.model.finding import Problem
from scanner.model.location import Location
from scanner.parsers.lazy import Lazy

MAX_PACKAGES = 5_000
MAX_VERSION = 256
"""Characters."""
SHOWN = 5
"""Names that a problem lists."""
SOURCE = "pip-audit"

_NAME = Lazy(r"[a-z0-9](?:[a-z0-9._-]{0,198}[a-z0-9])?")

_Asked = InstalledPackage | Requirement


def matched(
    facts: Sequence[Fact], service: Service, name: str, problems: list[Problem], *, only_fixed: bool = False
) -> list[Fact]:
    """What is known of the Python packages among the facts that no fact says yet; gaps go to ``problems``.

    ``name`` is the target's. Packages of a distribution are not asked about: it mends them under the old version.
    """
    wanted: dict[Package, list[_Asked]] = {}
    unasked: dict[str, list[_Asked]] = {}
    for fact in _about(facts):
        version = str(python.key((fact.version or "")[:MAX_VERSION]) or "")
        if not version or not _NAME.fullmatch(fact.name):
            unasked.setdefault("no version that the index could have", []).append(fact)
        elif (fact.name, version) not in wanted and len(wanted) == MAX_PACKAGES:
            unasked.setdefault(f"more than {MAX_PACKAGES:,} packages", []).append(fact)
        else:
            wanted.setdefault((fact.name, version), []).append(fact)
    try:
        answers = pip_audit.ask(wanted, service) if wanted else {}
    except Failure as error:
        reason = f"not asked about known vulnerabilities: {error}"
        problems.append(Problem(at=Location(name), reason=reason, remedy=error.remedy))
        return []
    told = _told(facts)
    found: list[Fact] = []
    for package, same in wanted.items():
        answer = answers.get(package, Answer(skipped="pip-audit says nothing about it"))
        if answer.skipped:
            unasked.setdefault(answer.skipped, []).extend(same)
        found += _pins(same, answer)
        found += (fact for fact in _installed(same, answer, told) if fact.fixed_in or not only_fixed)
    problems += (_unasked(reason, left) for reason, left in unasked.items())
    return found


def _about(facts: Sequence[Fact]) -> Iterator[_Asked]:
    """What is installed, and what is pinned to one version and not seen installed."""
    ours = [fact for fact in facts if isinstance(fact, _Asked | VulnerablePin) and fact.ecosystem == "pypi"]
    known = {fact.name for fact in ours if not isinstance(fact, Requirement)}
    for fact in ours:
        if isinstance(fact, InstalledPackage):
            asked = not fact.owned_by.startswith(("deb", "apk", "rpm"))
        else:
            asked = isinstance(fact, Requirement) and fact.origin == "index" and bool(fact.version)
            asked = asked and fact.name not in known
        if asked and not isinstance(fact, VulnerablePin):
            yield fact


def _told(facts: Iterable[Fact]) -> Mapping[Package, frozenset[str]]:
    """The ids of advisories that are known already, by name and version as installed."""
    found: dict[Package, frozenset[str]] = {}
    for fact in facts:
        if isinstance(fact, KnownVulnerability) and fact.ecosystem == "pypi":
            key = fact.name, fact.version
            found[key] = found.get(key, frozenset()) | {fact.advisory, *fact.aliases}
    return found


def _pins(same: Iterable[_Asked], answer: Answer) -> Iterator[VulnerablePin]:
    for fact in same:
        if isinstance(fact, Requirement) and (ids := tuple(each.ids[0] for each in answer.vulnerabilities)):
            yield VulnerablePin.asked(
                fact,
                ids,
                severity=None,
                certainty=_certainty(fact.version or ""),
                upgrade="",
                remedy=_pin_remedy(answer, fact.version or ""),
                exploited=None,
            )


def _pin_remedy(answer: Answer, version: str) -> str:
    """The first version above with a fix for each of its vulnerabilities that has one."""
    first = [found[0] for each in answer.vulnerabilities if (found := _later(each.fixed_in, version))]
    return remedy.words("", _later(first, version)[-1:])


def _installed(
    same: Iterable[_Asked], answer: Answer, told: Mapping[Package, frozenset[str]]
) -> Iterator[KnownVulnerability]:
    """A fact for each advisory; further copies of the same build are further evidence."""
    builds: dict[tuple[str, bool], list[InstalledPackage]] = {}
    for fact in same:
        if isinstance(fact, InstalledPackage):
            builds.setdefault((fact.version, fact.ships), []).append(fact)
    for copies in builds.values():
        package = copies[0]
        for each in answer.vulnerabilities:
            fixed_in = _later(each.fixed_in, package.version)
            if told.get((package.name, package.version), frozenset()).isdisjoint(each.ids):
                yield KnownVulnerability(
                    advisory=each.ids[0],
                    aliases=each.ids[1:],
                    source=SOURCE,
                    summary=each.summary,
                    affects=True,
                    certainty=_certainty(package.version),
                    severity=None,
                    fixed_in=fixed_in,
                    remedy=remedy.words("", fixed_in),
                    **affected(copies),
                )


def _certainty(version: str) -> Certainty:
    """How sure it is that what is said of the release holds for what is installed."""
    if python.own_build(version):
        return "low"
    return "high" if python.exact(version) else "medium"


def _later(releases: Iterable[str], version: str) -> tuple[str, ...]:
    """Those that come after a version, the first one first."""
    start = python.key(version)
    found = {key: each for each in releases if (key := python.key(each)) is not None and start and key > start}
    return tuple(found[key] for key in sorted(found))


def _unasked(reason: str, facts: Sequence[_Asked]) -> Problem:
    names = list(dict.fromkeys(f"{fact.name} {fact.version}".rstrip() for fact in facts))
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return Problem(
        at=facts[0].evidence[0].at,
        reason=f"not asked about known vulnerabilities: {', '.join(names[:SHOWN])}{more}: {reason}",
    )
