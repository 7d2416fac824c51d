"""The JSON report holds to its published schema."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from scanner.model.finding import Problem, Report
from scanner.model.location import Location
from scanner.reporters import Options, plain, render

SCHEMA = json.loads((Path(__file__).parents[2] / "docs/report.schema.json").read_text(encoding="utf-8"))


@pytest.fixture
def document(reports, plain):
    return json.loads(render("json", reports, plain))


def test_the_schema_is_a_schema():
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


def test_the_report_fits_its_schema(document):
    jsonschema.Draft202012Validator(SCHEMA).validate(document)


def test_an_empty_report_fits_the_schema(plain):
    jsonschema.Draft202012Validator(SCHEMA).validate(json.loads(render("json", [], plain)))


def test_the_schema_knows_every_field_and_no_other(document):
    document["targets"][0]["findings"][0]["surprise"] = 1
    with pytest.raises(jsonschema.ValidationError, match="surprise"):
        jsonschema.Draft202012Validator(SCHEMA).validate(document)


def test_the_whole_output_is_as_kept(reports, plain, golden):
    golden("report.json", json.dumps(json.loads(render("json", reports, plain)), indent=2) + "\n")


def test_the_summary_counts_what_is_there(document):
    findings = [finding for target in document["targets"] for finding in target["findings"]]
    active = [finding for finding in findings if finding["suppressed"] is None]
    assert document["summary"]["findings"] == len(active) == 7
    assert document["summary"]["critical"] == 1
    assert document["summary"]["suppressed"] == len(findings) - len(active) == 2


def test_a_finding_carries_its_fact(document):
    finding = next(f for f in document["targets"][0]["findings"] if f["message"].startswith("tensorflow"))
    assert finding["fact"]["kind"] == "requirement"
    assert finding["fact"]["name"] == "tensorflow"
    assert finding["fact"]["commit_pinned"] is None
    assert finding["span"] == {"first_line": 2, "first_column": 17, "last_line": 2, "last_column": 26}
    assert finding["related"][0]["note"] == "what starts it"


def test_bytes_that_are_not_text_become_replacement_characters():
    report = Report(target="\udcff", problems=(Problem(at=Location("a\udcff\x1b"), reason="r\ud800"),), lines={})
    text = render("json", [report], Options())
    assert text.isascii()
    assert json.loads(text)["targets"][0]["problems"][0]["path"] == "a\ufffd\x1b"
    json.loads(text)["targets"][0]["problems"][0]["reason"].encode("utf-8")


def test_facts_are_a_line_of_json_each(reports):
    lines = plain.facts(reports).splitlines()
    assert len(lines) == sum(len(report.facts) for report in reports)
    first = json.loads(lines[0])
    assert first["kind"] == "base-image"
    assert first["evidence"][0]["quote"] == "python:3.7"
