"""The fixtures are scanned whole, and the two that the README shows say what it promises."""

import os

import pytest

from scanner import knowledge
from scanner.engine.compile import paths, reader
from scanner.scan import Options, scan

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
FIXTURES = os.path.join(ROOT, "fixtures")
FOLDERS = sorted(entry.name for entry in os.scandir(FIXTURES) if entry.is_dir())
UNREAD = {"windows-onnx": "PowerShell"}
"""What is not read in a fixture, and said so."""


@pytest.fixture(scope="module")
def rules():
    read = reader(knowledge.folder())
    return tuple(read(path).rule for path in paths(knowledge.folder()))


def reports(folder, rules, profile="strict"):
    chosen = tuple(rule for rule in rules if profile in {"strict", rule.profile})
    return scan([os.path.join(FIXTURES, folder)], Options(rules=chosen, build_args={}, keep_facts=True))


def places(report):
    return {(f.rule.id, f.at.span.first_line, f.at.span.first_column) for f in report.findings if not f.suppressed}


def test_the_tutorial_has_at_least_what_the_readme_shows(rules):
    (report,) = reports("tensorflow-tutorial", rules, "default")
    assert places(report) >= {
        ("end-of-life-python", 1, 6),
        ("base-version-floating", 1, 6),
        ("root-user", 1, 1),
        ("unpinned-ai-library", 2, 17),
        ("unpinned-ai-library", 2, 28),
        ("copy-whole-context", 3, 6),
    }


def test_the_strict_profile_adds_the_cache_the_digest_and_the_health_check(rules):
    (default,) = reports("tensorflow-tutorial", rules, "default")
    (strict,) = reports("tensorflow-tutorial", rules)
    added = {rule for rule, _, _ in places(strict) - places(default)}
    assert added >= {"pip-cache-left", "missing-healthcheck", "base-not-pinned-by-digest"}


@pytest.mark.parametrize(
    "folder", ["tensorflow-tutorial-mended", "conda-micromamba-lock", "model-only", "vertex-prediction"]
)
def test_a_fixture_done_well_has_no_finding_in_any_profile(folder, rules):
    (report,) = reports(folder, rules)
    assert places(report) == set()
    assert report.problems == ()


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_fixture_is_looked_at_everywhere_and_says_where_not(folder, rules):
    (report,) = reports(folder, rules)
    assert all(UNREAD.get(folder, "\0") in problem.reason for problem in report.problems), report.problems
    assert bool(report.problems) == (folder in UNREAD)
    assert report.facts


def test_every_fixture_has_its_line_in_the_readme():
    with open(os.path.join(FIXTURES, "README.md"), encoding="utf-8") as file:
        listed = [line.split("`")[1] for line in file if line.startswith("| `")]
    assert sorted(listed) == FOLDERS
