"""Facts and rules make findings, in order, twins numbered."""

from __future__ import annotations

import pytest

from scanner.engine.judge import fill, judge, placeholders
from scanner.model.facts import Command, Label, RuntimeUser
from scanner.model.location import Evidence, Location, Span
from scanner.model.rule import Rule, Severity


def rule(name, when, severity=Severity.MEDIUM, subject="label", message="{key} is {value}."):
    return Rule(
        id=name, title=name, severity=severity, confidence="high", profile="default", subject=subject, when=when,
        message=message, why="w", fix="f", same_as={}, controls={}, path=f"{name}.yaml",
    )  # fmt: skip


def label(key, value="1", line=1, column=1, path="Dockerfile"):
    return Label(evidence=(Evidence(Location(path, Span(line, column, line, column))),), key=key, value=value)


ANY = ("test", "key", "empty", False)


def test_findings_stand_by_place_then_the_worst_first_then_by_name():
    rules = (rule("b", ANY), rule("a", ANY), rule("worst", ANY, Severity.CRITICAL))
    facts = [label("x", line=9), label("y", line=2, column=5), label("z", line=2, column=4), label("w", path="A")]

    findings, _ = judge(rules, facts)

    assert [(f.at.path, *f.at.span[:2], f.rule.id) for f in findings] == [
        ("A", 1, 1, "worst"), ("A", 1, 1, "a"), ("A", 1, 1, "b"),
        ("Dockerfile", 2, 4, "worst"), ("Dockerfile", 2, 4, "a"), ("Dockerfile", 2, 4, "b"),
        ("Dockerfile", 2, 5, "worst"), ("Dockerfile", 2, 5, "a"), ("Dockerfile", 2, 5, "b"),
        ("Dockerfile", 9, 1, "worst"), ("Dockerfile", 9, 1, "a"), ("Dockerfile", 9, 1, "b"),
    ]  # fmt: skip


def test_twins_are_numbered_in_file_order_and_have_different_fingerprints():
    findings, _ = judge((rule("a", ANY),), [label("x", line=5), label("x", line=3), label("y", line=4)])

    assert [(f.at.span.first_line, f.number) for f in findings] == [(3, 1), (4, 1), (5, 2)]
    assert findings[2].fingerprint == f"{findings[0].fingerprint}:2"


def test_a_rule_judges_its_own_kind_of_fact_only():
    user = RuntimeUser(
        evidence=label("x").evidence, name="", declared=False, is_root=True, numeric=False, created_unused=""
    )
    roots = rule("root", ("test", "is_root", "is", True), subject="runtime-user", message="!")

    findings, undecided = judge((roots, rule("a", ANY)), [user])

    assert [f.rule.id for f in findings] == ["root"]
    assert undecided == ()


def test_what_is_not_known_is_undecided_and_says_which_fields():
    when = ("all", (ANY, ("test", "value", "is", "1")))
    findings, undecided = judge((rule("a", when),), [label("x", value=None), label("y", value="2")])

    assert findings == ()
    assert [(u.rule.id, u.fact.key, u.fields) for u in undecided] == [("a", "x", ("value",))]


def test_other_rules_make_other_findings():
    facts = [label("x")]
    assert [f.rule.id for f in judge((rule("a", ANY),), facts)[0]] == ["a"]
    assert [f.rule.id for f in judge((rule("b", ANY),), facts)[0]] == ["b"]


@pytest.mark.parametrize(("template", "text"), [
    ("{key} is {value}.", "x is unknown."),
    ("{{key}} is ${{VALUE}}", "{key} is ${VALUE}"),
    ("{ships}", "yes"),
])  # fmt: skip
def test_a_message_is_filled_from_the_fact(template, text):
    assert fill(template, label("x", value=None)) == text


def test_several_texts_are_shown_as_a_list():
    command = Command(
        evidence=label("x").evidence, program="pip", words="{stage}", arguments=("a", "b"), wrappers=(), moment="build",
        stage="0", pipeline_without_pipefail=False, world_writable=False, changes_directory=False,
        installs_at_start=False,
    )  # fmt: skip
    assert fill("{arguments}: {words}", command) == "a, b: {stage}"


@pytest.mark.parametrize("template", ["{", "}", "{a b}", "{0.x}", "{}", "{a!r}"])
def test_a_brace_that_names_no_field_is_an_error(template):
    with pytest.raises(ValueError, match="brace"):
        placeholders(template)
