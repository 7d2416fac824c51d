"""What the reports add up to."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from scanner.model.facts.base import Fact
from scanner.model.finding import Finding, Problem, Report, Undecided
from scanner.model.location import Location
from scanner.model.record import Record
from scanner.model.rule import Severity

Item = TypeVar("Item")


Pairs = Sequence[tuple[Finding, Report]]
"""Findings, each with the report that it is from."""


class Tally(Record):
    """Numbers over all targets; what several targets share counts once."""

    targets: int
    severities: dict[Severity, int]
    """Findings that count, worst severity first; no zeros."""
    suppressed: int
    undecided: int
    problems: int
    notices: int

    @property
    def findings(self) -> int:
        """Findings that count."""
        return sum(self.severities.values())


def tally(reports: Sequence[Report], found: Pairs) -> Tally:
    """Count everything; ``found`` is ``distinct`` of the reports."""
    counted = [finding.rule.severity for finding, _ in found if finding.suppressed is None]
    return Tally(
        targets=len(reports),
        severities={severity: counted.count(severity) for severity in reversed(Severity) if severity in counted},
        suppressed=len(found) - len(counted),
        undecided=len(not_known(reports)),
        problems=len(problems(reports)),
        notices=len(once(notice for report in reports for notice in report.notices)),
    )


def owner(at: Location, report: Report) -> str:
    """The target that a place is in, where its path does not begin with it: of a layer's file; else ""."""
    return report.target if at.layer is not None and not at.path.startswith(report.target) else ""


def distinct(reports: Sequence[Report]) -> Pairs:
    """Every finding once, also one that several targets share: in a requirements file, or in a layer of two images."""
    return once(((finding, report) for report in reports for finding in report.findings), _same)


def elsewhere(reports: Sequence[Report]) -> Callable[[Finding, Report], list[str]]:
    """What tells the other targets that share a finding in a layer."""
    found: dict[object, list[str]] = {}
    for report in reports if len(reports) > 1 else ():
        for finding in report.findings:
            if owner(finding.at, report):
                found.setdefault(_same((finding, report)), []).append(report.target)
    if not found:
        return lambda finding, report: []
    return lambda finding, report: [name for name in found.get(_same((finding, report)), ()) if name != report.target]


def holders(reports: Sequence[Report]) -> Callable[[Fact], Report | None]:
    """What tells the first of several reports that has a fact, or another one in the same layer; else None."""
    found: dict[int, Report] = {}
    first: dict[object, Report] = {}
    for report in reports if len(reports) > 1 else ():
        for fact in (*report.facts, *(finding.fact for finding in report.findings)):
            at = fact.evidence[0].at
            if owner(at, report):
                found[id(fact)] = first.setdefault(_place(at, report), report)
    return lambda fact: found.get(id(fact))


def _same(pair: tuple[Finding, Report]) -> object:
    finding, report = pair
    return finding.rule.id, _place(finding.at, report), finding.message


def _place(at: Location, report: Report) -> tuple[Location, str]:
    """A layer of two images is one by its digest; without one, it is another in each target."""
    return at, "" if at.layer is None or at.layer.digest else report.target


def problems(reports: Sequence[Report]) -> list[tuple[Problem, Report]]:
    """What could not be looked at, once."""
    every = ((item, report) for report in reports for item in report.problems)
    return once(every, lambda pair: (pair[0], _place(pair[0].at, pair[1])))


def once(items: Iterator[Item], key: Callable[[Item], object] = lambda item: item) -> list[Item]:
    """The items in order, each once."""
    found: dict[object, Item] = {}
    for item in items:
        found.setdefault(key(item), item)
    return list(found.values())


def not_known(reports: Sequence[Report]) -> list[tuple[Undecided, Report]]:
    """Everything undecided, once."""
    every = ((item, report) for report in reports for item in report.undecided)
    return once(every, lambda pair: (pair[0].rule.id, _place(pair[0].fact.evidence[0].at, pair[1]), pair[0].fields))


def size(number: int) -> str:
    """``812 B``, ``1.23 kB``, ``45.6 MB``, ``789 GB``: three digits, units of 1,000."""
    value, units = float(number), iter(("kB", "MB", "GB", "TB", "PB", "EB"))
    unit = "B"
    while value >= 999.5:
        value, unit = value / 1000, next(units)
    digits = 0 if unit == "B" or value >= 99.95 else 1 if value >= 9.995 else 2
    return f"{value:.{digits}f} {unit}"


def amount(number: int, noun: str) -> str:
    """``1 rule``, ``2 rules``."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
