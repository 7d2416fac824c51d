"""Compliance on the command line: which rules are in force, what is printed, and what is asked wrongly."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from scanner.cli.output import now

DOCKERFILE = 'FROM python:3.12.11\nUSER 1000\nHEALTHCHECK CMD ["true"]\nCMD ["python"]\n'


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A folder with a Dockerfile, and the whole pipeline."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    (tmp_path / "Dockerfile").write_text(DOCKERFILE)
    return tmp_path


def controls(run, *arguments):
    out = run("scan", "--framework", "cis-docker-1.6", "-f", "json", *arguments)[1]
    (framework,) = json.loads(out)["frameworks"]
    return {each["control"]: each for each in framework["controls"]}


def test_its_rules_are_in_force_whatever_the_profile(here, run):
    assert run("scan", "-q") == (0, "", "")
    code, out, _ = run("scan", "--framework", "cis-docker-1.6", "-q")
    assert (code, out.split()[2]) == (1, "base-not-pinned-by-digest")
    assert controls(run)["4.2"]["status"] == "failed"


def test_its_rules_are_in_force_beside_selected_ones(here, run):
    assert controls(run, "--select", "stop-signal-kills")["4.1"]["status"] == "passed"


def test_a_rule_that_is_left_out_leaves_no_pass(here, run):
    found = controls(run, "--ignore", "root-user")["4.1"]
    assert found["status"] == "not assessable by a scanner"
    assert found["reason"] == "Not judged: root-user was left out."


def test_a_user_that_is_not_known_leaves_no_pass(here, run):
    (here / "Dockerfile").write_text("ARG WHO\n" + DOCKERFILE.replace("USER 1000", "ARG WHO\nUSER $WHO"))
    assert controls(run)["4.1"]["reason"] == "Not known: root-user at Dockerfile:4:6 (is_root)."


def test_what_was_not_looked_at_leaves_no_pass(here, run):
    (here / "Dockerfile").write_text(DOCKERFILE + "RUN powershell -c dir\nSHELL ['pwsh']\nRUN dir\nBROKEN\n")
    assert {each["status"] for each in controls(run).values()} <= {"failed", "not assessable by a scanner"}


def test_each_control_has_a_line_and_the_framework_a_sum(here, run):
    out = run("scan", "--framework", "cis-docker-1.6")[1]
    (first,) = (line for line in out.splitlines() if line.startswith("  4.1 "))
    assert first.startswith("  4.1 passed in part  The container runs as a user of its own, not as root: Nothing found")
    assert first.endswith(" At Dockerfile:2:6, Dockerfile:3:18, Dockerfile:4:6")
    assert "  4.5 not assessable by a scanner  " in out
    assert "12 controls of cis-docker-1.6: 1 failed, " in out


def test_several_may_be_asked_for_each_once(here, run):
    out = run("scan", "--framework", "slsa", "--framework", "cis-docker-1.6", "--framework", "slsa", "-f", "json")[1]
    assert [each["framework"] for each in json.loads(out)["frameworks"]] == ["slsa", "cis-docker-1.6"]


def test_the_configuration_may_ask(here, run):
    (here / ".hullcheck.yaml").write_text("framework: [slsa]\n")
    assert "4 controls of slsa: " in run("scan")[1]


def test_an_unknown_one_is_told_with_what_was_meant_and_all_there_are(here, run):
    code, out, err = run("scan", "--framework", "cis-docker")
    assert (code, out) == (2, "")
    assert err.startswith(
        "error: --framework: there is no framework called 'cis-docker'\nhint: did you mean cis-docker"
    )
    assert ", nist-800-190, " in err


def test_oscal_needs_a_framework(here, run):
    code, _, err = run("scan", "-f", "oscal")
    assert (code, err.split("\n")[0]) == (2, "error: -f oscal reports on the controls of a framework")
    assert "--framework cis-docker-1.6" in err


def test_oscal_is_the_same_every_time_but_for_the_clock(here, run, monkeypatch):
    first = run("scan", "--framework", "slsa", "-f", "oscal")[1]
    assert run("scan", "--framework", "slsa", "-f", "oscal")[1] == first
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000001")
    assert run("scan", "--framework", "slsa", "-f", "oscal")[1] == first.replace("22:13:20Z", "22:13:21Z")


@pytest.mark.parametrize("epoch", ["", "soon", "-1", "9" * 20, "²"])
def test_a_clock_that_is_set_to_nonsense_is_not_used(monkeypatch, epoch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", epoch)
    assert "2024" < now() < "2200"


def test_a_framework_of_ones_own_is_reported_too(here, run):
    (here / "own" / "frameworks").mkdir(parents=True)
    (here / "own" / "frameworks" / "house.yaml").write_text(
        "title: House rules\ncontrols:\n  H1: {title: No root, rules-of: {cis-docker-1.6: ['4.1']}}\n  H2: Good names\n"
    )
    (here / "own" / "named.yaml").write_text(
        "id: named\ntitle: No name\nseverity: low\nconfidence: high\nprofile: strict\nsubject: health-check\n"
        "when: {declared: true}\nmessage: No name.\nwhy: Names help.\nfix: Add AS.\ncontrols: {house: [H2]}\n"
        "bad: [{name: a, dockerfile: FROM x}]\ngood: [{name: b, dockerfile: FROM x}]\n"
    )
    out = run("scan", "--rules", "own", "--framework", "house")[1]
    assert "house  House rules\n  H1 passed in part  No root: " in out
    assert "  H2 failed  Good names: 1 finding of named. At Dockerfile:3:1 named\n" in out


def test_the_list_names_each_with_its_title(here, run):
    code, out, _ = run("frameworks")
    assert code == 0
    line = next(line for line in out.splitlines() if line.startswith("cis-docker-1.6 "))
    assert line.endswith(": 12 controls, 11 at least partly for a scanner to assess")


def test_a_plain_scan_loads_nothing_of_it(here):
    program = "import sys\nfrom scanner.cli import main\nmain(['scan', 'Dockerfile'])\nprint(*sys.modules)"
    for _ in range(2):  # the second time, rules come from the cache
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert not [name for name in done.stdout.split() if "framework" in name or "assess" in name or "compliance" in name]
