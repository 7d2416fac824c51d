"""A fixed set of reports that holds one of everything a reporter must show."""

from __future__ import annotations

import os
from pathlib import Path
from types import SimpleNamespace

import pytest

from scanner.model.facts import BaseImage, Copy, HealthCheck, Requirement, RuntimeUser, Secret
from scanner.model.finding import Finding, Notice, Problem, Report, Suppression, Undecided
from scanner.model.framework import Assessment, Control, Framework, Verdict
from scanner.model.location import Evidence, Layer, Location, Span
from scanner.model.rule import Rule, Severity
from scanner.reporters import Options

GOLDEN = Path(__file__).parent.parent / "golden"

PATH = "app/Dockerfile"
LINES = (
    "FROM python:3.7",
    "RUN pip install tensorflow keras",
    "COPY . /app",
    "# hullcheck: ignore[secret-in-env] a revoked example",
    "ENV OPENAI_API_KEY=***",
    "RUN apt-get update && \\",
    "    apt-get install -y \\",
    "\tcurl",
    'CMD ["python", "main.py"]',
)


def rule(name: str, severity: Severity, **changes: object) -> Rule:
    fields: dict[str, object] = {
        "id": name,
        "title": f"Title of {name}",
        "severity": severity,
        "confidence": "high",
        "profile": "default",
        "subject": "requirement",
        "when": ("test", "pinned", "is", False),
        "message": "",
        "why": f"What can happen because of `{name}`.\nIt takes two lines.\n",
        "fix": f"Do the opposite of `{name}`:\n\n    RUN better\n",
        "same_as": {},
        "controls": {},
        "path": f"rules/packages/{name}.yaml",
    }
    return Rule(**(fields | changes))


ROOT = rule(
    "root-user",
    Severity.HIGH,
    subject="runtime-user",
    path="rules/user/root-user.yaml",
    same_as={"hadolint": ("DL3002",), "trivy": ("DS-0002",)},
    controls={"cis-docker-1.6": ("4.1",), "nist-800-190": ("3.1.2", "4.1.2"), "cwe": ("CWE-250",)},
    references=("https://docs.docker.com/build/building/best-practices/#user",),
)
UNPINNED = rule("unpinned-ai-library", Severity.MEDIUM, confidence="medium", controls={"cwe": ("CWE-1357", "CWE-250")})
CACHE = rule("pip-cache", Severity.LOW, confidence="low")
BASE = rule("end-of-life-python", Severity.CRITICAL, subject="base-image")
CONTEXT = rule("whole-context", Severity.INFO, subject="copy")
SECRET = rule("secret-in-env", Severity.HIGH, subject="secret")


def at(line: int, first: int, last: int, last_line: int | None = None, path: str = PATH) -> Location:
    return Location(path, Span(line, first, last_line or line, last))


def requirement(name: str, place: Location, *related: Evidence, **changes: object) -> Requirement:
    fields: dict[str, object] = {
        "evidence": (Evidence(place, name), *related),
        "ecosystem": "pypi",
        "name": name,
        "specifier": "",
        "version": "",
        "installer": "pip",
        "stage": "0",
        "pinned": False,
        "bounded": False,
        "hashed": False,
        "origin": "index",
        "url": "",
        "commit_pinned": None,
        "prerelease": False,
        "declared_in": "command",
    }
    return Requirement(**(fields | changes))


def finding(rule: Rule, fact: object, message: str, **changes: object) -> Finding:
    return Finding(rule=rule, fact=fact, message=message, **changes)


def user(place: Location, *related: Evidence) -> RuntimeUser:
    values = dict.fromkeys(RuntimeUser.field_names())
    return RuntimeUser(**(values | {"evidence": (Evidence(place, "FROM python:3.7"), *related), "ships": True}))


