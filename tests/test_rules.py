"""Every rule fires on its bad examples, at the marked places, and stays silent on its good ones."""

from __future__ import annotations

import pytest

from scanner import knowledge
from scanner.engine import example
from scanner.engine.compile import rule_files
from scanner.engine.load import load

RULE_FILES = rule_files(knowledge.folder())
CASES = [
    pytest.param(file.rule, case, id=f"{file.rule.id}-{case.verdict}-{case.name.replace(' ', '_')}")
    for file in RULE_FILES
    for case in file.examples
]


@pytest.fixture(scope="module")
def scan():
    """The whole pipeline with every rule, strict ones included."""
    from scanner.scan import Options, scan_text

    options = Options(rules=load(), build_args={})
    return lambda text, files: scan_text(text, options, context=files)


@pytest.mark.parametrize(("rule", "case"), CASES)
def test_a_rule_does_what_its_examples_say(rule, case, scan):
    assert not example.run(rule, case, scan), case.at
