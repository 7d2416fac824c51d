"""``hullcheck scan``: flags, destinations, exit codes."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys

import pytest

from scanner.cli import BROKEN_PIPE, INTERRUPTED, main
from scanner.cli.output import WIDTH, Progress, colored, width
from scanner.cli.scan import Flags
from scanner.errors import TargetError
from scanner.model.finding import Suppression
from scanner.model.rule import Severity
from scanner.sources.image.layers import Passed


def test_nothing_found_is_0(stage, run):
    assert run("scan", "Dockerfile") == (0, "Nothing found in Dockerfile.\n", "")


def test_without_a_path_the_current_folder_is_scanned(stage, run):
    run("scan")
    assert stage.paths == (".",)
    run("scan", "-q")
    assert stage.paths == (".",)


def test_a_dash_is_standard_input(stage, run):
    run("scan", "-")
    assert stage.paths == ("-",)


@pytest.mark.parametrize(
    ("severity", "flags", "code"),
    [
        (Severity.LOW, (), 1),
        (Severity.INFO, (), 0),
        (Severity.INFO, ("--fail-on", "info"), 1),
        (Severity.MEDIUM, ("--fail-on", "high"), 0),
        (Severity.HIGH, ("--fail-on", "high"), 1),
        (Severity.CRITICAL, ("--fail-on", "high"), 1),
        (Severity.CRITICAL, ("--exit-zero",), 0),
    ],
)
def test_findings_from_the_chosen_severity_on_are_1(stage, run, severity, flags, code):
    stage.finds(severity)
    assert run("scan", *flags)[0] == code


def test_suppressed_findings_do_not_count(stage, run):
    stage.finds(Severity.CRITICAL)
    report = stage.reports[0]
    finding = report.findings[0].replace(suppressed=Suppression(by="config", reason="known"))
    stage.reports = [report.replace(findings=(finding,))]
    code, out, _ = run("scan")
    assert (code, out) == (0, "Nothing found in Dockerfile.\nBesides: 1 suppressed (--show-suppressed).\n")
    assert "known" in run("scan", "--show-suppressed")[1]


@pytest.mark.parametrize(
    ("flags", "code"),
    [((), 3), (("--exit-zero",), 3), (("--allow-incomplete",), 1), (("--allow-incomplete", "--exit-zero"), 0)],
)
def test_what_was_not_looked_at_outranks_findings(stage, run, flags, code):
    stage.finds(Severity.HIGH)
    stage.misses(*stage.reports[0].findings)
    assert run("scan", *flags)[0] == code


def test_a_problem_alone_is_3(stage, run):
    stage.misses()
    code, out, _ = run("scan")
    assert code == 3
    assert "Dockerfile not looked at: no text" in out


def test_formats_and_files_pair_up(stage, run, tmp_path):
    stage.finds(Severity.HIGH)
    code, out, err = run("scan", "-f", "json", "-o", "a.json", "-f", "sarif", "-o", "b.sarif", "-f", "text")
    assert (code, err) == (1, "")
    assert out.startswith("Dockerfile:1:1 high some-rule  something is wrong\n")
    assert json.loads((tmp_path / "a.json").read_text())["summary"]["high"] == 1
    assert json.loads((tmp_path / "b.sarif").read_text())["version"] == "2.1.0"


def test_a_dash_as_file_is_the_screen(stage, run, tmp_path):
    _, out, _ = run("scan", "-f", "text", "-o", "-", "-f", "json", "-o", "a.json")
    assert out.startswith("Nothing found")
    assert (tmp_path / "a.json").exists()


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (("-f", "text", "-f", "json"), "text and json cannot both go to the screen"),
        (("-f", "json", "-o", "a", "-o", "b"), "2 files for 1 format"),
        (("-f", "json", "-o", "a", "-f", "sarif", "-o", "a"), "a is given twice"),
        (("-f", "xml"), "no format called 'xml'"),
        (("-q", "-v"), "contradict"),
        (("--fail-on", "awful"), "'awful' is not one of"),
        (("--fial-on", "high"), "No such option"),
        (("--build-arg", "=x"), "should be NAME=value"),
        (("--config", "missing.yaml"), "missing.yaml"),
        (("--baseline", "missing.json"), "missing.json"),
        (("--select", "sume-rule"), "no rule called 'sume-rule'"),
        (("-o", "no/such/folder/x"), "no/such/folder/x: cannot be written"),
        (("-j", "0"), "0 is not in the range"),
    ],
)
def test_what_was_asked_wrongly_is_2_with_a_hint(stage, run, flags, said):
    code, out, err = run("scan", *flags)
    assert (code, out) == (2, "")
    assert err.startswith("error: ")
    assert said in err
    assert "Traceback" not in err


def test_a_path_that_cannot_be_opened_is_3(stage, run):
    stage.error = TargetError("nowhere: no such file", hint="look again")
    assert run("scan", "nowhere") == (3, "", "error: nowhere: no such file\nhint: look again\n")


def test_an_error_message_cannot_carry_control_characters(stage, run):
    stage.error = TargetError("\x1b[2Jgone")
    assert run("scan")[2] == "error: \\x1b[2Jgone\n"


def test_an_interrupt_is_130(stage, run):
    stage.error = KeyboardInterrupt()
    assert run("scan")[0] == INTERRUPTED
    assert run("scan", "-q")[0] == INTERRUPTED


def test_an_internal_error_has_no_traceback_unless_wanted(stage, run, monkeypatch):
    stage.error = RuntimeError("oops")
    code, out, err = run("scan")
    assert (code, out) == (3, "")
    assert err.startswith("error: RuntimeError: oops\nhint: this is a bug in hullcheck")
    monkeypatch.setenv("HULLCHECK_DEBUG", "1")
    with pytest.raises(RuntimeError, match="oops"):
        run("scan")


def test_a_closed_pipe_is_quiet():
    program = """
