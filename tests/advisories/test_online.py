"""What pip-audit answers becomes facts, what it cannot answer becomes problems, and nothing else leaves the machine."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from scanner.advisories import online, pip_audit
from scanner.model.facts import InstalledPackage, KnownVulnerability, Requirement, VulnerablePin
from scanner.model.location import Evidence, Layer, Location
from scanner.scan import Options, scan_text
from tests.advisories.osv_server import serving

RECORDS = [
    {
        "id": "GHSA-aaaa-bbbb-cccc",
        "aliases": ["CVE-2025-0001", "PYSEC-2025-1"],
        "summary": "Loads\nanything",
        "affected": [
            {
                "package": {"ecosystem": "PyPI", "name": "torch"},
                "ranges": [
                    {
                        "type": "ECOSYSTEM",
                        "events": [{"introduced": "0"}, {"fixed": "1.13.1"}, {"introduced": "2.0"}, {"fixed": "2.6.0"}],
                    }
                ],
            }
        ],
    },
    {
        "id": "PYSEC-2023-1",
        "aliases": ["CVE-2023-1"],
        "affected": [{"package": {"ecosystem": "PyPI", "name": "ray"}, "versions": ["1.0"]}],
    },
]


def package(name="torch", version="2.5.0", base=None, **changes):
    values = {
        "evidence": (Evidence(Location(f"site/{name}", None, Layer(0, "sha256:0", base=base)), f"{name} {version}"),),
        "ecosystem": "pypi",
        "name": name,
        "version": version,
        "purl": f"pkg:pypi/{name}@{version}",
        "owned_by": "",
        "location": f"site/{name}",
    }
    return InstalledPackage(**values | changes)


def requirement(name="torch", version="2.5.0", **changes):
    values = {
        "evidence": (Evidence(Location("requirements.txt"), name),),
        "ecosystem": "pypi",
        "name": name,
        "specifier": f"=={version}",
        "version": version,
        "installer": "pip",
        "stage": "",
        "pinned": True,
        "bounded": False,
        "hashed": False,
        "origin": "index",
        "url": "",
        "commit_pinned": False,
        "prerelease": False,
        "declared_in": "requirements",
    }
    return Requirement(**values | changes)


@pytest.fixture
def ask(monkeypatch, tmp_path):
    """Ask about facts with a server in place of OSV; what was found, the problems, and what the server was asked."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))

    def asking(facts, records=RECORDS, **server):
        problems = []
        with serving(records, **server) as (url, asked):
            monkeypatch.setenv("PIP_AUDIT_OSV_URL", url)
            return online.matched(facts, "osv", "target", problems), problems, asked

    return asking


def test_an_answer_becomes_facts_of_every_copy_and_pin(ask, monkeypatch):
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    facts = [
        package(base=True),
        package(location="other/torch", reached_by="ray, open on port 8265"),
        package(version="2.5.0+cu124", location="venv/torch"),
        package(version="2.6.0"),
        package("numpy", "2.0.0"),
        package("six", "1.16.0", owned_by="deb:python3-six 1.16.0-4"),
        package("pytorch", ecosystem="conda"),
        package("flask", "2024-09-19"),
        package("evil\n-r /etc/passwd", "1.0"),
        requirement("torch", "1.0"),
        requirement("ray", "1.0"),
        requirement("ray", ""),
        requirement("ray", "2.0", origin="vcs"),
    ]
    found, problems, asked = ask(facts)
    known = [fact for fact in found if isinstance(fact, KnownVulnerability)]
    assert [(fact.version, len(fact.evidence), fact.certainty, fact.of_base) for fact in known] == [
        ("2.5.0", 2, "high", True),
        ("2.5.0+cu124", 1, "high", None),
    ]
    assert [fact.reached_by for fact in known] == ["ray, open on port 8265", None], "where one of the copies is"
    first = known[0]
    assert (first.advisory, first.aliases) == ("CVE-2025-0001", ("GHSA-aaaa-bbbb-cccc", "PYSEC-2025-1"))
    assert (first.summary, first.fixed_in, first.source) == ("Loads anything", ("2.6.0",), "pip-audit")
    (pin,) = (fact for fact in found if isinstance(fact, VulnerablePin))
    assert (pin.name, pin.specifier, pin.exact, pin.advisories) == ("ray", "==1.0", True, ("CVE-2023-1",))
    sent = sorted((body["package"]["name"], body["version"]) for body, _ in asked)
    assert sent == [("numpy", "2.0.0"), ("ray", "1.0"), ("torch", "2.5.0"), ("torch", "2.6.0")], (
        "names and versions, each once"
    )
    assert all("secret" not in str(each) for each in asked)
    (problem,) = problems
    assert "flask 2024-09-19, evil" in problem.reason


