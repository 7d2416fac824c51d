"""``hullcheck facts``: what is known, before any rule."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import Any

from scanner import config as configuration
from scanner.cli.output import write
from scanner.cli.scan import CLEAN, HERE, INCOMPLETE, scan_options
from scanner.reporters import plain
from scanner.reporters.quote import visible
from scanner.scan import scan


def run(paths: Sequence[str], config: str | None, given: Mapping[str, Any]) -> int:
    """Facts on standard output, problems on standard error; the exit code. Raises ScanError."""
    settings = configuration.settings(given, config=config)
    reports = scan(paths or (HERE,), scan_options(settings, rules=(), jobs=1, keep_facts=True))
    write(plain.facts(reports))
    problems = [problem for report in reports for problem in report.problems]
    for problem in problems:
        sys.stderr.write(f"{visible(str(problem.at))} not looked at: {visible(problem.reason)}\n")
    return INCOMPLETE if problems and not settings.allow_incomplete else CLEAN
