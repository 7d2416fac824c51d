"""The advisories of PyPI, as they are: every version that is listed is found, and known ones are as they should be."""

from __future__ import annotations

import json
import random

import pytest

from scanner.advisories import archive
from scanner.advisories.compile import UNNAMED, building
from scanner.advisories.database import Database
from scanner.advisories.ranges import Affects, affects
from scanner.advisories.versions import reader
from scanner.parsers.advisories import osv
from scanner.parsers.manifests.specifier import normalize
from tests.advisories.made import REAL, found, package
from tests.advisories.test_ranges import evaluated

pytestmark = pytest.mark.skipif(not REAL.exists(), reason="HULLCHECK_TEST_ADVISORIES names no all.zip of PyPI")
READ = reader("pypi")
SHARE = 6
"""One in so many records is looked at; which ones differs from the records' order."""


@pytest.fixture(scope="module")
def records():
    every = [osv.read(data) for _, data in archive.records(str(REAL))]
    return random.Random(1).sample(every, len(every) // SHARE)


@pytest.fixture(scope="module")
def database(tmp_path_factory):
    wanted = {
        "torch",
        "keras",
        "transformers",
        "onnx",
        "scrapy",
        "django",
        "joblib",
        "ray",
        "guardrails-ai",
        "llama-cpp-python",
    }
    path = str(tmp_path_factory.mktemp("db") / "a.db")
    with building(path) as compiler:
        some = (
            (name, data)
            for name, data in archive.records(str(REAL))
            if any(normalize(each["package"]["name"]) in wanted for each in json.loads(data)["affected"])
        )
        assert compiler.feed(UNNAMED, some) == "PyPI"
        assert compiler.problems == []
    return Database(path)


def test_every_listed_version_is_affected(records):
    for said in records:
        for part in said.affected:
            found = Affects.of_text(affects(part, READ).text())
            assert [version for version in part.versions if not found.holds(version, READ)] == [], said.id


def test_versions_are_affected_as_the_specification_evaluates(records):
    source = random.Random(2)
    for said in records:
        for part in said.affected:
            if any(READ(text) is None for events in part.ranges for kind, text in events if text != "0"):
                continue
            versions = [text for events in part.ranges for _, text in events if READ(text) is not None]
            some = [*versions, *source.sample(part.versions, min(3, len(part.versions)))]
            found = affects(part, READ)
            for version in (text for text in some if READ(text) is not None):
                assert bool(found.holds(version, READ)) == evaluated(version, part), (said.id, version)


@pytest.mark.parametrize(
    ("name", "version", "ids"),
    [
        ("torch", "2.5.1", {"CVE-2025-32434", "CVE-2026-24747", "CVE-2026-4538"}),
        ("torch", "2.10.0+cu128", {"CVE-2026-4538"}),
        ("keras", "3.7.0", {"CVE-2025-1550", "CVE-2025-9905", "CVE-2025-12058", "CVE-2026-1669", "CVE-2026-1462"}),
        ("keras", "3.13.0", {"CVE-2026-1669", "CVE-2026-1462"}),
        ("transformers", "4.47.1", {"CVE-2024-11392", "CVE-2024-11393", "CVE-2024-11394", "CVE-2026-1839"}),
        ("onnx", "1.12.0", {"CVE-2022-25882", "CVE-2024-27318", "CVE-2025-51480"}),
        ("llama-cpp-python", "0.2.71", {"CVE-2024-34359"}),
        ("ray", "2.8.0", {"CVE-2023-48022", "CVE-2023-6019"}),
        ("scrapy", "2.11.1", {"CVE-2024-1968"}),
    ],
)
def test_ids_that_matter_for_loading_models(database, name, version, ids):
    assert {fact.advisory for fact in found(database, package(name, version)) if fact.affects} >= ids


@pytest.mark.parametrize(
    ("name", "version", "ids"),
    [
        ("torch", "2.6.0", {"CVE-2025-32434", "CVE-2022-45907"}),
        ("keras", "3.12.1", {"CVE-2026-1669"}),
        ("llama-cpp-python", "0.2.72", {"CVE-2024-34359"}),
        ("joblib", "1.4.0", {"CVE-2024-34997"}),
        ("guardrails-ai", "0.9.0", {"PYSEC-2026-206"}),
        ("transformers", "5.3.0", {"CVE-2024-11392", "CVE-2026-4372"}),
    ],
)
def test_ids_that_do_not_apply(database, name, version, ids):
    assert {fact.advisory for fact in found(database, package(name, version)) if fact.affects} & ids == set()


def test_what_has_no_versions_is_undecided(database):
    unsure = {fact.advisory for fact in found(database, package("keras", "3.7.0")) if fact.affects is None}
    assert unsure == {"CVE-2025-8747", "CVE-2025-9906"}
