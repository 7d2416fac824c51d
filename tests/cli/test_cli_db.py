"""The advisory database on the command line."""

from __future__ import annotations

import json
import time

import pytest

from scanner.cli import main
from tests.advisories.made import archive, below, record

TORCH = record(
    "PYSEC-1",
    below("torch", "2.6.0"),
    aliases=["CVE-1-1"],
    summary="It runs code",
    database_specific={"severity": "HIGH"},
)
DOCKERFILE = "FROM python:3.12.12-slim\nRUN pip install torch==2.5.1\nUSER 1000\n"


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    """Runs a command in a folder with a Dockerfile and an archive of advisories; code, output and errors."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (tmp_path / "all.zip").write_bytes(archive(TORCH))
    (tmp_path / "Dockerfile").write_text(DOCKERFILE)

    def run(*arguments):
        code = main(arguments)
        return (code, *capsys.readouterr())

    return run


def select(*more):
    return ("scan", "Dockerfile", "--select", "vulnerable-pin", "-q", *more)


def test_what_is_brought_in_is_used_by_the_next_scan(run, tmp_path):
    assert run(*select())[:2] == (0, "")
    assert run("db", "import", "all.zip") == (0, "", "PyPI\n")
    assert run(*select())[:2] == (
        1,
        "Dockerfile:2:17 high vulnerable-pin  torch==2.5.1 can only be a release with known vulnerabilities: "
        "CVE-1-1 (upgrade to 2.6.0).\n",
    )
    assert run(*select("--no-vulnerabilities"))[0] == 0
    assert run(*select("--fail-on", "critical"))[0] == 0


def test_another_database_is_named_by_a_flag_or_the_environment(run, tmp_path, monkeypatch):
    assert run("db", "import", "all.zip", "--db", "own.db")[0] == 0
    assert run(*select())[0] == 0
    assert run(*select("--db", "own.db"))[0] == 1
    monkeypatch.setenv("HULLCHECK_DB", str(tmp_path / "own.db"))
    assert run(*select())[0] == 1
    code, _, err = run(*select("--db", "nowhere.db"))
    assert (code, err.splitlines()) == (
        2,
        ["error: --db: nowhere.db is not there", "hint: 'hullcheck db update --db nowhere.db' makes it"],
    )


def test_info_says_what_is_in_it_and_how_old(run, tmp_path, monkeypatch):
    code, _, err = run("db", "info")
    assert code == 3
    assert "hullcheck db update" in err
    run("db", "import", "all.zip")
    _, out, _ = run("db", "info")
    assert out.splitlines()[0].startswith(f"{tmp_path}/data/hullcheck/advisories.db, ")
    assert out.splitlines()[1].split() == ["PyPI", "1", time.strftime("%Y-%m-%d"), "imported"]
    from scanner.advisories import consult

    later = time.time() + 9 * consult.DAY
    monkeypatch.setattr(consult.time, "time", lambda: later)
    assert run("db", "info")[1].endswith("The oldest is 9 days old: 'hullcheck db update' fetches what is new.\n")
    assert json.loads(run("db", "info", "--json")[1])["feeds"][0]["name"] == "PyPI"


def test_an_export_is_an_import_elsewhere(run):
    run("db", "import", "all.zip")
    assert run("db", "export", "out.db") == (0, "", "")
    assert run("db", "import", "out.db", "--db", "there.db")[0] == 0
    assert run(*select("--db", "there.db"))[0] == 1


def test_records_that_cannot_be_read_are_told_and_the_rest_is_there(run, tmp_path):
    (tmp_path / "records").mkdir()
    (tmp_path / "records" / "a.json").write_text(json.dumps(TORCH))
    (tmp_path / "records" / "b.json").write_text("{")
    code, _, err = run("db", "import", "records")
    assert code == 3
    assert "not taken in: records/b.json: " in err
    assert run(*select())[0] == 1


def test_a_mirror_and_ecosystems_are_configuration(run, tmp_path):
    (tmp_path / ".hullcheck.yaml").write_text("db-url: http://127.0.0.1:9\ndb-ecosystems: [PyPl]\n")
    code, _, err = run("db", "update")
    assert (code, err.splitlines()[0]) == (2, "error: there is no ecosystem called 'PyPl'")
    code, _, err = run("db", "update", "--ecosystem", "PyPI", "--url", "ftp://x")
    assert (code, err.splitlines()[0]) == (2, "error: 'ftp://x/PyPI/all.zip' is no address to fetch from")


def test_corrections_of_the_configuration_count(run, tmp_path):
    run("db", "import", "all.zip")
    correction = "{advisory: CVE-1-1, package: torch, versions: '<2.0', reason: tested}"
    (tmp_path / ".hullcheck.yaml").write_text(f"corrections: [{correction}]\n")
    assert run(*select())[0] == 0
    (tmp_path / ".hullcheck.yaml").write_text(f"corrections:\n  - {correction.replace('<2.0', '~2')}\n")
    code, _, err = run(*select())
    assert code == 2
    assert err.startswith("error: .hullcheck.yaml:2: 'versions': '~2' is not like")


def test_the_group_lists_its_commands(run):
    _, out, _ = run("db", "--help")
    assert [line.split()[0] for line in out.partition("Commands:\n")[2].splitlines()] == [
        "update",
        "import",
        "export",
        "info",
    ]
