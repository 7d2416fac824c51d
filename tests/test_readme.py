"""The README shows what the program really prints, and names files that are there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from scanner.cli import main

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_first_example_is_what_the_first_command_prints(capsys, monkeypatch):
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr("scanner.knowledge.aged", lambda _today: "")
    assert main(["scan", "fixtures/tensorflow-tutorial"]) == 1
    shown = re.search(r"```text\n(.*?)\n```", README, re.DOTALL)
    assert shown is not None
    assert shown[1] == capsys.readouterr().out.rstrip("\n")


def test_the_mended_twin_has_no_finding_not_even_in_strict(capsys, monkeypatch):
    monkeypatch.chdir(ROOT)
    assert main(["scan", "--profile", "strict", "fixtures/tensorflow-tutorial-mended"]) == 0


def test_there_are_just_two_commands_to_start_with():
    assert [len(re.findall(rf"^```sh {name}\n[^\n]+\n```$", README, re.MULTILINE)) for name in ("first", "second")] == [
        1,
        1,
    ]


@pytest.mark.parametrize(
    "page",
    ["README.md", "CONTRIBUTING.md", "SECURITY.md", "docs/architecture.md", "docs/configuration.md", "docs/noise.md"],
)
def test_links_to_files_lead_somewhere(page):
    text = (ROOT / page).read_text(encoding="utf-8")
    links = [link for link in re.findall(r"\]\(([^)#]+)\)", text) if "://" not in link]
    assert all((ROOT / page).parent.joinpath(link).exists() for link in links), links


def test_every_setting_is_documented():
    from scanner.config.reader import KEYS

    text = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
    assert all(f"| `{key}` |" in text for key in KEYS)
