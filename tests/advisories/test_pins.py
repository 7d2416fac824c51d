"""A pin or ceiling is told when nothing that it lets in is free of known vulnerabilities."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from scanner.advisories.pins import _newest
from scanner.advisories.ranges import Affects
from scanner.advisories.versions import reader
from tests.advisories.made import V3, affected, asked, below, compiled, found, package, record

READ = reader("pypi")


@pytest.fixture(scope="module")
def database(tmp_path_factory):
    return compiled(
        tmp_path_factory.mktemp("db") / "a.db",
        record("PYSEC-1", below("torch", "2.6.0"), aliases=["CVE-1-1"], severity=[{"type": "CVSS_V3", "score": V3}]),
        record("PYSEC-2", affected("torch", ("introduced", "2.0"), ("fixed", "2.8.0")), aliases=["CVE-1-2"]),
        record(
            "PYSEC-3", affected("gap", ("introduced", "1.0"), ("fixed", "1.5"), ("introduced", "2.0"), ("fixed", "2.5"))
        ),
        record("GHSA-1", below("left-pad", "1.3.0", "npm")),
    )


@pytest.mark.parametrize(
    ("name", "specifier", "version", "told", "upgrade"),
    [
        ("torch", "==2.5.1", "2.5.1", "CVE-1-1 and 1 more", "2.8.0"),
        ("torch", "==2.7.0", "2.7.0", "CVE-1-2", "2.8.0"),
        ("torch", "<2.6", "", "CVE-1-1 and 1 more", "2.8.0"),
        ("torch", ">=2.1,<2.8", "", "CVE-1-2", "2.8.0"),
        ("torch", "<=2.7.1", "", "CVE-1-2", "2.8.0"),
        ("torch", "~=2.5.0", "", "CVE-1-1 and 1 more", "2.8.0"),
        ("torch", "==2.5.*", "", "CVE-1-1 and 1 more", "2.8.0"),
        ("gap", ">=2.1,<2.4", "", "PYSEC-3", "2.5"),
    ],
)
def test_what_can_only_be_vulnerable_is_told(database, *, name, specifier, version, told, upgrade):
    (fact,) = found(database, asked(name, specifier, version))
    assert (fact.kind, fact.told, fact.upgrade, fact.exact) == ("vulnerable-pin", told, upgrade, bool(version))


@pytest.mark.parametrize(
    ("name", "specifier", "version"),
    [
        ("torch", "==2.8.0", "2.8.0"),
        ("torch", ">=2.5", ""),
        ("torch", "<2.9", ""),
        ("torch", "<=2.8.0", ""),
        ("torch", "~=2.5", ""),
        ("torch", "", ""),
        ("torch", "==2.5.1,==2.6", ""),
        ("torch", "!=2.5.*,<2.6", ""),
        ("torch", "<nonsense", ""),
        ("gap", ">=1.0,<2.5", ""),
        ("unknown", "==1", "1"),
    ],
)
def test_what_lets_a_good_release_in_or_is_not_known_is_not(database, name, specifier, version):
    assert found(database, asked(name, specifier, version)) == []


def test_an_exact_version_of_another_language_is_told(database):
    assert [fact.told for fact in found(database, asked("left-pad", "1.2.0", "1.2.0", "npm"))] == ["GHSA-1"]


def test_what_is_not_from_an_index_is_not_judged_by_its_number(database):
    assert found(database, asked("torch", "@ git+https://x/y", "2.5.1", origin="vcs")) == []


def test_what_is_installed_tells_more_than_what_was_asked_for(database):
    facts = found(database, asked("torch", "==2.5.1", "2.5.1"), package("torch", "2.5.1"))
    assert {fact.kind for fact in facts} == {"known-vulnerability"}


POINTS = [f"{major}.{minor}" for major in range(3) for minor in range(4)]
INTERVALS = st.tuples(st.sampled_from(["", *POINTS]), st.sampled_from([*POINTS, None]), st.booleans())


@settings(deadline=None, derandomize=True, max_examples=300)
@given(
    st.lists(INTERVALS, max_size=4),
    st.lists(st.tuples(st.sampled_from([">=", "<", "<=", "~="]), st.sampled_from(POINTS)), min_size=1, max_size=3),
)
def test_a_range_that_is_told_lets_in_nothing_that_is_not_affected(intervals, clauses):
    """Held against all versions of a fine grid, and those between its points."""
    every = [Affects(((start, end, closed),)) for start, end, closed in intervals]
    specifier = ",".join(operator + version for operator, version in clauses)
    version = _newest(specifier, every, READ)
    allowed = SpecifierSet(specifier, prereleases=True)
    grid = [f"{point}{end}" for point in POINTS for end in ("", ".1", ".99")]
    if version:
        for each in grid:
            if Version(each) in allowed:
                assert any(affects.holds(each, READ) for affects in every), (each, specifier)