import sys, scanner.cli as cli
cli._run = lambda arguments: sys.stdin.read() and sys.stdout.write("x" * 100_000)
sys.exit(cli.main([]))
"""
    pipe = subprocess.PIPE
    with subprocess.Popen([sys.executable, "-c", program], stdin=pipe, stdout=pipe, stderr=pipe) as process:
        process.stdout.close()
        process.stdin.write(b"the reader is gone")
        process.stdin.close()
        assert process.stderr.read() == b""
    assert process.returncode == BROKEN_PIPE


def test_the_program_ends_with_all_it_wrote_and_its_exit_code():
    program = """
import sys, scanner.cli as cli
cli._run = lambda arguments: sys.stdout.write("x" * 100_000) and sys.stderr.write("y") and 3
cli.run()
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (len(done.stdout), done.stderr, done.returncode) == (100_000, "y", 3)


def test_flags_reach_the_scan(stage, run):
    run(
        "scan",
        "a",
        "b",
        "--build-arg",
        "K=V",
        "--target",
        "final",
        "--context",
        "ctx",
        "-j",
        "2",
        "--ignore",
        "other-rule",
    )
    assert stage.paths == ("a", "b")
    assert stage.options.build_args == {"K": "V"}
    assert (stage.options.target, stage.options.context, stage.options.jobs) == ("final", "ctx", 2)
    assert [rule.id for rule in stage.options.rules] == ["some-rule"]
    assert [rule.id for rule in stage.options.catalogue] == ["some-rule", "other-rule"]


def test_mirrors_come_from_the_environment(stage, run, monkeypatch):
    monkeypatch.setenv("HULLCHECK_MIRRORS", "docker.io=mirror.example.com")
    run("scan")
    assert stage.options.mirrors == {"docker.io": ("mirror.example.com",)}


def test_layers_are_kept_unless_somebody_says_no(stage, run, monkeypatch):
    run("scan")
    assert stage.options.cache_limit == 1 << 30
    monkeypatch.setenv("HULLCHECK_CACHE_LIMIT", "5")
    run("scan")
    assert stage.options.cache_limit == 5 << 20
    run("scan", "--no-cache")
    assert stage.options.cache_limit == 0


def test_flags_go_before_the_environment_and_that_before_the_file(stage, run, monkeypatch, tmp_path):
    stage.finds(Severity.MEDIUM)
    (tmp_path / ".hullcheck.yaml").write_text("fail-on: high\n")
    assert run("scan")[0] == 0
    monkeypatch.setenv("HULLCHECK_FAIL_ON", "medium")
    assert run("scan")[0] == 1
    assert run("scan", "--fail-on", "critical")[0] == 0


