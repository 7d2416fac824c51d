"""Every rule of the other tools is either one of ours or left out for a reason, and no id is made up.

The complete lists are in peers/, one file a tool; the reasons are in docs/decisions/006-peer-rules.md.
"""

import re
from pathlib import Path

import pytest

from scanner import knowledge
from scanner.engine import compile

HERE = Path(__file__).parent
DECISION = HERE.parent / "docs" / "decisions" / "006-peer-rules.md"
LISTS = {
    path.stem: [line for line in path.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]
    for path in (HERE / "peers").glob("*.txt")
}
SHELLCHECK = re.compile(r"SC(\d{4}|\{code\})")
"""hadolint passes ShellCheck's findings on; their ids are in no list."""


@pytest.fixture(scope="module")
def mapped():
    """(tool, id) to the rules whose ``same-as`` names it."""
    found = {}
    for file in compile.rule_files(knowledge.folder()):
        for tool, ids in file.rule.same_as.items():
            for each in ids:
                if tool != "hadolint" or not SHELLCHECK.fullmatch(each):
                    found.setdefault((tool, each), []).append(file.rule.id)
    return found


@pytest.fixture(scope="module")
def left_out():
    """(tool, id) to the reason that the decision's table gives; a row is ``| tool | `id`, `id` | reason |``."""
    found = {}
    for line in DECISION.read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if len(cells) == 3 and cells[0].lower() in LISTS:
            for each in re.findall(r"`([^`]+)`", cells[1]):
                key = cells[0].lower(), each
                assert key not in found, f"{key} has two reasons"
                found[key] = cells[2]
    return found


@pytest.mark.parametrize("tool", sorted(LISTS))
def test_every_id_of_a_tool_is_a_rule_of_ours_or_left_out_for_a_reason(tool, mapped, left_out):
    assert [each for each in LISTS[tool] if (tool, each) not in mapped and (tool, each) not in left_out] == []


@pytest.mark.parametrize("tool", sorted(LISTS))
def test_no_id_is_both_a_rule_of_ours_and_left_out(tool, mapped, left_out):
    assert [each for each in LISTS[tool] if (tool, each) in mapped and (tool, each) in left_out] == []


def test_no_rule_names_an_id_that_its_tool_does_not_have(mapped):
    assert {key: rules for key, rules in mapped.items() if key[1] not in LISTS.get(key[0], ())} == {}


def test_no_reason_is_given_for_an_id_that_its_tool_does_not_have(left_out):
    assert [key for key in left_out if key[1] not in LISTS[key[0]]] == []


def test_every_reason_says_something(left_out):
    assert [key for key, reason in left_out.items() if len(reason.split()) < 4] == []


@pytest.mark.parametrize("tool", sorted(LISTS))
def test_a_list_has_each_id_once_and_says_where_it_is_from(tool):
    text = (HERE / "peers" / f"{tool}.txt").read_text(encoding="utf-8")
    assert re.match(r"# .+ Read in \w+ \d{4}\.\n", text)
    assert len(set(LISTS[tool])) == len(LISTS[tool]) > 0
