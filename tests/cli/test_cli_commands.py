"""The other commands: version, help, explain, rules, facts, test, init, completion."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from scanner import __version__, knowledge
from scanner.cli import init as starter
from scanner.config import settings
from scanner.model.rule import Severity

RULE = """\
id: no-health-check
title: Nobody says how to find out that it works
severity: low
confidence: high
profile: strict
subject: health-check
when: {declared: false}
message: There is no HEALTHCHECK
why: |
  A process can hang and still be there.
fix: |
  Say how to ask it:

      HEALTHCHECK CMD curl -f http://localhost/
same-as: {hadolint: [DL3057]}
references: [https://docs.docker.com/reference/dockerfile/#healthcheck]
bad:
  - name: none at all
    dockerfile: |
      # expect
      FROM scratch
      CMD ["/serve"]
good:
  - name: one that asks
    dockerfile: |
      FROM scratch
      HEALTHCHECK CMD curl -f http://localhost/
      CMD ["/serve"]
"""


@pytest.fixture
def rules(tmp_path, monkeypatch):
    """A folder with one rule, which is also all that is built in."""
    folder = tmp_path / "my-rules"
    (folder / "health").mkdir(parents=True)
    for known in ("lists", "tables"):
        shutil.copytree(Path(knowledge.folder()) / known, folder / known)
    (folder / "health" / "no-health-check.yaml").write_text(RULE, encoding="utf-8")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr("scanner.knowledge.folder", lambda: str(folder))
    monkeypatch.chdir(tmp_path)
    return folder


@pytest.mark.parametrize("flag", ["--version", "-V"])
def test_the_version(run, flag):
    assert run(flag) == (0, f"hullcheck {__version__}\n", "")


def test_the_version_needs_no_option_parser():
    program = "import sys\nfrom scanner.cli import main\nmain(['--version'])\nprint(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.startswith(f"hullcheck {__version__}\n")
    assert not {"click", "inspect", "dataclasses", "json", "yaml"} & set(done.stdout.split())


def test_a_scan_to_the_screen_imports_nothing_slow(tmp_path):
    program = "import sys\nimport scanner.cli.scan\nfrom scanner.reporters import text\nprint(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    slow = {"click", "sarif_om", "yaml", "json", "attr", "inspect", "dataclasses", "pathlib", "subprocess", "logging"}
    assert not slow & set(done.stdout.split())


@pytest.mark.parametrize("arguments", [(), ("--help",), ("-h",)])
def test_help_lists_the_commands_in_the_order_of_use(run, arguments):
    code, out, err = run(*arguments)
    assert (code, err) == (0, "")
    names = [line.split()[0] for line in out.partition("Commands:\n")[2].splitlines() if line.startswith("  ")]
    names_in_order = [
        "scan",
        "layers",
        "models",
        "explain",
        "rules",
        "frameworks",
        "facts",
        "test",
        "init",
        "cache",
        "db",
        "completion",
    ]
    assert names[:12] == names_in_order
    assert "3 could not" in out


@pytest.mark.parametrize(
    "command", ["scan", "models", "explain", "rules", "frameworks", "facts", "test", "init", "cache", "completion"]
)
def test_every_command_has_help(run, command):
    code, out, _ = run(command, "--help")
    assert code == 0
    assert out.startswith(f"Usage: hullcheck {command} ")


def test_a_command_that_is_none_is_2(run):
    code, out, err = run("scna")
    assert (code, out) == (2, "")
    assert err.startswith("error: No such command 'scna'")
    assert "hint: 'hullcheck --help'" in err


def test_the_cache_is_shown_and_cleared(run, monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "hullcheck"
    assert run("cache", "info")[1].startswith(f"{folder}\n0 layers and 0 configs, 0.0 MiB of at most 1,024.0 MiB\n")
    (folder / "layers").mkdir(parents=True)
    for path, size, day in (("layers/a", 3 << 20, 86400 * 2), ("layers/b", 1 << 20, 86400), ("rules-1", 1 << 20, 0)):
        (folder / path).write_bytes(bytes(size))
        os.utime(folder / path, (day + 43200, day + 43200))
    (tmp_path / "kept").write_text("not ours")
    (folder / "layers" / "link").symlink_to(tmp_path)
    assert run("cache", "info")[1].splitlines()[1:] == [
        "3 layers and 0 configs, 4.0 MiB of at most 1,024.0 MiB",
        "the oldest was last used on 1970-01-02",
        "rules and base images: 1.0 MiB",
    ]
    assert run("cache", "clear") == (0, "4 files deleted, 5.0 MiB\n", "")
    assert [path for path in folder.rglob("*") if not path.is_dir()] == []
    assert (tmp_path / "kept").exists()
    assert run("cache", "burn")[0] == 2


def test_explain_shows_a_rule_wrong_and_right(rules, run):
    code, out, _ = run("explain", "no-health-check")
    assert code == 0
    assert out.startswith("no-health-check: Nobody says how to find out that it works\n")
    assert "# expect" not in out
    assert "Wrong: none at all\n  FROM scratch\n" in out
    assert "Right: one that asks\n  FROM scratch\n  HEALTHCHECK" in out
    assert "# hullcheck: ignore[no-health-check] the reason" in out


def test_explain_knows_the_ids_of_other_tools(rules, run):
    assert run("explain", "DL3057")[1] == run("explain", "no-health-check")[1]


def test_explain_of_an_unknown_rule_is_2_and_says_what_was_meant(rules, run):
    code, _, err = run("explain", "no-helth-check")
    assert code == 2
    assert "no rule called 'no-helth-check'" in err
    assert "no-health-check" in err.partition("hint:")[2]


def test_rules_are_listed(rules, run):
    code, out, _ = run("rules")
    assert code == 0
    assert out.splitlines()[0].split(maxsplit=3)[:3] == ["no-health-check", "low", "strict"]
    assert "1 rule, 1 of them only with --profile strict." in out


def test_rules_as_json(rules, run):
    listed = json.loads(run("rules", "--json")[1])
    assert [item["id"] for item in listed] == ["no-health-check"]
    assert listed[0]["same_as"] == {"hadolint": ["DL3057"]}
    assert listed[0]["why"] == "A process can hang and still be there."


def test_facts_are_lines_of_json(stage, run):
    stage.finds()
    stage.reports = [stage.reports[0].replace(facts=(stage.reports[0].facts))]
    assert run("facts") == (0, "", "")
    stage.misses()
    code, out, err = run("facts", "x")
    assert (code, out, err) == (3, "", "Dockerfile not looked at: no text\n")
    assert stage.options.rules == ()


def test_rule_examples_are_tested(rules, run):
    assert run("test", str(rules)) == (0, "1 rule, 2 examples, 0 failures.\n", "")


def test_an_example_that_comes_out_wrong_is_1_and_named(rules, run):
    file = rules / "health" / "no-health-check.yaml"
    file.write_text(RULE.replace("      HEALTHCHECK CMD curl -f http://localhost/\n", ""))
    code, out, _ = run("test", str(rules))
    assert code == 1
    assert f"{file}:23: no-health-check: good example 'one that asks':" in out
    assert "1 failure." in out


def test_examples_that_are_images_are_scanned(rules, run):
    file = rules / "health" / "no-health-check.yaml"
    start, end = RULE.index("bad:"), RULE.index("good:")
    image = "bad:\n  - name: an image\n    image: {config: {Cmd: [/serve]}}\n    files: {serve: {mode: '755'}}\n"
    file.write_text(RULE[:start] + image + RULE[end:])
    assert run("test", str(rules)) == (0, "1 rule, 2 examples, 0 failures.\n", "")
    file.write_text(RULE[:start] + image.replace("Cmd: [/serve]", "Healthcheck: {Test: [CMD, x]}") + RULE[end:])
    code, out, _ = run("test", str(rules))
    assert code == 1
    assert "bad example 'an image': does not fire" in out


def test_a_rule_file_that_is_wrong_is_2_with_its_line(rules, run):
    (rules / "health" / "no-health-check.yaml").write_text(RULE.replace("severity: low", "severity: lov"))
    code, _, err = run("test", str(rules))
    assert code == 2
    assert "no-health-check.yaml:3:" in err


def test_init_writes_a_configuration_that_loads(tmp_path, monkeypatch, run):
    monkeypatch.chdir(tmp_path)
    assert run("init") == (0, "wrote .hullcheck.yaml\n", "")
    assert settings({}, environ={}).file == ".hullcheck.yaml"


def test_what_the_starter_configuration_suggests_is_valid(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "ci/rules").mkdir(parents=True)
    text = re.sub(r"^#(?! \w)", "", starter.CONFIG, flags=re.MULTILINE)
    (tmp_path / ".hullcheck.yaml").write_text(text)
    found = settings({}, environ={})
    assert found.ignores[0].reason == "runs in CI only"
    assert found.fail_on is Severity.HIGH
    assert len(yaml.safe_load(text)) == 6


def test_init_never_overwrites(tmp_path, monkeypatch, run):
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".pre-commit-config.yaml").write_text("mine\n")
    code, out, err = run("init", "--pre-commit")
    assert (code, out) == (2, "")
    assert ".pre-commit-config.yaml is there already" in err
    assert "- id: hullcheck" in err
    assert not (tmp_path / ".hullcheck.yaml").exists()
    assert run("init", "--pre-commit", "--force")[0] == 0
    assert "hullcheck" in (tmp_path / ".pre-commit-config.yaml").read_text()


def test_init_does_not_write_through_a_dangling_link(tmp_path, monkeypatch, run):
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".hullcheck.yaml").symlink_to(tmp_path / "elsewhere")
    assert run("init")[0] == 2
    assert not (tmp_path / "elsewhere").exists()


def test_init_writes_every_snippet(tmp_path, monkeypatch, run):
    monkeypatch.chdir(tmp_path)
    code, out, _ = run("init", "--pre-commit", "--github", "--gitlab")
    assert code == 0
    for line in out.splitlines():
        assert yaml.safe_load((tmp_path / line.removeprefix("wrote ")).read_text()) is not False


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_prints_a_script(run, shell):
    code, out, err = run("completion", shell)
    assert (code, err) == (0, "")
    assert f"_HULLCHECK_COMPLETE={shell}_complete" in out


def test_completion_completes(monkeypatch):
    environ = {"_HULLCHECK_COMPLETE": "bash_complete", "COMP_WORDS": "hullcheck scan --fail", "COMP_CWORD": "2"}
    done = subprocess.run(
        [sys.executable, "-m", "scanner"], env=environ, capture_output=True, text=True, check=False, cwd="."
    )
    assert done.stdout == "plain,--fail-on\n"
