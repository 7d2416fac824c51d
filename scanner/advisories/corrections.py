"""What is known better than an advisory says: corrections that come with the program, and those of the user."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from scanner import knowledge
from scanner.advisories.ranges import Affects, Interval
from scanner.model.record import Record
from scanner.parsers.lazy import Lazy

_CLAUSE = Lazy(r"(>=|<=|==|<|=)?\s*([0-9A-Za-z][^\s<>=|,!]*)")
MAX_WORDS = 2_000
"""Characters of what says which versions are affected."""


class Correction(Record):
    """The versions that an advisory really affects of a package."""

    advisory: str
    """Its id, or any other that it has."""
    ecosystem: str = "PyPI"
    package: str
    versions: str
    """``>=1.0,<1.2 || 2.0``; ``none``."""
    reason: str


Corrections = Mapping[tuple[str, str], tuple[Correction, ...]]
"""By the first part of an ecosystem and the name of a package; the first that fits counts."""


def gathered(own: Iterable[Correction] = ()) -> Corrections:
    """The user's corrections, then those of the program."""
    ours = (
        Correction(advisory=advisory, ecosystem=ecosystem, package=package, versions=versions, reason=reason)
        for advisory, ecosystem, package, versions, reason in knowledge.rows("advisory-corrections")
    )
    found: dict[tuple[str, str], tuple[Correction, ...]] = {}
    for each in (*own, *ours):
        key = each.ecosystem.partition(":")[0], each.package
        found[key] = (*found.get(key, ()), each)
    return found


def versions(words: str) -> Affects:
    """What ``Correction.versions`` says. Raises ValueError."""
    if len(words) > MAX_WORDS:
        raise ValueError(f"more than {MAX_WORDS:,} characters")
    if words.strip() == "none":
        return Affects()
    intervals: list[Interval] = []
    listed: list[str] = []
    for part in words.split("||"):
        start, end, closed = "", None, False
        clauses = [_CLAUSE.fullmatch(clause.strip()) for clause in part.split(",")]
        for clause in clauses:
            if clause is None:
                raise ValueError(f"{part.strip()!r} is not like '>=1.0,<1.2', '2.0' or 'none'")
            operator, version = clause[1] or "==", clause[2]
            if operator == ">=":
                start = version
            elif operator in {"<", "<="}:
                end, closed = version, operator == "<="
            else:
                listed.append(version)
        if start or end is not None:
            intervals.append((start, end, closed))
    return Affects(tuple(intervals), tuple(listed))
