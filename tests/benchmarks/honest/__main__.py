"""Scan honest model files, made with the libraries that people make them with: ``make bench-models``.

``--check`` fails when there is a finding above ``low``, or a file that is not known as a model. The files are made by
``make_models.py`` in an environment of its own.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from scanner import knowledge
from scanner.engine.compile import paths, reader
from scanner.model.facts import ModelFile
from scanner.model.record import Record
from scanner.model.rule import Rule, Severity
from scanner.scan import Options, scan


class Alarms(Record):
    """What a scan says of a model file or folder."""

    models: int
    """Model files in it."""
    findings: tuple[str, ...]
    """Above ``low``."""
    problems: tuple[str, ...]


@cache
def _rules() -> tuple[Rule, ...]:
    read = reader(knowledge.folder())
    return tuple(read(path).rule for path in paths(knowledge.folder()))


def alarms(path: Path) -> Alarms:
    """Scan it with all rules of both profiles."""
    (report,) = scan([f"model:{path}"], Options(rules=_rules(), build_args={}, keep_facts=True))
    return Alarms(
        models=sum(fact.kind == ModelFile.kind for fact in report.facts),
        findings=tuple(
            f"{finding.rule.id}: {finding.message}"
            for finding in report.findings
            if finding.rule.severity > Severity.LOW and not finding.suppressed
        ),
        problems=tuple(problem.reason for problem in report.problems),
    )


def main(arguments: Sequence[str]) -> int:
    """Print what each file or folder below a folder raises."""
    folder, *options = arguments
    wrong = 0
    for path in sorted(Path(folder).iterdir()):
        found = alarms(path)
        bad = [*found.findings, *found.problems, *(["not known as a model"] if not found.models else [])]
        wrong += bool(bad)
        print(f"{path.name:<28} {found.models:>3} files   {'; '.join(bad) or 'quiet'}")
    print(f"{wrong} of them raise an alarm")
    return 1 if wrong and "--check" in options else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
