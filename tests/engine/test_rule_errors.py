"""A typo in a rule is an error that says where it is and what was probably meant."""

from __future__ import annotations

import pytest

BAD = """\
bad:
  - name: root by name
    dockerfile: |
      FROM python:3.12
      # expect
      USER root
"""

CASES = {
    "an unknown key": (
        ("severity: high", "severty: high"),
        "root-user.yaml:3: a rule has no key 'severty'",
        "did you mean severity?",
    ),
    "a missing key": (("why: Root owns everything.\n", ""), "root-user.yaml:1: a rule needs 'why'", ""),
    "a key given twice": (
        ("fix: Switch", "why: again\nfix: Switch"),
        "root-user.yaml:11: 'why' is given twice",
        "",
    ),
    "a severity that is no field's": (
        ("severity: high", "severity: {from: name, unknown: high}"),
        "root-user.yaml:3: name is not one of info, low, medium, high, critical",
        "",
    ),
    "a severity without a word for the unknown": (
        ("severity: high", "severity: {from: name}"),
        "root-user.yaml:3: 'severity' needs 'unknown'",
        "",
    ),
    "an id of an advisory of a fact that has no others": (
        ("when:", "each: '{created_unused}'\nwhen:"),
        "root-user.yaml:7: runtime-user has no field 'aliases'",
        "it has ships, name, declared, is_root, numeric, created_unused, nameless, groups_dropped",
    ),
    "an id that is no text": (
        ("when:", "each: '{is_root}'\nwhen:"),
        "root-user.yaml:7: 'each' needs a field that is a text and always known: 'is_root' is not",
        "",
    ),
    "an unknown severity": (
        ("severity: high", "severity: hihg"),
        "root-user.yaml:3: 'severity' should be one of info, low, medium, high, critical; found 'hihg'",
        "did you mean high?",
    ),
    "an unknown confidence": (
        ("confidence: high", "confidence: sure"),
        "root-user.yaml:4: 'confidence' should be one of low, medium, high; found 'sure'",
        "",
    ),
    "an unknown profile": (
        ("profile: default", "profile: defualt"),
        "root-user.yaml:5: 'profile' should be one of default, strict; found 'defualt'",
        "did you mean default?",
    ),
    "an unknown kind of fact": (
        ("subject: runtime-user", "subject: runtime-usr"),
        "root-user.yaml:6: there is no kind of fact called 'runtime-usr'",
        "did you mean runtime-user?",
    ),
    "an unknown field": (
        ("is_root: true", "is_rooot: true"),
        "root-user.yaml:8: runtime-user has no field 'is_rooot'",
        "did you mean is_root?",
    ),
    "many rules in one, without a field": (
        ("when:", "each: root-user\nwhen:"),
        "root-user.yaml:7: 'each' should be an id that ends with a field, found 'root-user'",
        "write it as in shellcheck-SC{code}",
    ),
    "many rules in one, by a field that is no number": (
        ("when:", "each: root-{name}\nwhen:"),
        "root-user.yaml:7: 'each' needs a field that is a number and always known: 'name' is not",
        "",
    ),
    "a field deep in a condition": (
        ("  is_root: true", "  any:\n    - is_root: true\n    - not:\n        numerc: true"),
        "root-user.yaml:11: runtime-user has no field 'numerc'",
        "did you mean numeric?",
    ),
    "the evidence is no field": (
        ("is_root: true", "evidence: x"),
        "root-user.yaml:8: runtime-user has no field 'evidence'",
        "it has ships, name, declared, is_root, numeric, created_unused, nameless, groups_dropped",
    ),
    "a word where true or false belongs": (
        ("is_root: true", "is_root: yes"),
        "root-user.yaml:8: is_root is true or false, so it can never be 'yes'",
        "",
    ),
    "a number where text belongs": (
        ("is_root: true", "name: 0"),
        "root-user.yaml:8: name is text, so it can never be 0",
        'write it in quotes: "0"',
    ),
    "nothing to compare with": (
        ("is_root: true", "is_root:"),
        "root-user.yaml:8: is_root cannot be compared with nothing",
        'for the empty text write ""; what is not known cannot be asked for',
    ),
    "an empty condition": (
        ("when:\n  is_root: true", "when: {}"),
        "root-user.yaml:7: 'when' should be a mapping of fields, found an empty mapping",
        "",
    ),
    "an empty list of values": (
        ("is_root: true", "name: []"),
        "root-user.yaml:8: name should be a list with something in it, found an empty list",
        "",
    ),
    "an unknown operator": (
        ("is_root: true", "name: {match: x}"),
        "root-user.yaml:8: name: there is no operator 'match'",
        "did you mean matches?",
    ),
    "the operator that a value alone already is": (
        ("is_root: true", "name: {is: x}"),
        "root-user.yaml:8: name: there is no operator 'is'",
        "there are in_list, matches, at_least, at_most, empty, has_any; a value alone means 'is'",
    ),
    "an operator for another type": (
        ("is_root: true", "name: {at_least: 1}"),
        "root-user.yaml:8: name: 'at_least' is not for this field",
        "for name there is in_list, matches, empty",
    ),
    "an operator for a truth value": (
        ("is_root: true", "is_root: {empty: true}"),
        "root-user.yaml:8: is_root: 'empty' is not for this field",
        "write is_root: true or is_root: false",
    ),
    "an unknown list": (
        ("is_root: true", "name: {in_list: admin}"),
        "root-user.yaml:8: there is no list called 'admin'",
        "did you mean admins?",
    ),
    "no regular expression": (
        ("is_root: true", "name: {matches: '('}"),
        "root-user.yaml:8: not a regular expression: missing ), unterminated subpattern at position 0",
        "",
    ),
    "a regular expression that explodes": (
        ("is_root: true", "name: {matches: '(a+)+$'}"),
        "root-user.yaml:8: this regular expression can take too long: a quantifier inside a quantifier",
        "",
    ),
    "a placeholder for no field": (
        ("{name}", "{nam}"),
        "root-user.yaml:9: runtime-user has no field 'nam'",
        "did you mean name?",
    ),
    "a brace that is no placeholder": (
        ("{name}", "{0.__class__}"),
        "root-user.yaml:9: 'message' has a brace that is no {field}",
        "write {{ or }} for a brace",
    ),
    "an id that is not the file's name": (
        ("id: root-user", "id: root-users"),
        "root-user.yaml:1: 'id' is 'root-users', but the file is called 'root-user'",
        "call the file root-users.yaml",
    ),
    "an id that does not read well": (
        ("id: root-user", "id: Root_User"),
        "root-user.yaml:1: 'id' should be lower-case words joined by -, found 'Root_User'",
        "",
    ),
    "text that is none": (
        ("title: The container runs as root", "title: 4.10"),
        "root-user.yaml:2: 'title' should be text, found 4.10",
        'write it in quotes: "4.10"',
    ),
    "no bad example": (
        (BAD, "bad: []\n"),
        "root-user.yaml:12: 'bad' should be a list with something in it, found an empty list",
        "",
    ),
    "a tool nobody knows": (
        ("good:", "same-as: {hadolin: [DL3002]}\ngood:"),
        "root-user.yaml:18: 'same-as' has no key 'hadolin'",
        "did you mean hadolint?",
    ),
    "an id that the tool cannot have": (
        ("good:", "same-as: {hadolint: [DL302]}\ngood:"),
        "root-user.yaml:18: 'DL302' does not look like an id of hadolint",
        "",
    ),
    "a framework nobody knows": (
        ("good:", "controls: {cis-docker-1.7: [4.1]}\ngood:"),
        "root-user.yaml:18: there is no framework called 'cis-docker-1.7'",
        "did you mean cis-docker-1.6?",
    ),
    "a control that the framework does not have": (
        ("good:", "controls:\n  cis-docker-1.6: [4.1, 4.11]\ngood:"),
        "root-user.yaml:19: cis-docker-1.6 has no control '4.11'",
        "did you mean 4.1?",
    ),
    "a CWE that is none": (
        ("good:", "controls: {cwe: [250]}\ngood:"),
        "root-user.yaml:18: cwe has no control '250'",
        "",
    ),
    "a reference that is no address": (
        ("good:", "references:\n  - https://example.com/a\n  - http://example.com/b\ngood:"),
        "root-user.yaml:20: a reference is an https:// address, found 'http://example.com/b'",
        "",
    ),
    "an example of nothing": (
        ("    dockerfile: |\n      FROM python:3.12\n      USER app\n", ""),
        "root-user.yaml:19: an example has a 'dockerfile' or an 'image'",
        "",
    ),
    "an example key": (
        ("    dockerfile: |\n      FROM python:3.12\n      USER app\n", "    dockerfil: x\n"),
        "root-user.yaml:20: each of 'good' has no key 'dockerfil'",
        "did you mean dockerfile?",
    ),
    "a good example that expects something": (
        ("      USER app", "      USER app # expect"),
        "root-user.yaml:19: a good example expects nothing: take '# expect' out",
        "",
    ),
    "a mark above nothing": (
        ("      # expect\n      USER root\n", "      USER root\n      # expect\n"),
        "root-user.yaml:14: Dockerfile ends with '# expect' and no line after it",
        "",
    ),
    "a mark for words that are not there": (
        ("      # expect\n", "      # expect toor\n"),
        "root-user.yaml:14: Dockerfile expects 'toor', which line 3 does not hold",
        "",
    ),
    "an anchor": (
        ("why: Root owns everything.", "why: &x Root"),
        "root-user.yaml:10: anchors and aliases (&, *) are not read here",
        "",
    ),
    "a tag": (
        ("why: Root owns everything.", "why: !!python/name:os.system x"),
        "root-user.yaml:10: tags (tag:yaml.org,2002:python/name:os.system) are not read here",
        "",
    ),
    "no YAML": (
        ("why: Root owns everything.", "why: [Root"),
        "root-user.yaml:11: not YAML: did not find expected ',' or ']'",
        "",
    ),
}


@pytest.mark.parametrize(("change", "reason", "hint"), [pytest.param(*case, id=name) for name, case in CASES.items()])
def test_a_typo_in_a_rule_says_where_it_is(complaint, change, reason, hint):
    assert complaint(
        change,
        lists={"admins": frozenset({"root"})},
        frameworks={"cis-docker-1.6": frozenset({"4.1"}), "cwe": frozenset()},
    ) == (reason, hint)
