"""Known vulnerabilities from the command line: asked online, taken away by VEX, written as OpenVEX, out of an SBOM."""

from __future__ import annotations

import json

import pytest

from scanner.advisories import online
from scanner.cli import main

DOCKERFILE = "FROM ollama/ollama:0.17.0\nUSER 1000\n"
VEX = {
    "@context": "https://openvex.dev/ns/v0.2.0",
    "statements": [
        {
            "vulnerability": {"name": "CVE-2026-7482"},
            "products": [{"@id": "pkg:oci/ollama?repository_url=docker.io/ollama/ollama"}],
            "status": "not_affected",
            "justification": "inline_mitigations_already_exist",
        }
    ],
}


@pytest.fixture
def scan(tmp_path, monkeypatch, capsys):
    """Scan a folder with a Dockerfile for one vulnerability; the exit code and what was written."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    (tmp_path / "Dockerfile").write_text(DOCKERFILE)
    (tmp_path / "vex.json").write_text(json.dumps(VEX))

    def scanning(*arguments, select="CVE-2026-7482"):
        code = main(["scan", "--select", select, *arguments])
        out, err = capsys.readouterr()
        return code, out, err

    return scanning


def test_a_vex_document_takes_a_vulnerability_away_and_keeps_the_reason(scan, tmp_path):
    assert scan()[0] == 1
    code, out, _ = scan("--vex", "vex.json", "--show-suppressed", "-q")
    assert code == 0
    assert "ignored by vex: not affected: inline_mitigations_already_exist" in out
    (tmp_path / ".hullcheck.yaml").write_text("vex: [vex.json]\n")
    assert scan()[0] == 0
    (suppressed,) = json.loads(scan("-f", "json")[1])["targets"][0]["findings"]
    assert suppressed["suppressed"]["by"] == "vex"
    assert suppressed["suppressed"]["at"]["path"] == "vex.json"
    assert scan("--vex", "none.json")[0] == 2


def test_an_ignore_is_written_as_openvex_that_does_the_same(scan, tmp_path):
    (tmp_path / "Dockerfile").write_text(f"# hullcheck: ignore[CVE-2026-7482] only trusted models\n{DOCKERFILE}")
    assert scan("-f", "openvex", "-o", "ours.json")[0] == 0
    (statement,) = json.loads((tmp_path / "ours.json").read_text())["statements"]
    assert (statement["status"], statement["impact_statement"]) == ("not_affected", "only trusted models")
    (tmp_path / "Dockerfile").write_text(DOCKERFILE)
    assert scan()[0] == 1
    assert scan("--vex", "ours.json")[0] == 0


@pytest.mark.parametrize(
    ("arguments", "file", "service"),
    [
        ((), "", None),
        (("--online",), "", "osv"),
        (("--online", "--online-service", "pypi"), "", "pypi"),
        ((), "online: true\n", "osv"),
        ((), "online-service: pypi\n", None),
    ],
)
def test_nobody_is_asked_unless_told_to(scan, tmp_path, monkeypatch, *, arguments, file, service):
    asked = []
    monkeypatch.setattr(online, "matched", lambda _facts, whom, *_rest, **_more: asked.append(whom) or [])
    (tmp_path / ".hullcheck.yaml").write_text(file)
    scan(*arguments)
    assert asked == ([service] if service else [])


def test_an_sbom_is_scanned_by_the_same_rules(scan, tmp_path):
    bill = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "components": [
            {"type": "library", "name": "lightning", "version": "2.6.2", "purl": "pkg:pypi/lightning@2.6.2"},
            {"type": "library", "name": "mystery"},
        ],
    }
    (tmp_path / "bom.json").write_text(json.dumps(bill, indent=1))
    code, out, _ = scan("bom.json", "-q", select="known-malicious-ai-release")
    assert code == 3
    assert "bom.json:9:13 critical known-malicious-ai-release" in out
    assert "bom.json:13:13 not looked at: 1 listed without a package URL" in out
