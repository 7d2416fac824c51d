"""``hullcheck facts``: what is known, before any rule."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from scanner import config as configuration
from scanner.cli.output import tell, write
from scanner.cli.scan import CLEAN, HERE, INCOMPLETE, scan_options
from scanner.reporters import plain
from scanner.scan import scan


def run(paths: Sequence[str], config: str | None, given: Mapping[str, Any]) -> int:
    """Facts on standard output, problems on standard error; the exit code. Raises ScanError."""
    settings = configuration.settings(given, config=config)
    reports = scan(paths or (HERE,), scan_options(settings, rules=(), jobs=1, keep_facts=True))
    write(plain.facts(reports))
    problems = [problem for report in reports for problem in report.problems]
    tell(problems)
    return INCOMPLETE if problems and not settings.allow_incomplete else CLEAN