def test_a_baseline_is_read_and_told_to_sarif(stage, run, tmp_path):
    stage.finds(Severity.HIGH)
    run("scan", "-f", "json", "-o", "base.json")
    _, out, _ = run("scan", "--baseline", "base.json", "-f", "sarif")
    assert stage.options.baseline == {stage.reports[0].findings[0].fingerprint}
    assert json.loads(out)["runs"][0]["results"][0]["baselineState"] == "new"


def test_a_plain_scan_and_one_through_the_option_parser_are_the_same(stage, run, monkeypatch):
    """A scan without flags does not go through click; nobody may notice."""
    asked = []
    monkeypatch.setattr("scanner.cli.scan.run", lambda flags: asked.append(flags) or 0)
    run("scan", "a", "b")
    run("scan", "--", "a", "b")
    assert asked[0] == asked[1] == Flags(paths=("a", "b"))


def test_color_follows_the_terminal_and_the_usual_variables():
    screen, file = io.StringIO(), io.StringIO()
    screen.isatty = lambda: True
    assert colored(screen, {})
    assert not colored(file, {})
    assert not colored(screen, {"TERM": "dumb"})
    assert not colored(screen, {"NO_COLOR": "1"})
    assert colored(screen, {"NO_COLOR": ""})
    assert colored(file, {"FORCE_COLOR": "1"})
    assert not colored(file, {"FORCE_COLOR": "0"})
    assert not colored(file, {"FORCE_COLOR": "1", "NO_COLOR": "1"})


@pytest.mark.parametrize(("columns", "expected"), [(0, WIDTH), (10, 40), (86, 80), (500, 160)])
def test_the_width_follows_the_terminal_within_reason(monkeypatch, columns, expected):
    screen = io.StringIO()
    assert width(screen) == WIDTH
    screen.isatty, screen.fileno = lambda: True, lambda: 1
    monkeypatch.setattr("os.get_terminal_size", lambda _: os.terminal_size((columns, 24)))
    assert width(screen) == expected


def test_no_color_wins_over_force_color(stage, run, monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")
    stage.finds(Severity.HIGH)
    assert "\x1b[" in run("scan")[1]
    assert "\x1b[" not in run("scan", "--no-color")[1]


def test_color_never_goes_into_a_file(stage, run, monkeypatch, tmp_path):
    monkeypatch.setenv("FORCE_COLOR", "1")
    stage.finds(Severity.HIGH)
    run("scan", "-o", "report.txt")
    assert "\x1b" not in (tmp_path / "report.txt").read_text()


def test_progress_shows_after_a_while_and_goes_away():
    stream = io.StringIO()
    progress = Progress(stream)
    progress(1)
    assert stream.getvalue() == ""
    progress._next = 0
    progress(7)
    progress(8)
    progress.close()
    assert stream.getvalue() == "\rlooking: 7 done\x1b[K\r\x1b[K"


def test_progress_through_layers_has_a_rate_and_the_time_left(monkeypatch):
    """Of each image anew."""
    clock, stream = [0.0], io.StringIO()
    monkeypatch.setattr("time.monotonic", lambda: clock[0])
    progress = Progress(stream)
    for clock[0], done, size in ((0.5, 0, 1), (0.9, 0, 9), (40.5, 1, 250_000_000), (100, 0, 4), (101, 0, 8_000_000)):
        progress.layers(Passed(done=done, layers=3, size=size, total=1_000_000_000))
    progress.close()
    assert stream.getvalue().split("\r")[1:] == [
        "reading layers: 1 of 3 done, 250 MB of 1.00 GB, 6.25 MB/s, 2:00 left\x1b[K",
        "reading layers: 0 of 3 done, 4 B of 1.00 GB, 40 B/s, 416666:40 left\x1b[K",
        "reading layers: 0 of 3 done, 8.00 MB of 1.00 GB, 8.00 MB/s, 2:04 left\x1b[K",
        "\x1b[K",
    ]


def test_an_ignore_of_a_rule_that_does_not_exist_is_a_mistake(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "Dockerfile").write_text("FROM scratch\n")
    (tmp_path / ".hullcheck.yaml").write_text("ignore:\n  - {rule: rot-user, path: '**', reason: typo}\n")
    assert main(["scan"]) == 2
    assert capsys.readouterr().err == (
        "error: .hullcheck.yaml:2: there is no rule called 'rot-user'\nhint: did you mean root-user?\n"
    )
