"""Honest model files, made by the libraries that people use, are known for what they are and raise no alarm."""

import hashlib
from pathlib import Path

import pytest

from tests.benchmarks.honest.__main__ import alarms

FOLDER = Path(__file__).parent.parent / "fixtures" / "honest-models"


def test_they_are_as_they_were_made():
    listed = dict(reversed(line.split("  ")) for line in (FOLDER / "SHA256SUMS").read_text().splitlines())
    there = {f"./{path.relative_to(FOLDER)}": path for path in FOLDER.rglob("*") if path.is_file()}
    del there["./SHA256SUMS"]
    assert {name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in there.items()} == listed


@pytest.mark.parametrize("name", sorted(path.name for path in FOLDER.iterdir() if path.name != "SHA256SUMS"))
def test_nothing_above_low_is_found(name):
    found = alarms(FOLDER / name)
    assert found.models > 0, "it is not known as a model"
    assert found.problems == ()
    assert found.findings == ()
