"""Our matching and pip-audit's, through a server that answers by OSV's own pseudo-code, know the same advisories.

HULLCHECK_TEST_ADVISORIES names OSV's ``all.zip`` of PyPI, or one laid out like it.
"""

from __future__ import annotations

import json
import os
import re
import zipfile

import pytest
from packaging.version import InvalidVersion, Version

from scanner.advisories import pip_audit
from scanner.advisories.database import Database
from scanner.advisories.example import made
from scanner.advisories.match import vulnerabilities
from scanner.model.facts import InstalledPackage, KnownVulnerability
from scanner.model.location import Evidence, Location
from tests.advisories.osv_server import serving

pytestmark = pytest.mark.integration

PACKAGES = 500
EXPLAINED = {
    "apache-airflow": "ranges end at 2.10.0-NA and the like: we read it as 2.10.0, the server as no version",
    "guardrails-ai": "PYSEC-2026-206 says all releases in its range, one in its text: advisory-corrections.tsv has that one",
    "neutron": "a range ends at 7.2.0-12.1: pip-audit fails at it, so that the package is skipped",
}
"""Packages of which the two say different things, and why."""


@pytest.fixture(scope="module")
def records():
    path = os.environ.get("HULLCHECK_TEST_ADVISORIES", "")
    if not os.path.isfile(path):
        pytest.skip("HULLCHECK_TEST_ADVISORIES names no zip archive of OSV records")
    with zipfile.ZipFile(path) as archive:
        return [json.loads(archive.read(name)) for name in sorted(archive.namelist()) if name.endswith(".json")]


def releases(records):
    """The releases of each package that some record lists."""
    found = {}
    for record in records:
        for each in record.get("affected", ()):
            if each.get("package", {}).get("ecosystem") == "PyPI":
                name = re.sub(r"[-_.]+", "-", each["package"]["name"]).lower()
                found.setdefault(name, set()).update(filter(_is_version, each.get("versions", ())))
    return {name: sorted(versions, key=Version) for name, versions in sorted(found.items()) if versions}


def _is_version(text):
    try:
        return str(Version(text)) == text
    except InvalidVersion:
        return False


def sampled(records):
    """A release of each of so many packages, spread over the alphabet: first, last, or in the middle, in turn."""
    found = list(releases(records).items())
    step = max(1, len(found) // PACKAGES)
    chosen = found[::step][:PACKAGES]
    return {name: versions[(0, -1, len(versions) // 2)[at % 3]] for at, (name, versions) in enumerate(chosen)}


def package(name, version):
    return InstalledPackage(
        evidence=(Evidence(Location(name)),),
        ecosystem="pypi",
        name=name,
        version=version,
        purl=f"pkg:pypi/{name}@{version}",
        owned_by="",
        location=name,
    )


def apart(ours, theirs):
    """The advisories that only one of the two knows; each is a set of ids, and one in common makes them the same."""
    return [ids for ids in ours if not any(ids & other for other in theirs)], [
        ids for ids in theirs if not any(ids & other for other in ours)
    ]


def test_both_know_the_same_advisories_of_real_releases(records, monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    pins = sampled(records)
    with serving(records) as (url, asked):
        monkeypatch.setenv("PIP_AUDIT_OSV_URL", url)
        answers = pip_audit.ask(pins.items(), "osv")
    assert {(body["package"]["name"], body["version"]) for body, _ in asked} == set(answers) == set(pins.items())
    ours = {name: [] for name in pins}
    with made([json.dumps(record).encode() for record in records]) as path:
        database = Database(path)
        for fact in vulnerabilities([package(*each) for each in pins.items()], database):
            if isinstance(fact, KnownVulnerability) and fact.affects:
                ours[fact.name].append({fact.advisory, *fact.aliases})
        database.close()
    differ = {}
    for (name, version), answer in answers.items():
        theirs = [set(each.ids) for each in answer.vulnerabilities]
        only = apart(ours[name], theirs)
        if any(only):
            differ[name] = (version, *only)
    known = sum(map(len, ours.values()))
    assert known > PACKAGES, "the sample has enough to compare"
    assert {name: only for name, only in differ.items() if name not in EXPLAINED} == {}
