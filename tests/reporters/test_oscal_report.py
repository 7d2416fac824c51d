"""OSCAL is valid, says no more than was shown, and its UUIDs come from content."""

from __future__ import annotations

import json
import re
from pathlib import Path
from uuid import UUID

import jsonschema
import pytest

from scanner.reporters import render

SCHEMA = (Path(__file__).parent / "oscal_assessment-results_schema.json").read_text(encoding="utf-8")
"""NIST's own for OSCAL 1.2.3 (in the public domain); that line takes what 1.1 takes, and 1.2.0's cannot be fulfilled."""


@pytest.fixture(scope="module")
def validator():
    """Its patterns name classes of Unicode in a way that Python's ``re`` does not know."""
    text = SCHEMA.replace(r"(\\p{L}|_)(\\p{L}|\\p{N}|[.\\-_])*", r"[^\\W\\d][\\w.\\-]*")
    assert r"\\p{" not in text
    return jsonschema.Draft7Validator(json.loads(text), format_checker=jsonschema.FormatChecker())


@pytest.fixture
def options(plain, assessments):
    return plain.replace(assessments=assessments, time="2026-01-02T03:04:05Z")


@pytest.fixture
def results(reports, options):
    return json.loads(render("oscal", reports, options))["assessment-results"]


def test_it_fits_the_schema_of_nist(reports, options, validator):
    validator.validate(json.loads(render("oscal", reports, options)))


def test_a_control_without_evidence_fits_too(reports, options, validator):
    (assessment,) = options.assessments
    left = assessment.replace(verdicts=(assessment.verdicts[2],))
    validator.validate(json.loads(render("oscal", reports, options.replace(assessments=(left,)))))


@pytest.mark.parametrize("change", [
    lambda it: it["metadata"].pop("last-modified"), lambda it: it.update(uuid="x"),
    lambda it: it["results"][0]["findings"][0]["target"].update({"target-id": "4.1"}),
    lambda it: it["results"][0]["findings"][0].update({"title": ""}),
])  # fmt: skip
def test_the_validation_is_a_real_one(results, validator, change):
    change(results)
    assert not validator.is_valid({"assessment-results": results})


def test_nothing_but_a_pass_is_satisfied(results):
    status = {each["title"]: each["target"]["status"] for each in results["results"][0]["findings"]}
    assert {title: (each["state"], each["reason"]) for title, each in status.items()} == {
        "4.1: Pinned": ("not-satisfied", "fail"),
        "AML.T1: Based": ("satisfied", "pass"),
        "Art.15(5): Gone": ("not-satisfied", "other"),
        "5": ("not-satisfied", "other"),
    }
    assert status["5"]["remarks"] == "Not assessable by a scanner. Ignored."


def test_every_reference_leads_somewhere(results):
    (result,) = results["results"]
    observed = {each["uuid"] for each in result["observations"]}
    related = {r["observation-uuid"] for f in result["findings"] for r in f.get("related-observations", ())}
    assert related == observed
    items = {each["uuid"] for each in result["local-definitions"]["inventory-items"]}
    assert {subject["subject-uuid"] for each in result["observations"] for subject in each["subjects"]} == items
    objectives = results["local-definitions"]["objectives-and-methods"]
    assert [part["id"] for each in objectives for part in each["parts"][:1]] == [
        finding["target"]["target-id"] for finding in result["findings"]
    ]
    assert results["import-ap"]["href"] == f"#{results['back-matter']['resources'][0]['uuid']}"


def test_an_observation_says_where_and_who_ignored_it(results):
    ignored = [each for each in results["results"][0]["observations"] if "remarks" in each]
    assert [each["remarks"] for each in ignored] == [
        "Ignored by comment: a revoked example", "Ignored by baseline: reported before"
    ]  # fmt: skip
    assert ignored[0]["relevant-evidence"] == [
        {"href": "app/Dockerfile", "description": "secret-in-env at app/Dockerfile:5:5"}
    ]


def test_uuids_come_from_content(reports, options):
    (assessment,) = options.assessments
    twin = assessment.replace(framework=assessment.framework.replace(id="theirs"))
    options = options.replace(assessments=(assessment, twin))
    first = render("oscal", reports, options)
    later = options.replace(time="2027-01-01T00:00:00Z")
    assert render("oscal", reports, later).replace(later.time, options.time) == first
    every = [UUID(found) for found in re.findall(r'"uuid": "([^"]+)"', first)]
    assert {each.version for each in every} == {5}
    assert len(set(every)) == len(every)


def test_another_reason_gives_another_uuid(reports, options, results):
    (assessment,) = options.assessments
    verdicts = (*assessment.verdicts[:3], assessment.verdicts[3].replace(reason="Other."))
    changed = options.replace(assessments=(assessment.replace(verdicts=verdicts),))
    other = json.loads(render("oscal", reports, changed))["assessment-results"]
    assert other["uuid"] != results["uuid"]
    same = [
        a["uuid"] == b["uuid"]
        for a, b in zip(other["results"][0]["findings"], results["results"][0]["findings"], strict=True)
    ]
    assert same == [True, True, True, False]
