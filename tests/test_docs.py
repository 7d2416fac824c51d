"""What is generated from the source is up to date, and says what the loader says."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest

from scanner import knowledge
from scanner.engine.compile import paths
from scanner.engine.document import Document
from scanner.engine.example import plain
from scanner.engine.grammar import fields
from scanner.errors import RuleError
from scanner.model.facts import KINDS

ROOT = Path(__file__).parent.parent
SCHEMA = json.loads((ROOT / "rules" / "schema.json").read_text())
CHECK = jsonschema.Draft202012Validator(SCHEMA)


def test_generated_files_are_up_to_date():
    script = str(ROOT / "docs" / "generate.py")
    done = subprocess.run([sys.executable, script, "--check"], capture_output=True, text=True, check=False)
    assert (done.stdout + done.stderr, done.returncode) == ("", 0)


def test_every_kind_of_fact_and_every_field_is_described():
    text = (ROOT / "docs" / "facts.md").read_text()
    for kind in KINDS:
        section = text.split(f"\n## {kind}\n", 1)[1].split("\n## ", 1)[0]
        assert [name for name in fields(kind) if name != "ships" and f"| `{name}` |" not in section] == []


def test_the_schema_is_one():
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("path", list(paths(knowledge.folder())), ids=lambda path: Path(path).stem)
def test_the_schema_accepts_every_rule(path):
    rule = plain(Document(path, RuleError).read())
    assert [error.message for error in CHECK.iter_errors(rule)] == []


@pytest.mark.parametrize("change", [
    {"severty": "high"}, {"severity": "hihg"}, {"subject": "runtime-usr"}, {"id": "Root_User"}, {"when": {}},
    {"when": {"is_rooot": True}}, {"when": {"is_root": "yes"}}, {"when": {"name": 0}}, {"when": {"name": {"is": "x"}}},
    {"when": {"name": {"at_least": 1}}}, {"when": {"any": []}}, {"when": {"not": {"is_rooot": True}}},
    {"when": {"any": [{"name": {"match": "x"}}]}}, {"same-as": {"hadolint": ["DL302"]}}, {"same-as": {"x": ["y"]}},
    {"references": ["http://example.com"]}, {"bad": []}, {"good": [{"name": "x"}]}, {"repair": {"safe": True}},
])  # fmt: skip
def test_the_schema_refuses_what_the_loader_refuses(change):
    rule = plain(Document(str(ROOT / "rules" / "user" / "root-user.yaml"), RuleError).read())
    assert CHECK.is_valid(rule)
    assert not CHECK.is_valid(rule | change)
