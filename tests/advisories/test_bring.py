"""What somebody carries to a machine without a network is taken in."""

from __future__ import annotations

import io
import json
import sys

import pytest

from scanner.advisories.bring import bring, export
from scanner.advisories.database import Database
from scanner.errors import TargetError
from tests.advisories.made import archive, below, compiled, record
from tests.advisories.test_update import EPSS, KEV

ONE = record("A-1", below("x", "1"))


@pytest.fixture
def take(tmp_path):
    def take(source):
        told = []
        problems = bring(str(source), str(tmp_path / "data" / "a.db"), told.append)
        return told, problems

    take.database = lambda: Database(str(tmp_path / "data" / "a.db"))
    return take


def names(database, ecosystem="PyPI"):
    return [database.details(entry.record).name for entry in database.entries([ecosystem], ["x"])]


@pytest.mark.parametrize("name", ["all.zip", "PyPI.zip", "PyPI/all.zip"])
def test_an_archive_is_called_after_its_ecosystem(tmp_path, take, name):
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(archive(ONE))
    assert take(path) == (["PyPI"], [])
    assert names(take.database()) == ["A-1"]


def test_a_folder_may_hold_archives_and_records_and_the_files_beside_them(tmp_path, take):
    mirror = tmp_path / "mirror"
    (mirror / "npm").mkdir(parents=True)
    (mirror / "npm" / "all.zip").write_bytes(archive(record("N-1", below("x", "1", "npm"))))
    (mirror / "records").mkdir()
    (mirror / "records" / "A-1.json").write_text(json.dumps(ONE))
    (mirror / "known_exploited_vulnerabilities.json").write_bytes(KEV)
    (mirror / "epss_scores-current.csv.gz").write_bytes(EPSS)
    told, problems = take(mirror)
    assert (sorted(told), problems) == (["EPSS", "KEV", "PyPI", "npm"], [])
    database = take.database()
    assert (names(database), names(database, "npm"), database.exploited(["CVE-2024-0001"])) == (["A-1"], ["N-1"], True)


def test_standard_input_may_be_any_of_them(monkeypatch, take):
    for data in (archive(ONE), KEV):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
        take("-")
    assert [feed.name for feed in take.database().feeds()] == ["KEV", "PyPI"]


def test_an_exported_database_is_taken_in_beside_what_is_there(tmp_path, take):
    compiled(tmp_path / "other.db", record("O-1", below("x", "1", "npm"))).close()
    export(str(tmp_path / "other.db"), str(tmp_path / "carried.db"))
    (tmp_path / "all.zip").write_bytes(archive(ONE))
    take(tmp_path / "all.zip")
    take(tmp_path / "carried.db")
    assert (names(take.database()), names(take.database(), "npm")) == (["A-1"], ["O-1"])


@pytest.mark.parametrize("data", [b"", b"nonsense", b"{}", b"PK\3\4nonsense", b"SQLite format 3\0nonsense"])
def test_what_is_none_of_it_is_refused(tmp_path, take, data):
    (tmp_path / "file").write_bytes(data)
    with pytest.raises(TargetError, match=r"is no advisory database|is damaged"):
        take(tmp_path / "file")


def test_a_folder_without_advisories_is_told(tmp_path, take):
    (tmp_path / "empty").mkdir()
    with pytest.raises(TargetError, match="holds no advisories"):
        take(tmp_path / "empty")
    with pytest.raises(TargetError, match="is not there"):
        take(tmp_path / "nowhere")
