"""The files with which others run us are well formed, and agree with the program."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from scanner.cli import init
from scanner.cli.commands import hullcheck
from scanner.reporters import Options, render
from scanner.sources.discover import is_dockerfile_name

ROOT = Path(__file__).parents[2]


def load(name: str):
    return yaml.safe_load((ROOT / name).read_text(encoding="utf-8"))


def flags_of(words: str) -> set[str]:
    return set(re.findall(r"(?<!\S)--?[a-z][a-z-]*", words))


def known() -> set[str]:
    return {name for option in hullcheck.commands["scan"].params for name in option.opts}


def test_the_pre_commit_hook_takes_the_names_that_a_search_takes():
    (hook,) = load(".pre-commit-hooks.yaml")
    assert (hook["id"], hook["entry"], hook["language"]) == ("hullcheck", "hullcheck scan", "python")
    names = "Dockerfile dockerfile Dockerfile.gpu app.dockerfile Containerfile containerfile.cpu x.Containerfile"
    others = "Dockerfile.md Dockerfile.dockerignore .dockerignore Dockerfile.j2 Makefile Dockerfiles mydockerfile a~"
    for name in f"{names} {others}".split():
        taken = bool(re.search(hook["files"], f"app/{name}")) and not re.search(hook["exclude"], f"app/{name}")
        assert taken == is_dockerfile_name(name) == (name in names.split()), name


def test_the_action_runs_a_command_that_exists():
    action = load("action.yml")
    assert action["runs"]["using"] == "composite"
    assert set(action["inputs"]) == {"path", "fail-on", "profile", "args"}
    steps = {step.get("id") or step["name"]: step for step in action["runs"]["steps"]}
    command = next(line for line in steps["scan"]["run"].split("\n") if "hullcheck scan" in line or '" scan' in line)
    assert flags_of(command) <= known()
    assert steps["Upload"]["uses"].startswith("github/codeql-action/upload-sarif@")


def test_the_action_never_puts_an_input_into_a_script():
    """An input may come from a pull request; it goes through the environment."""
    for step in load("action.yml")["runs"]["steps"]:
        assert "${{" not in step.get("run", "")


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"WHERE": ".", "MORE": ""}, ["--", "."]),
        ({"WHERE": "a b", "MORE": "--build-arg X=1"}, ["--build-arg", "X=1", "--", "a", "b"]),
        ({"WHERE": "$(touch pwned)", "MORE": ";"}, [";", "--", "$(touch", "pwned)"]),
    ],
)
def test_the_action_hands_its_inputs_on(tmp_path, environment, expected):
    program = tmp_path / "hullcheck/bin/hullcheck"
    program.parent.mkdir(parents=True)
    program.write_text('#!/bin/sh\nfor word; do echo "$word"; done > args\ntouch "$SARIF"\nexit 1\n')
    program.chmod(0o755)
    script = next(step["run"] for step in load("action.yml")["runs"]["steps"] if step.get("id") == "scan")
    fixed = {
        "FAIL_ON": "low",
        "PROFILE": "default",
        "SARIF": "x.sarif",
        "GITHUB_OUTPUT": "out",
        "RUNNER_TEMP": str(tmp_path),
    }
    subprocess.run(
        ["bash", "-eo", "pipefail", "-c", script],
        env={"PATH": "/usr/bin:/bin"} | fixed | environment,
        cwd=tmp_path,
        check=True,
    )
    assert (tmp_path / "args").read_text().split("\n")[-len(expected) - 1 : -1] == expected
    assert (tmp_path / "out").read_text() == "exit-code=1\nsarif=x.sarif\n"
    assert not (tmp_path / "pwned").exists()


@pytest.mark.parametrize("name", ["pre-commit", "github", "gitlab"])
def test_the_snippets_in_the_docs_are_those_of_init(name):
    assert (ROOT / f"docs/ci/{name}.yaml").read_text(encoding="utf-8") == init.FILES[name.replace("-", "_")][1]


def test_the_github_workflow_uses_inputs_that_the_action_has():
    step = load("docs/ci/github.yaml")["jobs"]["scan"]["steps"][1]
    assert set(step["with"]) <= set(load("action.yml")["inputs"])


def test_the_gitlab_job_makes_a_code_quality_report(tmp_path, make_reports):
    job = load("docs/ci/gitlab.yaml")["hullcheck"]
    scan = next(line for line in job["script"] if "scan" in line)
    assert flags_of(scan) <= known()
    (tmp_path / "hullcheck.json").write_text(render("json", make_reports, Options()))
    script = re.search(r"<<'EOF'\n(.*)EOF", job["after_script"][0], re.DOTALL)[1]
    subprocess.run([sys.executable, "-c", script], cwd=tmp_path, check=True)
    (issue,) = json.loads((tmp_path / "gl-code-quality-report.json").read_text())
    assert issue["check_name"] == "some-rule"
    assert issue["severity"] == "critical"
    assert issue["location"] == {"path": "Dockerfile", "lines": {"begin": 1}}
    assert re.fullmatch("[0-9a-f]{32}", issue["fingerprint"])
