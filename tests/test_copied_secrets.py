"""Credentials in the files that a COPY takes out of the build context, from the context to the report."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import zipfile

import pytest

from scanner.engine.load import load
from scanner.extractors.layer_secrets.matcher import FEW, Patient
from scanner.model.facts import HeldSecret
from scanner.reporters import FORMATS, render
from scanner.reporters.interface import Options as Shown
from scanner.scan import Options, scan, scan_text
from scanner.sources import layout, search, searched
from tests.made_secrets import all_made, made, told_apart
from tests.planted import pairs, plant, unread

RULES = load()
HF, SLACK, OTHER = (
    made("hugging-face-token").value,
    made("slack-token").value,
    made("slack-token", 2).value,
)
WHOLE = "FROM python:3.12\nCOPY . /app\n"
ABOUT = ("secret", "credential-file")


def told(files, dockerfile=WHOLE, **options):
    report = scan_text(dockerfile, Options(rules=RULES, build_args={}, keep_facts=True, **options), context=files)
    return report, found(report)


def found(report, *, suppressed=False):
    return {
        (item.rule.id, str(item.at)) for item in report.findings if item.fact.kind in ABOUT and bool(item.suppressed) is suppressed
    }  # fmt: skip


def zipped(name, text):
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr(name, text)
    return data.getvalue()


def test_settings_point_to_their_line_and_to_the_copy_that_takes_them():
    report, findings = told({"src/settings.py": f"DEBUG = 1\nSLACK = '{SLACK}'\n".encode()})
    assert findings == {("secret-in-layer", "src/settings.py:2:10")}
    (finding,) = [item for item in report.findings if item.fact.kind == "secret"]
    assert [str(each.at) for each in finding.related] == ["Dockerfile:2:6"]
    assert report.problems == ()


def test_an_env_file_is_told_once_and_an_ai_token_in_it_as_well():
    data = f"SLACK={SLACK}\nHF_TOKEN={HF}\nDB_PASSWORD=kX92mPq7Lw41vZ\n".encode()
    assert told({".env": data})[1] == {("credential-file-carried", "Dockerfile:2:6"), ("ai-token", ".env:2:10")}
    named = "FROM python:3.12\nCOPY .env /app/\n"
    assert told({".env": data}, named)[1] == {("credential-file-copied", "Dockerfile:2:6"), ("ai-token", ".env:2:10")}


def test_what_is_packed_is_opened_and_other_encodings_are_read():
    files = {
        "wheels/our!s.zip": zipped("ours/settings.py", f"x = 1\nT = '{SLACK}'\n"),
        "notes.txt": f"\r\nsee {OTHER}".encode("utf-16"),
        "picture.png": SLACK.encode(),
        "program": b"\x7fELF\0" + SLACK.encode(),
    }
    report, findings = told(files)
    assert findings == {
        ("secret-in-layer", "wheels/our!s.zip!ours/settings.py:2:6"),
        ("secret-in-layer", "notes.txt:2:5"),
    }
    assert report.problems == ()


def test_a_damaged_archive_is_a_problem():
    report, findings = told({"ours.whl": zipped("a.py", SLACK)[:-9]})
    assert (findings, [str(each.at) for each in report.problems]) == (set(), ["ours.whl"])


@pytest.mark.parametrize(
    ("dockerfile", "files"),
    [
        (WHOLE, {".dockerignore": b"conf", "conf/a.py": SLACK.encode()}),
        ("FROM python:3.12 AS build\nCOPY . /app\nFROM python:3.12\n", {"a.py": SLACK.encode()}),
        ("FROM python:3.12\nCOPY src /app\n", {"a.py": SLACK.encode(), "src/b.py": b""}),
        ("FROM python:3.12\nRUN --mount=type=bind,target=/src make\n", {"a.py": SLACK.encode()}),
    ],
    ids=["kept out", "a stage that is left behind", "not copied", "only mounted"],
)
def test_what_does_not_get_into_the_image_does_not_count(dockerfile, files):
    assert told(files, dockerfile)[1] == set()


def test_a_stage_that_is_left_behind_does_not_hide_that_another_ships_the_file():
    two = "FROM python:3.12 AS build\nCOPY . /src\nFROM python:3.12\nCOPY app /app\n"
    report, findings = told({"app/a.py": SLACK.encode()}, two)
    assert findings == {("secret-in-layer", "app/a.py:1:1")}
    (finding,) = [item for item in report.findings if item.fact.kind == "secret"]
    assert [str(each.at) for each in finding.related] == ["Dockerfile:4:6"]


STAGES = "FROM python:3.12 AS build\nWORKDIR /src\n{}\nFROM build AS more\nFROM python:3.12\n{}\n"


@pytest.mark.parametrize(
    ("copy", "taken", "ships"),
    [
        ("COPY . .", "COPY --from=build /src /app", True),
        ("COPY . /opt/", "COPY --from=0 / /", True),
        ("COPY . .", "COPY --from=more src/app/ /app/", True),
        ("COPY app/*.py /opt/x/", "COPY --from=build /opt/*/a.py /app/", True),
        ("COPY app/a.py /opt/b.py", "COPY --from=build /opt/b.py /", True),
        ("COPY . .", "COPY --from=build /src/dist /app", False),
        ("COPY . .", "COPY --from=build /src/ap /app", False),
        ("COPY . .", "COPY --from=build $WHERE /app", False),
        ("COPY . $WHERE", "COPY --from=build /src /app", False),
        ("COPY app/a.py /opt/b.py", "COPY --from=build /opt/a.py /", False),
        ("COPY . .", "COPY --from=ghcr.io/x/y:1 /src /app", False),
    ],
)
def test_what_a_copy_from_another_stage_takes_on_ships(copy, taken, ships):
    _, findings = told({"app/a.py": SLACK.encode()}, STAGES.format(copy, taken))
    assert findings == ({("secret-in-layer", "app/a.py:1:1")} if ships else set())


THREE = "FROM python:3.12 AS one\nWORKDIR /src\nCOPY . .\nFROM alpine AS two\n{}\nFROM python:3.12\n{}\n"


@pytest.mark.parametrize(
    ("first", "second", "ships"),
    [
        ("COPY --from=one /src /opt", "COPY --from=two /opt /app", True),
        ("COPY --from=one /src/app /opt/app", "COPY --from=two /opt /app", True),
        ("COPY --from=one /src/app /opt/app/", "COPY --from=two /opt/app/a.py /app/", True),
        ("COPY --from=one /src/app/a.py /opt/b.py", "COPY --from=two /opt/b.py /app/", True),
        ("COPY --from=one /src /opt", "COPY --from=two /opt/*/a.py /app/", True),
        ("COPY --from=one /src /opt", "COPY --from=two / /", True),
        ("COPY --from=one /src /opt", "COPY --from=two /opt/dist /app", False),
        ("COPY --from=one /src/app /opt/app/", "COPY --from=two /opt/app/b.py /app/", False),
        ("COPY --from=one /src/dist /opt", "COPY --from=two /opt /app", False),
        ("COPY --from=one /src /opt", "COPY --from=two /etc /app", False),
        ("COPY --from=one /src /opt", "RUN true", False),
    ],
)
def test_what_gets_in_by_way_of_a_third_stage_ships(first, second, ships):
    _, findings = told({"app/a.py": SLACK.encode(), "dist/x": b"", "app/b.py": b""}, THREE.format(first, second))
    assert findings == ({("secret-in-layer", "app/a.py:1:1")} if ships else set())


def test_of_a_stage_that_is_taken_apart_too_much_all_counts():
    taken = "\n".join(f"COPY --from=build /src/{number} /" for number in range(layout.MAX_TAKEN + 1))
    files = {"a.py": SLACK.encode()}
    assert told(files, STAGES.format("COPY . .", taken))[1] == {("secret-in-layer", "a.py:1:1")}
    assert told(files, STAGES.format("COPY . .", taken[: taken.rindex("\n")]))[1] == set()


def test_a_comment_beside_it_leaves_it_out():
    data = f"T = '{SLACK}'  # hullcheck:allow-secret of a workspace for tests\nU = '{OTHER}'\n".encode()
    report, findings = told({"a.py": data})
    assert findings == {("secret-in-layer", "a.py:2:6")}
    assert found(report, suppressed=True) == {("secret-in-layer", "a.py:1:6")}


def test_one_credential_in_several_files_is_one_finding():
    report, findings = told({"a.py": SLACK.encode(), "b/c.json": f'["{SLACK}"]'.encode()})
    assert findings == {("secret-in-layer", "a.py:1:1")}
    (finding,) = [item for item in report.findings if item.fact.kind == "secret"]
    assert {str(each.at) for each in finding.related} == {"b/c.json:1:3", "Dockerfile:2:6"}


def test_what_something_else_had_read_is_not_told_twice():
    started = f"{WHOLE}CMD ['sh', '/app/start.sh']\nENV SLACK={OTHER}\n".replace("'", '"')
    files = {
        "start.sh": f"export SLACK={SLACK}\n".encode(),
        "a.ipynb": f'{{"cells": [{{"source": "t = \'{HF}\'"}}]}}'.encode(),
        "Dockerfile": f"{started}\n".encode(),
    }
    report, findings = told(files, started)
    assert findings == {
        ("secret-in-script", "start.sh:1:14"),
        ("ai-token", "a.ipynb:1:29"),
        ("secret-in-env", "Dockerfile:4:11"),
    }
    assert not [fact for fact in report.facts if isinstance(fact, HeldSecret)]


def test_folders_of_the_context_are_the_users_own_whatever_their_name_and_packages_are_not():
    files = {
        "lib/a.py": SLACK.encode(),
        ".venv/lib/python3.12/site-packages/x/a.py": OTHER.encode(),
        "tests/test_a.py": made("slack-token", 3).value.encode(),
    }
    assert told(files)[1] == {
        ("secret-in-layer", "lib/a.py:1:1"),
        ("secret-in-package", ".venv/lib/python3.12/site-packages/x/a.py:1:1"),
        ("sample-secret-in-layer", "tests/test_a.py:1:1"),
    }


def test_a_context_on_disk_wherever_it_lies(tmp_path, monkeypatch):
    """The folders above it say nothing, and the Dockerfile in it is told by itself, however it is called."""
    folder = tmp_path / "tests" / "examples"
    (folder / "conf").mkdir(parents=True)
    (folder / "Dockerfile").write_text(f"{WHOLE}ENV SLACK={OTHER}\n")
    (folder / "conf" / "a.py").write_text(SLACK)
    (folder / "link.py").symlink_to("conf/a.py")
    monkeypatch.chdir(folder)
    (report,) = scan(["Dockerfile"], Options(rules=RULES, build_args={}, context=str(folder)))
    assert found(report) == {("secret-in-layer", f"{folder}/conf/a.py:1:1"), ("secret-in-env", "Dockerfile:3:11")}


@pytest.mark.parametrize(
    ("limit", "value", "left"),
    [("MAX_TEXT", 1 << 16, 1), ("MAX_CONTEXT", 1 << 16, 3), ("MAX_FILES", 1, 2)],
)
def test_a_limit_that_is_hit_is_told_once_with_what_was_left_out(monkeypatch, limit, value, left):
    monkeypatch.setattr(searched, limit, value)
    monkeypatch.setattr(search, "PIECE", 1 << 16)
    large = f"{SLACK}\n".encode() + b"some words\n" * 20_000 + OTHER.encode()
    report, findings = told({"data/a.txt": large, "data/b.txt": b"b", "c.txt": b"c"})
    assert ("secret-in-layer", "data/a.txt:1:1") in findings
    (problem,) = report.problems
    assert "not searched for credentials, in data/a.txt" in problem.reason or limit == "MAX_FILES"
    assert problem.reason.count(".txt") == left
    assert ".dockerignore" in problem.remedy


def test_binary_files_take_nothing_of_what_may_be_searched(monkeypatch):
    monkeypatch.setattr(searched, "MAX_CONTEXT", 1000)
    report, findings = told({f"{n}": b"\0" * (1 << 20) for n in range(5)} | {"z.py": SLACK.encode()})
    assert (findings, report.problems) == ({("secret-in-layer", "z.py:1:1")}, ())


@pytest.fixture(scope="module")
def everything():
    """A context with a value of every kind, and all values."""
    values, files = [], {}
    for seed in (1, 2):
        for number, each in enumerate(all_made(seed)):
            values.append(each.value)
            files[f"a/{number}/{each.path}" if seed == 1 else f"b/{number}.txt"] = f"see:\n{each.text}\n".encode()
    return files, values


@pytest.mark.parametrize("form", FORMATS)
def test_no_report_shows_more_than_four_characters(everything, form):
    files, values = everything
    report, _ = told(files)
    shown = render(form, [report], Shown(verbose=True, show_suppressed=True, show_undecided=True))
    whole = repr(report.facts) + repr(report.lines) + repr(report.problems)
    for each in told_apart(values):
        assert each not in shown
        assert each not in whole


def test_every_credential_is_found_in_every_kind_of_file():
    """But what only the place of a table of commands tells: of a file that is copied, nobody knows the place."""
    some = [plant(detector, kind, number % 20) for number, (detector, kind) in enumerate(list(pairs())[::11])]
    planted = [each for each in some if "cron" not in each.path]
    report, _ = told({f"x/{each.path}": each.data for each in planted})
    facts = {(each.detector, each.path.partition("!")[0]) for each in report.facts if isinstance(each, HeldSecret)}
    read = {each.evidence[0].at.path for each in report.facts if each.kind == "secret" and not each.whose}
    missed = [
        each
        for each in planted
        if (each.detector.id, f"x/{each.path}") not in facts and f"x/{each.path}" not in read and not unread(each)
    ]
    assert not [(each.detector.id, each.kind) for each in missed]


def test_the_faster_engine_takes_over_when_there_is_much_to_search():
    patient = Patient()
    token = f"x {HF} ".encode()
    before = {number for _, number in patient.hits(token)}
    patient.hits(bytes(FEW))
    assert {number for _, number in patient.hits(token)} == before


def test_nothing_of_the_search_is_loaded_when_no_copied_file_is_there_to_be_searched(tmp_path):
    (tmp_path / "Dockerfile").write_text(WHOLE)
    (tmp_path / "unused.py").write_text(SLACK)
    (tmp_path / ".dockerignore").write_text("unused.py\n.dockerignore\n")
    code = (
        "import sys; from scanner.scan import *; from scanner.engine.load import load\n"
        "print(scan(['Dockerfile'], Options(rules=load(), build_args={}))[0].findings)\n"
        "assert not [each for each in sys.modules if 'layer_secrets' in each or 'hyperscan' in each or 'search' in each"
        " or 'skipped' in each], sys.modules\n"
    )
    run = [sys.executable, "-c", code]
    environment = os.environ | {"PYTHONPATH": os.getcwd()}
    done = subprocess.run(run, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert "AssertionError" not in done.stderr
    assert "copy-whole-context" in done.stdout or "root-user" in done.stdout
