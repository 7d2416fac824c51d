"""The frameworks that come with the program are whole, and rules and controls know each other."""

from __future__ import annotations

import pytest

from scanner import knowledge
from scanner.engine.compile import rule_files
from scanner.engine.frameworkfile import judging, load

FRAMEWORKS = load([knowledge.folder()])
RULES = [file.rule for file in rule_files(knowledge.folder())]
CONTROLS = [
    pytest.param(framework, control, id=f"{framework.id}-{control.id}")
    for framework in FRAMEWORKS.values()
    for control in framework.controls.values()
]


def test_all_that_are_promised_are_there():
    assert set(FRAMEWORKS) == {
        "cis-docker-1.6", "cwe", "eu-ai-act", "iso-42001", "mitre-atlas", "nist-800-190", "nist-800-218a",
        "nist-ai-rmf", "owasp-llm-2025", "owasp-ml-2023", "slsa",
    }  # fmt: skip


@pytest.mark.parametrize("framework", FRAMEWORKS.values(), ids=FRAMEWORKS)
def test_a_framework_says_what_it_is_and_where(framework):
    assert framework.title
    assert framework.url.startswith("https://")


@pytest.mark.parametrize(("framework", "control"), CONTROLS)
def test_a_control_says_what_can_and_cannot_be_shown(framework, control):
    assert control.title
    assert control.shows.endswith(".")
    assert control.cannot.endswith(".") or control.assessable == "yes"
    assert (control.shows == "Nothing.") == (control.assessable == "no")
    assert len(control.title) <= 110


@pytest.mark.parametrize(("framework", "control"), [each for each in CONTROLS if each.values[0].id != "cwe"])
def test_a_control_that_can_be_assessed_has_rules(framework, control):
    """CWE is left out: its list holds titles for reports, also of weaknesses that no rule names yet."""
    assert control.assessable == "no" or judging(framework.id, control, RULES)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_a_built_in_rule_names_controls_that_are_described(rule):
    """Reports quote the title of each, also of each CWE, which the loader takes by its form."""
    unknown = {
        (name, control)
        for name, ids in rule.controls.items()
        for control in ids
        if control not in FRAMEWORKS[name].controls
    }
    assert unknown == set()


def test_the_lists_are_complete_where_they_should_be():
    numbers = {name: len(framework.controls) for name, framework in FRAMEWORKS.items()}
    assert numbers["cis-docker-1.6"] == 12
    assert numbers["iso-42001"] == 38
    assert numbers["owasp-llm-2025"] == numbers["owasp-ml-2023"] == 10
    assert numbers["nist-800-190"] == 23
    assert not any(control.verified for control in FRAMEWORKS["iso-42001"].controls.values())
