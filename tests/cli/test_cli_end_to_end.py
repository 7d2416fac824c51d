"""The program whole: what it prints about a real file is about that file."""

from __future__ import annotations

import json
import os
import re

import jsonschema
import pytest

from scanner import scan
from scanner.cli import main
from scanner.scan import WARM

NASTY = """\
FROM python:3.7 AS base
ENV NAME="日本\t語" \\
    # a comment inside
    OTHER=x
RUN pip install "tensorflow"\tkeras \\
      torch>=2   # not a comment
RUN <<EOF
pip install 日本 transformers
EOF
USER root
CMD jupyter notebook --ip=0.0.0.0 --NotebookApp.token='' --allow-root
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (tmp_path / "Dockerfile").write_text(NASTY, encoding="utf-8")
    return tmp_path


@pytest.fixture
def outcome(folder, capsys):
    """All three reports of one run."""
    code = main(
        [
            "scan",
            "--profile",
            "strict",
            "-f",
            "text",
            "-o",
            "-",
            "-f",
            "json",
            "-o",
            "o.json",
            "-f",
            "sarif",
            "-o",
            "o.sarif",
        ]
    )
    assert code == 1
    out, err = capsys.readouterr()
    assert err == ""
    return out, json.loads((folder / "o.json").read_text()), json.loads((folder / "o.sarif").read_text())


def words(span: dict) -> str:
    lines = NASTY.split("\n")[span["first_line"] - 1 : span["last_line"]]
    lines[-1] = lines[-1][: span["last_column"]]
    lines[0] = lines[0][span["first_column"] - 1 :]
    return "\n".join(lines)


def test_every_place_is_where_its_words_stand(outcome):
    _, report, _ = outcome
    findings = report["targets"][0]["findings"]
    assert len(findings) > 5
    for finding in findings:
        there = words(finding["span"])
        assert there.strip(), finding
        if finding["span"]["first_line"] == finding["span"]["last_line"] and finding["quote"]:
            assert finding["quote"] == there, finding


def test_sarif_points_at_the_same_places(outcome):
    _, report, log = outcome
    spans = {(f["rule"], *f["span"].values()) for f in report["targets"][0]["findings"]}
    regions = set()
    for result in log["runs"][0]["results"]:
        physical = result["locations"][0]["physicalLocation"]
        region = physical["region"]
        place = region["startLine"], region["startColumn"], region["endLine"], region["endColumn"] - 1
        regions.add((result["ruleId"], *place))
        assert region["snippet"]["text"] == words(
            dict(zip(("first_line", "first_column", "last_line", "last_column"), place, strict=True))
        )
        assert physical["artifactLocation"] == {"uri": "Dockerfile", "uriBaseId": "%SRCROOT%"}
    assert regions == spans


def test_text_underlines_the_same_words(outcome):
    out, report, _ = outcome
    for finding in report["targets"][0]["findings"]:
        head = f"Dockerfile:{finding['span']['first_line']}:{finding['span']['first_column']} {finding['severity']} "
        assert f"{head}{finding['rule']}  {finding['message']}\n" in out
    assert re.search(r'5 \| RUN pip install "tensorflow"    keras \\\n', out)
    row = next(line for line in out.split("\n") if line.endswith("unpinned-ai-library"))
    assert row == "    |                 ^^^^^^^^^^^^    ^^^^^ unpinned-ai-library"


def test_the_report_is_the_same_with_several_processes(folder, capsys):
    for name in "bcdefg":
        (folder / name).mkdir()
        (folder / name / "Dockerfile").write_text(NASTY, encoding="utf-8")
    texts = []
    for jobs in ("1", "2"):
        main(["scan", "-f", "json", "-j", jobs])
        texts.append(capsys.readouterr().out)
    assert texts[0] == texts[1]
    assert len(json.loads(texts[0])["targets"]) == 7 > WARM + 1


def test_a_process_that_is_killed_is_told(folder, capsys, monkeypatch):
    for name in "bcdefg":
        (folder / name).mkdir()
        (folder / name / "Dockerfile").write_text(NASTY, encoding="utf-8")
    open_target = scan.open_target

    def die(path, options):
        return os._exit(1) if path.startswith("e") else open_target(path, options)

    monkeypatch.setattr(scan, "open_target", die)
    assert main(["scan", "-j", "2"]) == 3
    error = capsys.readouterr().err
    assert "a process was killed that scanned one of" in error
    assert "e/Dockerfile" in error
    assert "-j 1" in error


def test_an_earlier_report_is_a_baseline(folder, capsys):
    assert main(["scan", "-f", "json", "-o", "base.json"]) == 1
    assert main(["scan", "--baseline", "base.json"]) == 0
    (folder / "Dockerfile").write_text("# one more line\n" + NASTY + "RUN pip install vllm\n", encoding="utf-8")
    assert main(["scan", "--baseline", "base.json", "-q", "--select", "unpinned-ai-library"]) == 1
    assert re.findall(r"^Dockerfile:\d+:\d+ .*$", capsys.readouterr().out, re.MULTILINE)[-1].split()[3] == "vllm"


def test_facts_name_what_is_there(folder, capsys):
    assert main(["facts", "Dockerfile"]) == 0
    facts = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert {"base-image", "requirement", "runtime-user", "service"} <= {fact["kind"] for fact in facts}
    jsonschema.validate(facts, {"type": "array", "items": {"required": ["target", "kind", "ships", "evidence"]}})
