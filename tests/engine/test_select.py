"""A run uses the rules of its profile, less and more as it is told."""

from __future__ import annotations

import pytest

from scanner.engine.select import choose
from scanner.errors import UsageError
from scanner.model.rule import Rule, Severity


def rule(name, profile="default", **same_as):
    return Rule(
        id=name, title=name, severity=Severity.HIGH, confidence="high", profile=profile, subject="label",
        when=("test", "key", "is", "x"), message="!", why="w", fix="f", same_as=same_as, controls={}, path="",
    )  # fmt: skip


RULES = (
    rule("root-user", hadolint=("DL3002",)),
    rule("apt-unpinned", hadolint=("DL3008",)),
    rule("apt-lists", "strict"),
)


@pytest.mark.parametrize(("options", "ids"), [
    ({}, ["root-user", "apt-unpinned"]),
    ({"profile": "strict"}, ["root-user", "apt-unpinned", "apt-lists"]),
    ({"select": ["apt-*"]}, ["apt-unpinned", "apt-lists"]),
    ({"select": ["DL3002", "apt-lists"]}, ["root-user", "apt-lists"]),
    ({"ignore": ["root-user"]}, ["apt-unpinned"]),
    ({"select": ["*"], "ignore": ["DL3008"]}, ["root-user", "apt-lists"]),
])  # fmt: skip
def test_rules_are_chosen(options, ids):
    assert [each.id for each in choose(RULES, **options)] == ids


@pytest.mark.parametrize(("options", "reason", "hint"), [
    ({"select": ["rot-user"]}, "--select: there is no rule called 'rot-user'", "did you mean root-user?"),
    ({"ignore": ["yum-*"]}, "--ignore: there is no rule called 'yum-*'", "'hullcheck rules' lists them all"),
])  # fmt: skip
def test_a_name_for_no_rule_is_an_error(options, reason, hint):
    with pytest.raises(UsageError) as caught:
        choose(RULES, **options)
    assert (str(caught.value), caught.value.hint) == (reason, hint)