def sample() -> tuple[Report, ...]:
    """Two targets: one with everything, one that is clean."""
    tensorflow = requirement("tensorflow", at(2, 17, 26), Evidence(at(9, 1, 25), LINES[8], "what starts it"))
    keras = requirement("keras", at(2, 28, 32))
    cache = requirement("pip", at(2, 5, 32))
    curl = requirement("curl", at(6, 1, 5, last_line=8), ecosystem="deb", installer="apt-get")
    base = BaseImage(
        **(
            dict.fromkeys(BaseImage.field_names())
            | {"evidence": (Evidence(at(1, 6, 15), "python:3.7"),), "ships": True}
        )
    )
    copy = Copy(
        **(
            dict.fromkeys(Copy.field_names())
            | {"evidence": (Evidence(at(3, 6, 6), "."),), "ships": True, "source": "."}
        )
    )
    secret = Secret(
        evidence=(Evidence(at(5, 5, 22), "OPENAI_API_KEY=***"),),
        provider="openai",
        ai=True,
        name="OPENAI_API_KEY",
        place="env",
        stage="0",
    )
    health = HealthCheck(evidence=(Evidence(Location(PATH)),), declared=None, disabled=False)
    layered = requirement("numpy", Location("usr/lib/app/requirements.txt", Span(1, 1, 1, 5), Layer(3, "sha256:00")))
    full = Report(
        target=PATH,
        facts=(base, tensorflow, keras, copy, secret, health),
        findings=(
            finding(BASE, base, "Python 3.7 gets no security fixes since 2023-06-27"),
            finding(ROOT, user(at(1, 1, 15)), "The container runs as root"),
            finding(CACHE, cache, "pip leaves its downloads in the layer"),
            finding(UNPINNED, tensorflow, "tensorflow can be any version"),
            finding(UNPINNED, keras, "keras can be any version", number=2),
            finding(CONTEXT, copy, "The whole context is copied"),
            finding(
                SECRET,
                secret,
                "OPENAI_API_KEY is written into the image",
                suppressed=Suppression(by="comment", reason="a revoked example", at=at(4, 1, 52)),
            ),
            finding(
                UNPINNED,
                curl,
                "curl can be any version",
                suppressed=Suppression(by="baseline", reason="reported before"),
            ),
            finding(UNPINNED, layered, "numpy can be any version"),
        ),
        undecided=(Undecided(rule=ROOT, fact=health, fields=("is_root",)),),
        problems=(
            Problem(at=at(6, 1, 5), reason="this script is PowerShell", remedy="Check it with a tool that reads it."),
            Problem(at=Location("app/dir with space/réq.txt"), reason="it is not UTF-8 text"),
        ),
        notices=(Notice(at=at(4, 1, 52), text="this ignore ignores nothing"),),
        lines={PATH: LINES},
    )
    return full, Report(target="web/Dockerfile", facts=(keras,), lines={})


@pytest.fixture
def reports() -> tuple[Report, ...]:
    return sample()


@pytest.fixture
def assessments(reports) -> tuple[Assessment, ...]:
    """A framework with a control of each status, made of the reports."""
    full = reports[0]
    failing = tuple(finding for finding in full.findings if finding.rule is UNPINNED and not finding.suppressed)
    ignored = tuple(finding for finding in full.findings if finding.suppressed)
    pinned = Control(id="4.1", title="Pinned", assessable="yes")
    based = Control(id="AML.T1", title="Based", cannot="Trust.")
    gone = Control(id="Art.15(5)", title="Gone", verified=False)
    bare = Control(id="5", title="")
    verdicts = (
        Verdict(control=pinned, status="failed", reason="Wrong.", rules=(UNPINNED.id,), findings=failing),
        Verdict(control=based, status="passed", reason="Nothing found.", rules=("a", "b"), facts=full.facts),
        Verdict(control=gone, status="not applicable", reason="No x."),
        Verdict(control=bare, status="not assessable by a scanner", reason="Ignored.", findings=ignored),
    )
    ours = Framework(id="ours-1.0", title="Our \x1b[31mhouse", url="https://example.com", controls={})
    return (Assessment(framework=ours, verdicts=verdicts),)


@pytest.fixture
def plain() -> Options:
    return Options(root="/work")


@pytest.fixture
def golden():
    """Compare with a file in tests/golden; HULLCHECK_UPDATE_GOLDEN=1 writes it anew."""

    def compare(name: str, text: str) -> None:
        path = GOLDEN / name
        if os.environ.get("HULLCHECK_UPDATE_GOLDEN"):
            path.write_text(text, encoding="utf-8")
        assert text == path.read_text(encoding="utf-8")

    return compare


@pytest.fixture
def make() -> SimpleNamespace:
    """The builders of this file."""
    return SimpleNamespace(**{name: value for name, value in globals().items() if not name.startswith("_")})
