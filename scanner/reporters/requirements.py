"""The upgrades of Python packages that are rid of known vulnerabilities, as lines of a requirements file: a diff."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from scanner.model.facts import KnownVulnerability, VulnerablePin
from scanner.model.finding import Report
from scanner.reporters.interface import Options
from scanner.reporters.plain import clean

NONE = "# no upgrades are known\n"


def render(reports: Sequence[Report], _options: Options) -> str:
    """``-torch==2.5.1`` and ``+torch==2.10.0`` for each, by name; what is suppressed does not count."""
    lines = dict.fromkeys(pair for report in reports for pair in _upgrades(report))
    return "".join(f"-{before}\n+{after}\n" for before, after in sorted(lines)) or NONE


def _upgrades(report: Report) -> Iterator[tuple[str, str]]:
    for finding in report.findings:
        fact = finding.fact
        if finding.suppressed is not None or not isinstance(fact, KnownVulnerability | VulnerablePin):
            continue
        if fact.ecosystem == "pypi" and fact.upgrade:
            asked = fact.specifier if isinstance(fact, VulnerablePin) else f"=={fact.version}"
            yield clean(f"{fact.name}{asked}"), clean(f"{fact.name}=={fact.upgrade}")
