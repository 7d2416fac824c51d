"""A command line whose scan gives fixed reports, so that what it prints and returns can be held to the word."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from scanner.cli import main
from scanner.model.facts import HealthCheck
from scanner.model.finding import Finding, Problem, Report, Suppression
from scanner.model.location import Evidence, Location, Span
from scanner.model.rule import Rule, Severity


def rule(name: str = "some-rule", severity: Severity = Severity.MEDIUM) -> Rule:
    return Rule(
        id=name,
        title=f"Title of {name}",
        severity=severity,
        confidence="high",
        profile="default",
        subject="health-check",
        when=("test", "declared", "is", False),
        message="",
        why="Because.",
        fix="Do it.",
        same_as={"hadolint": ("DL3057",)},
        controls={},
        path=f"rules/health/{name}.yaml",
    )


def found(severity: Severity = Severity.MEDIUM, suppressed: Suppression | None = None) -> Finding:
    fact = HealthCheck(
        evidence=(Evidence(Location("Dockerfile", Span(1, 1, 1, 4)), "FROM"),), declared=False, disabled=False
    )
    return Finding(rule=rule(severity=severity), fact=fact, message="something is wrong", suppressed=suppressed)


class Stage:
    """What the next scan reports, and what it was asked."""

    def __init__(self) -> None:
        self.reports: list[Report] = [Report(target="Dockerfile", lines={})]
        self.error: BaseException | None = None
        self.paths: tuple[str, ...] = ()
        self.options: object = None

    def finds(self, *severities: Severity) -> None:
        findings = tuple(found(severity) for severity in severities)
        self.reports = [Report(target="Dockerfile", findings=findings, lines={"Dockerfile": ("FROM x",)})]

    def misses(self, *findings: Finding) -> None:
        problem = Problem(at=Location("Dockerfile"), reason="no text")
        self.reports = [Report(target="Dockerfile", findings=findings, problems=(problem,), lines={})]

    def scan(self, paths, options, *, on_progress: Callable[[int], None] | None = None, on_layers=None) -> list[Report]:
        self.paths, self.options = tuple(paths), options
        if self.error is not None:
            raise self.error
        return self.reports


@pytest.fixture
def stage(monkeypatch, tmp_path):
    """An empty current folder, no settings in the environment, and a scan that reports what is wanted."""
    import os

    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith(("HULLCHECK_", "NO_COLOR", "FORCE_COLOR"))]:
        monkeypatch.delenv(name)
    stage = Stage()
    monkeypatch.setattr("scanner.cli.scan.scan", stage.scan)
    monkeypatch.setattr("scanner.cli.facts.scan", stage.scan)
    monkeypatch.setattr("scanner.cli.scan.load", lambda *folders: (rule(), rule("other-rule")))
    return stage


@pytest.fixture
def run(capsys):
    """Run hullcheck: exit code, standard output, standard error."""

    def run(*arguments: str) -> tuple[int, str, str]:
        code = main(arguments)
        out, err = capsys.readouterr()
        return code, out, err

    return run


@pytest.fixture
def make_reports():
    """A report with one finding that counts and one that does not."""
    known = found(Severity.LOW, Suppression(by="baseline", reason="known"))
    return [Report(target="Dockerfile", findings=(found(Severity.HIGH), known), lines={})]
