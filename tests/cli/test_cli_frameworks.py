"""Frameworks are read for reports."""

from __future__ import annotations

from scanner import knowledge
from scanner.cli.frameworks import frameworks


def test_those_that_come_with_the_program_are_whole():
    found = frameworks([knowledge.folder()])
    assert found["cwe"].controls["CWE-250"] == "More privileges than needed"
    for framework in found.values():
        assert framework.title
        assert framework.url.startswith("https://")
        assert framework.controls


def test_a_folder_of_rules_may_bring_its_own_or_none(tmp_path):
    assert frameworks([str(tmp_path)]) == {}
    (tmp_path / "frameworks").mkdir()
    (tmp_path / "frameworks" / "ours.yaml").write_text("title: Ours\ncontrols: [A1]\n")
    assert frameworks([str(tmp_path)])["ours"].title == "Ours"
