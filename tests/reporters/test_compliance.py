"""Assessments in text and JSON: each control with its status, its reason and where that is seen."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema

from scanner.reporters import render

SCHEMA = json.loads((Path(__file__).parents[2] / "docs/report.schema.json").read_text(encoding="utf-8"))


def shown(reports, options):
    text = render("text", reports, options)
    return text[text.index("ours-1.0  ") :].splitlines()[:8]


def test_the_text_has_a_line_a_control_and_a_sum(reports, plain, assessments):
    assert shown(reports, plain.replace(assessments=assessments)) == [
        "ours-1.0  Our \\x1b[31mhouse",
        "  4.1 failed  Pinned: Wrong. At app/Dockerfile:2:17 unpinned-ai-library, "
        "app/Dockerfile:2:28 unpinned-ai-library, "
        "app/Dockerfile usr/lib/app/requirements.txt:1:1 (layer 3) unpinned-ai-library",
        "  AML.T1 passed in part  Based: Nothing found. At app/Dockerfile, app/Dockerfile:1:6, app/Dockerfile:2:17, "
        "3 more (-v shows them)",
        "  Art.15(5) (unverified) not applicable  Gone: No x.",
        "  5 not assessable by a scanner  Ignored. At app/Dockerfile:5:5 secret-in-env, "
        "app/Dockerfile:6:1 unpinned-ai-library",
        "4 controls of ours-1.0: 1 failed, 1 passed (1 in part), 1 not applicable, 1 not assessable by a scanner.",
        "Unverified: id and title could not be held against the published text.",
        "",
    ]


def test_verbose_shows_every_place(reports, plain, assessments):
    lines = shown(reports, plain.replace(assessments=assessments, verbose=True))
    assert lines[2].count("app/Dockerfile") == 6
    assert "more" not in lines[2]


def test_quiet_leaves_it_out(reports, plain, assessments):
    assert "ours" not in render("text", reports, plain.replace(assessments=assessments, quiet=True))


def test_json_fits_its_schema_and_holds_the_evidence(reports, plain, assessments):
    document = json.loads(render("json", reports, plain.replace(assessments=assessments)))
    jsonschema.Draft202012Validator(SCHEMA).validate(document)
    (framework,) = document["frameworks"]
    failed, passed, _, ignored = framework["controls"]
    assert framework["summary"] == dict.fromkeys(framework["summary"], 1)
    assert [item["span"]["first_line"] for item in failed["findings"]] == [2, 2, 1]
    assert (passed["facts"], len(passed["judged"]), passed["cannot"]) == (6, 6, "Trust.")
    assert [item["suppressed"] for item in ignored["findings"]] == [True, True]


def test_json_says_nothing_of_frameworks_when_none_was_asked_for(reports, plain):
    assert "frameworks" not in json.loads(render("json", reports, plain))
