"""The frameworks that come with the program are whole, and rules and controls know each other."""

from __future__ import annotations

import pytest

from scanner import knowledge
from scanner.engine.compile import rule_files
from scanner.engine.frameworkfile import judging, load

FRAMEWORKS = load([knowledge.folder()])
RULES = [file.rule for file in rule_files(knowledge.folder())]
EACH = pytest.mark.parametrize("framework", FRAMEWORKS.values(), ids=FRAMEWORKS)


def test_all_that_are_promised_are_there():
    assert set(FRAMEWORKS) == {
        "cis-docker-1.6", "cwe", "eu-ai-act", "iso-42001", "mitre-atlas", "nist-800-190", "nist-800-218a",
        "nist-ai-rmf", "owasp-llm-2025", "owasp-ml-2023", "slsa",
    }  # fmt: skip


@EACH
def test_a_framework_says_what_it_is_and_where(framework):
    assert framework.title
    assert framework.url.startswith("https://")


@EACH
def test_a_control_says_what_can_and_cannot_be_shown(framework):
    for control in framework.controls.values():
        assert control.title, control
        assert control.shows.endswith("."), control
        assert control.cannot.endswith(".") or control.assessable == "yes", control
        assert (control.shows == "Nothing.") == (control.assessable == "no"), control
        assert len(control.title) <= 110, control


@EACH
def test_a_control_that_can_be_assessed_has_rules(framework):
    """Not so in CWE: its list holds titles for reports, also of weaknesses that no rule names yet."""
    able = [control for control in framework.controls.values() if control.assessable != "no"]
    without = [control.id for control in able if not judging(framework.id, control, RULES)]
    assert framework.id == "cwe" or without == []


def test_every_control_that_a_rule_names_is_described():
    """Reports quote the title of each, also of each CWE, which the loader takes by its form."""
    unknown = {
        (rule.id, name, control)
        for rule in RULES
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