def test_nothing_to_ask_asks_nobody(ask, monkeypatch):
    monkeypatch.setattr(subprocess, "run", None)
    assert ask([package("six", owned_by="deb")])[:2] == ([], [])


def test_a_service_that_fails_is_one_problem_and_no_pass(ask):
    found, (problem,), _ = ask([package()], status=500)
    assert found == []
    assert "pip-audit failed" in problem.reason
    assert "--online" in problem.remedy
    assert str(problem.at) == "target"


class Ran:
    """Stands for subprocess.run: writes an answer, or none."""

    def __init__(self, answer=None, stderr=b"", raises=None):
        self.answer, self.stderr, self.raises, self.calls = answer, stderr, raises, []

    def __call__(self, command, **options):
        path = command[command.index("-o") + 1]
        with open(os.path.join(options["cwd"], "requirements.txt")) as file:
            self.calls.append((command, options, file.read()))
        if self.raises:
            raise self.raises
        if self.answer is not None:
            with open(path, "w") as file:
                file.write(self.answer)
        return subprocess.CompletedProcess(command, 1, b"", self.stderr)


@pytest.mark.parametrize(
    ("ran", "reason", "remedy"),
    [
        (Ran(stderr=b"python: No module named pip_audit\n"), "pip-audit is not installed", "pip install pip-audit"),
        (Ran(stderr=b""), "it said nothing", "network"),
        (Ran(stderr=b"x\nError: no proxy http://user:hunter2hunter2@proxy\n\n"), "http://user:hun", "network"),
        (Ran(raises=subprocess.TimeoutExpired("x", 1)), "took more than 63 seconds", "network"),
        (Ran(raises=FileNotFoundError(2, "No such file")), "cannot be started: No such file", "without --online"),
        (Ran("{}"), "something else than its JSON", "Install"),
        (Ran("["), "something else than its JSON", "Install"),
        (Ran('{"dependencies": [{"name": "a", "vulns": [{}]}]}'), "something else than its JSON", "Install"),
        (Ran('{"dependencies": [{"x": 1}]}'), "something else than its JSON", "Install"),
        (Ran('{"dependencies": [' + " " * 99), "more than 90 bytes", "without --online"),
    ],
)
def test_each_way_to_fail_has_a_remedy(monkeypatch, ran, reason, remedy):
    monkeypatch.setattr(subprocess, "run", ran)
    monkeypatch.setattr(pip_audit, "MAX_ANSWER", 90)
    problems = []
    assert online.matched([package()], "osv", "target", problems) == []
    (problem,) = problems
    assert reason in problem.reason
    assert "hunter2hunter2" not in problem.reason
    assert remedy in problem.remedy


def test_what_a_fact_says_already_is_not_said_twice(monkeypatch):
    answer = (
        '{"dependencies": [{"name": "torch", "version": "2.5.0", "vulns": [{"id": "CVE-1", "aliases": ["PYSEC-1"]}]}]}'
    )
    monkeypatch.setattr(subprocess, "run", Ran(answer))
    (first,) = online.matched([package()], "osv", "target", [])
    assert online.matched([package(), first.replace(advisory="PYSEC-1", aliases=())], "osv", "target", []) == []


def test_what_pip_audit_skips_or_leaves_out_is_a_problem(monkeypatch):
    answer = '{"dependencies": [{"name": "Inner_Tool", "skip_reason": "not found"}], "fixes": []}'
    monkeypatch.setattr(subprocess, "run", Ran(answer))
    problems = []
    assert online.matched([package("inner-tool", "1"), package("lost", "1")], "pypi", "target", problems) == []
    assert [problem.reason.partition(": ")[2] for problem in problems] == [
        "inner-tool 1: not found",
        "lost 1: pip-audit says nothing about it",
    ]


