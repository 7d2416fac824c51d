"""The compiled database holds what was taken in, replaces what is there as a whole, and is never half there."""

from __future__ import annotations

import json
import os
import sqlite3
from contextlib import closing

import pytest

from scanner.advisories.compile import UNNAMED, building
from scanner.advisories.database import Database
from scanner.advisories.versions import reader
from scanner.errors import TargetError
from tests.advisories.made import affected, below, compiled, found, package, record


def as_files(*records):
    return [(f"{each['id']}.json", json.dumps(each).encode()) for each in records]


def names(database, ecosystem="PyPI", name="x"):
    return sorted(database.details(entry.record).name for entry in database.entries([ecosystem], [name]))


def test_a_feed_is_called_after_the_ecosystem_that_all_its_records_have(tmp_path):
    """An archive of PyPI has records that are about npm as well; npm's own archive has those too."""
    path = str(tmp_path / "a.db")
    with building(path) as compiler:
        both = record("GHSA-1", below("x", "1"), below("x", "1", "npm"))
        assert compiler.feed(UNNAMED, as_files(both, record("A-1", below("x", "2")))) == "PyPI"
    database = Database(path)
    assert names(database) == ["A-1", "GHSA-1"]
    assert names(database, "npm") == []


def test_a_mixed_feed_is_kept_whole(tmp_path):
    with building(str(tmp_path / "a.db")) as compiler:
        assert (
            compiler.feed(UNNAMED, as_files(record("A-1", below("x", "1")), record("A-2", below("x", "1", "npm"))))
            == "imported"
        )
    assert names(Database(str(tmp_path / "a.db")), "npm") == ["A-2"]


def test_a_new_feed_replaces_the_one_of_its_name_and_leaves_the_others(tmp_path):
    path = str(tmp_path / "a.db")
    with building(path) as compiler:
        compiler.feed("PyPI", as_files(record("OLD-1", below("x", "1"))))
        compiler.feed("npm", as_files(record("NPM-1", below("x", "1", "npm"))))
        compiler.exploited([("CVE-1-1", "2026-01-01")])
    with building(path) as compiler:
        compiler.feed("PyPI", as_files(record("NEW-1", below("x", "2"))))
        compiler.likelihood([("CVE-1-1", 0.5)])
        compiler.carry(path)
    database = Database(path)
    assert (names(database), names(database, "npm")) == (["NEW-1"], ["NPM-1"])
    assert (database.exploited(["CVE-1-1"]), database.likelihood(["CVE-1-1"])) == (True, 0.5)
    assert [(feed.name, feed.records) for feed in database.feeds()] == [
        ("EPSS", 1),
        ("KEV", 1),
        ("PyPI", 1),
        ("npm", 1),
    ]


def test_what_is_no_record_is_told_and_the_rest_is_there(tmp_path):
    path = str(tmp_path / "a.db")
    with building(path) as compiler:
        compiler.feed("PyPI", [("bad.json", b"{"), ("empty.json", b"{}"), *as_files(record("A-1", below("x", "1")))])
        assert [problem.split(":")[0] for problem in compiler.problems] == ["bad.json", "empty.json"]
    assert names(Database(path)) == ["A-1"]


def test_ecosystems_that_nothing_here_belongs_to_are_left_out(tmp_path):
    database = compiled(tmp_path / "a.db", record("A-1", below("x", "1", "Hex"), below("x", "1", "GIT")))
    assert database.ecosystems == {}


def test_versions_are_kept_as_intervals(tmp_path):
    listed = [f"0.{number}" for number in range(200)]
    database = compiled(
        tmp_path / "a.db", record("A-1", affected("x", ("introduced", "0"), ("fixed", "1"), versions=[*listed, "2.0"]))
    )
    (entry,) = database.entries(["PyPI"], ["x"])
    assert json.loads(entry.versions) == [[["", "1", False]], ["2.0"]]


def test_an_open_database_stays_what_it_was_beside_an_update(tmp_path):
    path = tmp_path / "a.db"
    before = compiled(path, record("A-1", below("x", "1")))
    after = compiled(path, record("A-2", below("x", "1")))
    assert (names(before), names(after)) == (["A-1"], ["A-2"])


@pytest.mark.parametrize("where", ["feed", "finish", "replace"])
def test_whatever_breaks_off_the_old_one_stays(tmp_path, monkeypatch, where):
    path = tmp_path / "a.db"
    compiled(path, record("A-1", below("x", "1")))
    old = path.read_bytes()

    def fail(*_):
        raise KeyboardInterrupt

    def build():
        with building(str(path)) as compiler:
            if where == "replace":
                monkeypatch.setattr(os, "replace", fail)
            elif where == "finish":
                monkeypatch.setattr(type(compiler), "finish", fail)
            compiler.feed("PyPI", as_files(record("A-2", below("x", "1"))))
            if where == "feed":
                fail()

    with pytest.raises(KeyboardInterrupt):
        build()
    assert path.read_bytes() == old
    assert sorted(os.listdir(tmp_path)) == ["a.db", "a.db.lock"]


def test_two_do_not_update_at_once(tmp_path):
    path = str(tmp_path / "a.db")
    with building(path), pytest.raises(TargetError, match="another hullcheck is updating"), building(path):
        pass


def test_what_is_no_database_says_what_to_type(tmp_path):
    path = tmp_path / "a.db"
    with pytest.raises(TargetError, match="is no advisory database") as error:
        Database(str(path))
    assert "hullcheck db update" in error.value.hint
    path.write_bytes(b"nonsense" * 100)
    with pytest.raises(TargetError, match="is damaged"):
        Database(str(path))
    sqlite3.connect(tmp_path / "other.db").execute("CREATE TABLE x(y)").connection.close()
    with pytest.raises(TargetError, match="is no advisory database"):
        Database(str(tmp_path / "other.db"))


def test_one_of_another_version_is_made_anew(tmp_path):
    compiled(tmp_path / "a.db", record("A-1", below("x", "1"))).close()
    with closing(sqlite3.connect(tmp_path / "a.db")) as connection:
        connection.execute("PRAGMA user_version = 99")
    with pytest.raises(TargetError, match="another version of hullcheck"):
        Database(str(tmp_path / "a.db"))


def test_a_database_with_more_in_it_than_tables_is_not_taken_over(tmp_path):
    compiled(tmp_path / "a.db", record("A-1", below("x", "1"))).close()
    with closing(sqlite3.connect(tmp_path / "a.db")) as connection:
        connection.execute("CREATE TRIGGER t AFTER INSERT ON feed BEGIN SELECT 1; END")
    with pytest.raises(TargetError, match="its tables are not those"), building(str(tmp_path / "b.db")) as compiler:
        compiler.carry(str(tmp_path / "a.db"))
    assert not (tmp_path / "b.db").exists()


def test_a_database_whose_pages_are_damaged_is_told(tmp_path):
    records = [record(f"A-{number}", below(f"x{number}", "1")) for number in range(2_000)]
    compiled(tmp_path / "a.db", *records).close()
    data = bytearray((tmp_path / "a.db").read_bytes())
    data[8_192:-4_096] = b"\xa5" * (len(data) - 12_288)
    (tmp_path / "a.db").write_bytes(data)
    packages = [package(f"x{number}", "0.1") for number in range(2_000)]
    with pytest.raises(TargetError, match="is damaged"):
        found(Database(str(tmp_path / "a.db")), *packages)


def test_the_scheme_of_versions_is_that_of_the_ecosystem():
    assert reader("deb")("1:2.0~rc1-1") < reader("deb")("1:2.0-1")
