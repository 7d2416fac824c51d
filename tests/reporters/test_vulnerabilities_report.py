"""Known vulnerabilities: by package for people, by advisory for code scanning, as upgrades for a requirements file."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from scanner.engine.load import load
from scanner.engine.select import choose
from scanner.reporters import Options, render
from scanner.scan import Options as ScanOptions
from scanner.scan import scan, scan_image, scan_text
from scanner.sources.image.example import made
from tests.advisories.made import V3, affected, below, compiled, record

PLAIN = Options(root="/w")
SCHEMA = Path(__file__).parent.parent.parent / "docs" / "report.schema.json"


@pytest.fixture
def options(tmp_path):
    compiled(
        tmp_path / "a.db",
        record(
            "PYSEC-1",
            below("torch", "2.6.0"),
            aliases=["CVE-1-1", "GHSA-1"],
            summary="Loading | runs code.",
            severity=[{"type": "CVSS_V3", "score": V3}],
            references=[{"type": "ADVISORY", "url": "https://example.com/1"}],
        ),
        record(
            "PYSEC-2", affected("torch", ("introduced", "0")), aliases=["CVE-1-2"], details="** DISPUTED ** By design."
        ),
        record("PYSEC-3", below("numpy", "2.0"), below("torch", "2.1"), aliases=["CVE-1-3"]),
        record("PYSEC-4", below("mlflow", "2.0"), aliases=["CVE-1-4"], severity=[{"type": "CVSS_V3", "score": V3}]),
        record("PYSEC-5", below("accelerate", "2.0"), aliases=["CVE-1-5"]),
        kev=[("CVE-1-1", "2026-01-01")],
        epss=[("CVE-1-1", 0.9)],
    )
    rules = choose(load(), select=["known-vulnerability", "vulnerable-pin"])
    return ScanOptions(rules=rules, build_args={}, database=str(tmp_path / "a.db"))


@pytest.fixture
def reports(tmp_path, monkeypatch, options):
    for name, version in (("torch", "2.0"), ("numpy", "1.0")):
        folder = tmp_path / f"root/site-packages/{name}-{version}.dist-info"
        folder.mkdir(parents=True)
        (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    monkeypatch.chdir(tmp_path)
    return scan(["rootfs:root"], options)


def test_people_see_a_package_with_its_vulnerabilities_and_one_upgrade(reports):
    assert render("text", reports, PLAIN) == (
        "site-packages/torch-2.0.dist-info/METADATA (layer 0) torch 2.0  3 known vulnerabilities\n"
        "  critical CVE-1-1  exploited; fixed in 2.6.0  Loading | runs code\n"
        "  unknown  CVE-1-2  unsure; no fix named       By design\n"
        "  unknown  CVE-1-3  fixed in 2.1\n"
        "    = fix: upgrade torch to 2.6.0, which still has CVE-1-2\n"
        "\n"
        "site-packages/numpy-1.0.dist-info/METADATA (layer 0) numpy 1.0  1 known vulnerability\n"
        "  unknown  CVE-1-3  fixed in 2.0\n"
        "    = fix: upgrade numpy to 2.0\n"
        "\n"
        "4 findings in rootfs:root: 1 critical, 3 medium.\n"
        "`hullcheck explain RULE` says why, and shows it done right.\n"
    )


def test_verbose_adds_other_ids_and_where_to_read_on(reports):
    text = render("text", reports, PLAIN.replace(verbose=True))
    assert "    = CVE-1-1: PYSEC-1, GHSA-1 https://example.com/1\n" in text


def test_quiet_is_a_line_each(reports):
    lines = render("text", reports, PLAIN.replace(quiet=True)).splitlines()
    assert lines[0].endswith("critical CVE-1-1  torch 2.0: Loading | runs code (severity critical): upgrade to 2.6.0.")
    assert len(lines) == 4


def test_code_scanning_gets_a_rule_for_each_advisory(reports):
    run = json.loads(render("sarif", reports, PLAIN))["runs"][0]
    rules = {rule["id"]: rule for rule in run["tool"]["driver"]["rules"]}
    assert sorted(rules) == ["CVE-1-1", "CVE-1-2", "CVE-1-3"]
    assert [result["ruleId"] for result in run["results"]] == ["CVE-1-3", "CVE-1-1", "CVE-1-2", "CVE-1-3"]
    first = rules["CVE-1-1"]
    assert first["shortDescription"]["text"] == "CVE-1-1: Loading | runs code"
    assert first["helpUri"] == "https://osv.dev/vulnerability/CVE-1-1"
    assert first["properties"]["security-severity"] == "9.8"
    assert first["help"]["markdown"] == (
        "# CVE-1-1: Loading | runs code\n\n"
        "| Package | Installed | Fixed in | What to do |\n|---|---|---|---|\n| torch | 2.0 | 2.6.0 | upgrade to 2.6.0 |\n\n"
        "- Also known as: PYSEC-1, GHSA-1\n"
        f"- Severity: critical 9.8 {V3}\n"
        "- Exploited: yes, by CISA's catalogue\n"
        "- Chance of an attack within 30 days: 90 % (EPSS)\n"
        "- Source: PyPI\n"
        "- <https://example.com/1>\n"
    )
    assert rules["CVE-1-2"]["properties"]["precision"] == "low"
    assert "| numpy | 1.0 |" in rules["CVE-1-3"]["help"]["markdown"]
    assert "| torch | 2.0 |" in rules["CVE-1-3"]["help"]["markdown"]


def test_programs_get_the_advisory_as_a_fact(reports):
    report = json.loads(render("json", reports, PLAIN))
    jsonschema.validate(report, json.loads(SCHEMA.read_text(encoding="utf-8")))
    finding = report["targets"][0]["findings"][1]
    assert (finding["rule"], finding["severity"], finding["confidence"]) == ("CVE-1-1", "critical", "high")
    assert finding["docs"].endswith("/known-vulnerability.md")
    assert (finding["fact"]["exploited"], finding["fact"]["exploit_percent"]) == (True, 90)


def test_the_upgrades_are_lines_of_a_requirements_file(reports, options):
    asked = scan_text("FROM python:3.12\nRUN pip install 'torch<2.5'\n", options)
    assert render("requirements", [*reports, asked], PLAIN) == (
        "-numpy==1.0\n+numpy==2.0\n-torch<2.5\n+torch==2.6.0\n-torch==2.0\n+torch==2.6.0\n"
    )
    assert render("requirements", [], PLAIN) == "# no upgrades are known\n"


@pytest.fixture
def served(options):
    """An image with a server that is reached, what that requires, and a library that is not; all weak."""
    files = {
        f"site-packages/{name}-1.0.dist-info/METADATA": f"Name: {name}\nVersion: 1.0\n{more}".encode()
        for name, more in (("accelerate", ""), ("mlflow", "Requires-Dist: numpy<2\n"), ("numpy", ""), ("torch", ""))
    }
    command = {"Cmd": ["mlflow", "server", "--host", "0.0.0.0"]}
    return [scan_image(made({"config": command}, [files], {}), options)]


def test_the_worst_come_first_and_of_these_the_exploited_and_the_reached(served):
    heads = [line for line in render("text", served, PLAIN).splitlines() if line.startswith("site-packages/")]
    assert [line.partition("(layer 0) ")[2] for line in heads] == [
        "mlflow 1.0  1 known vulnerability (reached by mlflow, open on port 5000)",
        "torch 1.0  3 known vulnerabilities",
        "numpy 1.0  1 known vulnerability (reached by mlflow, open on port 5000)",
        "accelerate 1.0  1 known vulnerability",
    ], "by severity, then as urgent as each other (torch is exploited), then accelerate, which is as bad as numpy"


def test_every_report_says_what_reaches_it(served):
    words = "numpy 1.0 (reached by mlflow, open on port 5000)"
    assert f"CVE-1-3  {words}: " in render("text", served, PLAIN.replace(quiet=True))
    (finding,) = (each for each in served[0].findings if each.message.startswith("numpy"))
    said = json.loads(render("json", served, PLAIN))["targets"][0]["findings"]
    assert {each["fact"]["name"]: each["fact"]["reached_by"] for each in said} == {
        "accelerate": None,
        "mlflow": "mlflow, open on port 5000",
        "numpy": "mlflow, open on port 5000",
        "torch": None,
    }
    run = json.loads(render("sarif", served, PLAIN))["runs"][0]
    (result,) = (each for each in run["results"] if each["message"]["text"] == finding.message)
    assert result["properties"]["reachedBy"] == "mlflow, open on port 5000"
    assert sum("reachedBy" in each["properties"] for each in run["results"]) == 2
    pages = {rule["id"]: rule["help"]["markdown"] for rule in run["tool"]["driver"]["rules"]}
    assert f"- Reached: {words}\n" in pages["CVE-1-3"]
    assert "Reached" not in pages["CVE-1-1"]


def test_the_reach_changes_neither_severity_nor_fingerprint(served, options):
    files = {"site-packages/numpy-1.0.dist-info/METADATA": b"Name: numpy\nVersion: 1.0\n"}
    (alone,) = scan_image(made({}, [files], {}), options).findings
    (reached,) = (each for each in served[0].findings if each.message.startswith("numpy"))
    assert (alone.fingerprint, alone.rule.severity) == (reached.fingerprint, reached.rule.severity)
    assert alone.message == "numpy 1.0:  (severity unknown): upgrade to 2.0."
