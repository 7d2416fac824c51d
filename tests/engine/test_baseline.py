"""A baseline is any earlier JSON report."""

from __future__ import annotations

import json

import pytest

from scanner.engine import baseline
from scanner.engine.judge import judge
from scanner.errors import UsageError
from scanner.model.facts import Label
from scanner.model.finding import Report
from scanner.model.location import Evidence, Location, Span
from scanner.model.rule import Rule, Severity
from scanner.reporters import json as json_report
from scanner.reporters.interface import Options

ONE, TWO = "0" * 32, "f" * 32 + ":2"


def test_a_report_of_ours_is_a_baseline(tmp_path):
    rule = Rule(
        id="quiet", title="t", severity=Severity.LOW, confidence="high", profile="default", subject="label",
        when=("test", "key", "is", "x"), message="!", why="w", fix="f", same_as={}, controls={}, path="",
    )  # fmt: skip
    facts = [Label(evidence=(Evidence(Location("Dockerfile", Span(n, 1, n, 1))),), key="x", value="") for n in (1, 2)]
    findings, _ = judge((rule,), facts)
    report = Report(target="Dockerfile", findings=findings, lines={})
    path = tmp_path / "report.json"
    path.write_text(json_report.render([report], Options()))

    assert baseline.read(str(path)) == {finding.fingerprint for finding in findings}
    assert len(baseline.read(str(path))) == 2


def test_the_fingerprints_of_all_targets_count(tmp_path):
    path = tmp_path / "report.json"
    targets = [{"findings": [{"fingerprint": ONE}]}, {"findings": []}, {"findings": [{"fingerprint": TWO}]}]
    path.write_text(json.dumps({"version": "1", "targets": targets}))
    assert baseline.read(str(path)) == {ONE, TWO}


@pytest.mark.parametrize(("text", "reason"), [
    ("", "is no JSON report of hullcheck"),
    ("[]", "is no JSON report of hullcheck"),
    ("{}", "is no JSON report of hullcheck"),
    ('{"targets": 1}', "is no JSON report of hullcheck"),
    ('{"targets": [{"findings": [1]}]}', "is no JSON report of hullcheck"),
    ("[" * 100_000, "is no JSON report of hullcheck"),
    ('{"targets": [{"findings": [{"fingerprint": "x"}]}]}', "holds a fingerprint that hullcheck did not make"),
    ('{"targets": [{"findings": [{"fingerprint": 1}]}]}', "holds a fingerprint that hullcheck did not make"),
])  # fmt: skip
def test_anything_else_is_an_error(tmp_path, text, reason):
    path = tmp_path / "b.json"
    path.write_text(text)
    with pytest.raises(UsageError) as caught:
        baseline.read(str(path))
    assert str(caught.value) == f"{path}: the baseline {reason}"
    assert caught.value.hint == "make one with: hullcheck scan -f json -o baseline.json"


def test_a_baseline_that_is_not_there_is_an_error(tmp_path):
    with pytest.raises(UsageError, match="the baseline cannot be read: No such file or directory"):
        baseline.read(str(tmp_path / "none.json"))
