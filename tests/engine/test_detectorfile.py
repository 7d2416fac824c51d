"""A mistake in a file of detectors is told with its line and a way out."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
import yaml

from scanner import knowledge
from scanner.engine.detectorfile import detector_files, literal, read
from scanner.errors import RuleError

GOOD = """provider: acme
title: Acme
revoke: https://acme.example
names: [acme]
detectors:
  - id: acme-token
    title: a token
    pattern: 'acme_[a-z0-9]{20}'
    examples: ['{}']
"""


def written(folder, text, name="acme.yaml"):
    path = folder / name
    path.write_text(text)
    return str(path)


def test_a_good_file(tmp_path):
    file = read(written(tmp_path, GOOD))
    (detector,) = file.detectors
    assert (detector.id, detector.provider, detector.keywords, detector.entropy) == (
        "acme-token",
        "acme",
        ("acme_",),
        3.0,
    )


@pytest.mark.parametrize(
    ("old", "new", "line", "reason"),
    [
        ("title: Acme", "titel: Acme", 2, "has no key 'titel'"),
        ("provider: acme", "provider: other", 1, "should be the file's name"),
        ("https://acme.example", "acme.example", 3, "https://"),
        ("names: [acme]", "names: [A cme]", 4, "lower case"),
        ("id: acme-token", "id: Acme", 6, "lower case with hyphens"),
        ("acme_[a-z0-9]{20}", "acme_[a-z0-9{20}", 8, "no regular expression"),
        ("acme_[a-z0-9]{20}", "acme_[a-z0-9]+", 8, "without an upper bound"),
        ("acme_[a-z0-9]{20}", "acme_(?:a[bc]*){20}", 8, "without an upper bound"),
        ("acme_[a-z0-9]{20}", "acme_([a-z0-9]{20})", 8, "groups other than 'v'"),
        ("acme_[a-z0-9]{20}", "[a-z0-9]{20}", 8, "begins with no literal"),
        ("examples: ['{}']", "examples: ['{}']\n    check: crc23", 10, "crc32"),
        ("examples: ['{}']", "examples: ['{}']\n    kind: secret", 10, "one of token"),
        ("examples: ['{}']", "examples: ['{}']\n    entropy: high", 10, "bits a character"),
        ("examples: ['{}']", "examples: ['{}']\n    inside: 0", 10, "from 1 to 128"),
        ("examples: ['{}']", "examples: ['{}']\n    keywords: [a]", 10, "too short"),
        ("examples: ['{}']", "examples: []", 9, "something in it"),
        ("    examples: ['{}']\n", "", 6, "needs 'examples'"),
    ],
)
def test_a_mistake_has_a_line_and_a_reason(tmp_path, old, new, line, reason):
    path = written(tmp_path, GOOD.replace(old, new))
    with pytest.raises(RuleError) as raised:
        read(path)
    assert f"acme.yaml:{line}" in str(raised.value)
    assert reason in f"{raised.value} {raised.value.hint}"


def test_two_detectors_of_one_name(tmp_path):
    folder = tmp_path / "secrets" / "detectors"
    folder.mkdir(parents=True)
    written(folder, GOOD)
    written(folder, GOOD.replace("acme\n", "bcme\n").replace("[acme]", "[bcme]"), "bcme.yaml")
    with pytest.raises(RuleError, match="acme-token is in"):
        detector_files(str(tmp_path))


def test_detectors_of_ones_own_are_told_not_to_be_read_and_a_mistake_in_them_is_found(tmp_path):
    from scanner.cli.test import run
    from scanner.engine.load import load

    folder = tmp_path / "secrets" / "detectors"
    folder.mkdir(parents=True)
    written(folder, GOOD.replace("title: Acme", "titel: Acme"))
    with pytest.raises(RuleError, match="detectors of one's own are not read"):
        load(str(tmp_path))
    with pytest.raises(RuleError, match="has no key 'titel'"):
        run([str(tmp_path)])


def test_the_schema_takes_every_file():
    folder = Path(knowledge.folder()) / "secrets" / "detectors"
    check = jsonschema.Draft202012Validator(json.loads((folder / "schema.json").read_text()))
    for path in folder.glob("*.yaml"):
        assert list(check.iter_errors(yaml.safe_load(path.read_text()))) == [], path
    assert not check.is_valid(yaml.safe_load(GOOD.replace("title: Acme", "titel: Acme")))


@pytest.mark.parametrize(
    ("pattern", "wanted"), [("abc[de]", "abc"), (r"a\.b{2}", "a."), ("(?:ab|cd)", ""), (r"\Aab", ""), ("ab?", "a")]
)
def test_the_literal_that_begins_a_match(pattern, wanted):
    assert literal(pattern) == wanted
