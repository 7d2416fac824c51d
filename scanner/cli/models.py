"""``hullcheck models``: which models there are, without loading any."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from scanner import config as configuration
from scanner.cli.output import colored, tell, write
from scanner.cli.scan import CLEAN, HERE, INCOMPLETE, look, scan_options
from scanner.reporters import models
from scanner.sources.discover import MODEL, is_dockerfile_name, meant


def run(targets: Sequence[str], config: str | None, given: Mapping[str, Any], *, format: str, no_color: bool) -> int:
    """A table or JSON on standard output, problems on standard error; the exit code. Raises ScanError."""
    settings = configuration.settings(given, config=config)
    names = [_meant(target) for target in targets or (HERE,)]
    reports = look(names, scan_options(settings, rules=(), keep_facts=True))
    if format == "json":
        write(models.as_json(reports))
    else:
        write(models.table(reports, color=not no_color and colored(sys.stdout)))
    problems = [problem for report in reports for problem in report.problems]
    tell(problems)
    return INCOMPLETE if problems and not settings.allow_incomplete else CLEAN


def _meant(target: str) -> str:
    """An image or a Dockerfile as always; any other path is one of models."""
    image = meant(target)
    if image is not None or not os.path.lexists(target):
        return image or target
    dockerfile = os.path.isfile(target) and is_dockerfile_name(os.path.basename(target))
    return target if dockerfile else f"{MODEL}:{target}"
