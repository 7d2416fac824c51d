"""The policy of docs/noise.md holds for the rules, and its aim for the fixtures."""

from __future__ import annotations

import statistics
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from scanner.engine.load import load
from scanner.engine.select import choose
from scanner.scan import Options, scan

FIXTURES = Path(__file__).parents[1] / "fixtures"
RULES = load()


@cache
def reports(profile):
    rules = choose(RULES, profile=profile)
    return scan([str(FIXTURES)], Options(rules=rules, catalogue=RULES, build_args={}))


def test_a_rule_that_is_often_wrong_or_of_little_weight_is_strict():
    light = [rule.id for rule in RULES if rule.confidence == "low" or str(rule.severity) == "info"]
    assert [rule.id for rule in RULES if rule.id in light and rule.profile == "default"] == []


def test_a_critical_or_high_rule_that_is_sure_is_in_the_default_profile():
    sure = [rule for rule in RULES if rule.severity >= 3 and rule.confidence == "high"]
    assert [rule.id for rule in sure if rule.profile != "default"] == []


@pytest.mark.parametrize("profile", ["default", "strict"])
def test_no_rule_says_the_same_of_a_place_twice(profile):
    said = Counter((f.rule.id, f.at, f.message) for report in reports(profile) for f in report.findings)
    assert {place: number for place, number in said.items() if number > 1} == {}


def test_most_files_have_few_findings_in_the_default_profile():
    numbers = [sum(not finding.suppressed for finding in report.findings) for report in reports("default")]
    assert statistics.median(numbers) <= 7
    assert sum(number < 10 for number in numbers) >= 0.7 * len(numbers)