def test_an_advisory_that_it_cannot_read_costs_one_package(monkeypatch):
    class Stumbling(Ran):
        """Fails where it is asked about a package called bad."""

        def __call__(self, command, **options):
            done = super().__call__(command, **options)
            pins = dict(line.split("==") for line in self.calls[-1][2].split())
            if "bad" in pins:
                return subprocess.CompletedProcess(
                    command, 1, b"", b"packaging.version.InvalidVersion: Invalid version: '7-12.1'"
                )
            with open(command[command.index("-o") + 1], "w") as file:
                json.dump(
                    {
                        "dependencies": [
                            {"name": name, "version": version, "vulns": [{"id": "CVE-1"}]}
                            for name, version in pins.items()
                        ]
                    },
                    file,
                )
            return done

    ran = Stumbling()
    monkeypatch.setattr(subprocess, "run", ran)
    problems = []
    packages = [package(name, "1") for name in ("a", "b", "bad", "c", "d")]
    found = online.matched(packages, "osv", "target", problems)
    assert sorted(fact.name for fact in found) == ["a", "b", "c", "d"]
    (problem,) = problems
    assert "bad 1: pip-audit failed: packaging.version.InvalidVersion" in problem.reason
    monkeypatch.setattr(pip_audit, "MAX_RUNS", 1)
    problems = []
    found = online.matched(packages, "osv", "target", problems)
    assert sorted(fact.name for fact in found) == ["a", "b"]
    assert "bad 1, c 1, d 1: pip-audit failed" in problems[0].reason


def test_it_runs_with_pins_alone_away_from_the_target(monkeypatch):
    ran = Ran('{"dependencies": []}')
    monkeypatch.setattr(subprocess, "run", ran)
    monkeypatch.setenv("PIP_INDEX_URL", "https://user:word@index.example/simple")
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example")
    online.matched([package("a", "1"), package("a", "2"), package("b", "1")], "pypi", "target", [])
    assert [pins for _, _, pins in ran.calls] == ["a==1\nb==1\n", "a==2\n"], "one version of a package at a time"
    command, options, _ = ran.calls[0]
    assert command[:4] == [sys.executable, "-P", "-m", "pip_audit"], "a pip_audit.py of the current folder is not run"
    assert "--disable-pip" in command
    assert "--no-deps" in command
    assert command[command.index("-s") + 1] == "pypi"
    assert options["cwd"] != os.getcwd()
    assert "PIP_INDEX_URL" not in options["env"]
    assert options["env"]["HTTPS_PROXY"] == "http://proxy.example"


def test_limits_are_told(monkeypatch):
    monkeypatch.setattr(subprocess, "run", Ran('{"dependencies": []}'))
    monkeypatch.setattr(online, "MAX_PACKAGES", 1)
    problems = []
    online.matched([package("a", "1"), package("b", "1")], "osv", "target", problems)
    assert "more than 1 packages" in problems[0].reason
    monkeypatch.setattr(online, "MAX_PACKAGES", 9)
    monkeypatch.setattr(pip_audit, "MAX_ROUNDS", 1)
    problems = []
    online.matched([package("a", "1"), package("a", "2")], "osv", "target", problems)
    assert "a 1, a 2: pip-audit says nothing" in problems[0].reason


def test_a_scan_asks_only_when_told_to(monkeypatch):
    ran = Ran('{"dependencies": [{"name": "torch", "version": "2.5.0", "vulns": [{"id": "PYSEC-2025-1"}]}]}')
    monkeypatch.setattr(subprocess, "run", ran)
    text = "FROM python:3.12.12-slim\nRUN pip install torch==2.5.0\n"
    options = Options(rules=(), build_args={}, keep_facts=True)
    scan_text(text, options)
    assert ran.calls == []
    report = scan_text(text, options.replace(online="osv"))
    assert [fact.advisories for fact in report.facts if isinstance(fact, VulnerablePin)] == [("PYSEC-2025-1",)]


@pytest.mark.parametrize(
    ("version", "certainty"),
    [("2.6.0", "high"), ("2.6.0+cu124", "high"), ("2.6.0-NA", "medium"), ("2.6.0a0+ecf3bae40a.nv25.01", "low")],
)
def test_builds_with_a_label_are_less_certain(version, certainty):
    assert online._certainty(version) == certainty
