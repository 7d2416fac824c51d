"""What the reports add up to."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from scanner.model.finding import Finding, Report, Undecided
from scanner.model.record import Record
from scanner.model.rule import Severity

Item = TypeVar("Item")


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


def tally(reports: Sequence[Report]) -> Tally:
    """Count everything."""
    found = distinct(reports)
    counted = [finding.rule.severity for finding, _ in found if finding.suppressed is None]
    return Tally(
        targets=len(reports),
        severities={severity: counted.count(severity) for severity in reversed(Severity) if severity in counted},
        suppressed=len(found) - len(counted),
        undecided=len(not_known(reports)),
        problems=len(once(problem for report in reports for problem in report.problems)),
        notices=len(once(notice for report in reports for notice in report.notices)),
    )


def distinct(reports: Sequence[Report]) -> list[tuple[Finding, Report]]:
    """Every finding once, also one that several targets share, such as one in a requirements file of two images."""
    every = ((finding, report) for report in reports for finding in report.findings)
    return once(every, lambda pair: (pair[0].rule.id, pair[0].at, pair[0].message))


def once(items: Iterator[Item], key: Callable[[Item], object] = lambda item: item) -> list[Item]:
    """The items in order, each once."""
    found: dict[object, Item] = {}
    for item in items:
        found.setdefault(key(item), item)
    return list(found.values())


def not_known(reports: Sequence[Report]) -> list[Undecided]:
    """Everything undecided, once."""
    every = (item for report in reports for item in report.undecided)
    return once(every, lambda item: (item.rule.id, item.fact.evidence[0].at, item.fields))


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
