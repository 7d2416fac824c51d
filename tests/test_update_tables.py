"""rules/update.py puts public data into the tables: small hand-written data in, tables out."""

from __future__ import annotations

import importlib.util
import io
import json
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

TABLE = """\
# When it ends.
# source: https://endoflife.date
# source: cuda: NVIDIA
# date: 2020-01-01
# columns: product, cycle, end date
debian	10	2022-01-01
debian	buster	2022-01-01
node	18	2025-04-30
node	99	2025-04-30
cuda	11	2025-08-04
"""
DEBIAN = {
    "schema_version": "1.2.0",
    "result": {
        "name": "debian",
        "releases": [
            {
                "name": "11",
                "codename": "Bullseye",
                "releaseDate": "2021-08-14",
                "isEol": False,
                "eolFrom": "2026-08-31",
            },
            {"name": "10", "codename": "Buster", "releaseDate": "2019-07-06", "isEol": True, "eolFrom": "2024-06-30"},
            {"name": "3.0", "codename": "Woody", "releaseDate": "2002-07-19", "isEol": True, "eolFrom": "2006-06-30"},
        ],
    },
}
NODE = [
    {"cycle": "20", "releaseDate": "2023-04-18", "eol": "2026-04-30", "latest": "20.1.0", "lts": "2023-10-24"},
    {"cycle": "19", "releaseDate": "2022-10-18", "eol": True, "latest": "19.9.0", "lts": False},
    {"cycle": 18, "releaseDate": "2022-04-19", "eol": "2025-04-30", "latest": "18.20.8", "lts": "2022-10-25"},
]


@pytest.fixture(scope="module")
def update():
    """The script as a module."""
    spec = importlib.util.spec_from_file_location("update_tables", ROOT / "rules" / "update.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def folder(update, tmp_path, monkeypatch):
    """Tables to change, and a folder of data."""
    monkeypatch.setattr(update, "TABLES", tmp_path)
    (tmp_path / "end-of-life.tsv").write_text(TABLE)
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "debian.json").write_text(json.dumps(DEBIAN))
    (tmp_path / "data" / "nodejs.json").write_text(json.dumps(NODE))
    return tmp_path


def rows(path):
    return [line for line in path.read_text().splitlines() if not line.startswith("#")]


def test_days_are_put_in_place_and_newer_lines_follow(update, folder, capsys):
    assert update.main(["end-of-life", str(folder / "data")], "2026-11-25") == 0
    assert rows(folder / "end-of-life.tsv") == [
        "debian	10	2024-06-30",
        "debian	buster	2024-06-30",
        "debian	11	2026-08-31",
        "debian	bullseye	2026-08-31",
        "node	18	2025-04-30",
        "node	99	2025-04-30",
        "node	20	2026-04-30",
        "cuda	11	2025-08-04",
    ]
    text = (folder / "end-of-life.tsv").read_text()
    assert text.startswith(TABLE[: TABLE.index("# date")])
    assert "# date: 2026-11-25\n" in text
    said = capsys.readouterr().out
    assert "debian: 10 ends on 2024-06-30, was 2022-01-01" in said
    assert "debian: bullseye is new, ends on 2026-08-31" in said
    assert "node: 99 is not in the data, kept" in said
    assert "cuda: by hand" in said
    assert "Woody" not in said


def test_a_second_time_nothing_changes(update, folder):
    update.main(["end-of-life", str(folder / "data")], "2026-11-25")
    once = (folder / "end-of-life.tsv").read_text()
    update.main(["end-of-life", str(folder / "data")], "2026-11-25")
    assert (folder / "end-of-life.tsv").read_text() == once


@pytest.mark.parametrize(
    "content", [None, "{", "[1]", '{"result": {}}', '[{"cycle": "1"}]', '{"message": "not found"}']
)
def test_a_product_that_cannot_be_read_stays_and_the_date_with_it(update, folder, capsys, content):
    path = folder / "data" / "nodejs.json"
    path.unlink()
    if content is not None:
        path.write_text(content)
    assert update.main(["end-of-life", str(folder / "data")], "2026-11-25") == 1
    assert "node	18	2025-04-30" in rows(folder / "end-of-life.tsv")
    assert "debian	11	2026-08-31" in rows(folder / "end-of-life.tsv")
    assert "# date: 2020-01-01\n" in (folder / "end-of-life.tsv").read_text()
    assert "node: not read, kept" in capsys.readouterr().out


def test_both_shapes_of_endoflife_date_say_the_same(update):
    old = [{"cycle": "3.9", "codename": "X Y", "releaseDate": "2020-10-05", "eol": "2025-10-31", "latest": "3.9.1"}]
    new = {
        "result": {
            "releases": [
                {"name": "3.9", "codename": "X Y", "releaseDate": "2020-10-05", "isEol": True, "eolFrom": "2025-10-31"}
            ]
        }
    }
    assert (
        update.release_lines(old)
        == update.release_lines(new)
        == [update.Line("3.9", "X Y", "2020-10-05", "2025-10-31")]
    )


def test_pages_are_called_as_each_version_of_the_api_calls_them(update, monkeypatch):
    asked = []

    def answer(page, timeout):
        asked.append(page)
        return io.BytesIO(b"[]")

    monkeypatch.setattr(update.urllib.request, "urlopen", answer)
    update.end_of_life("node\t18\t2025-04-30\n")
    update.end_of_life("node\t18\t2025-04-30\n", "https://endoflife.date/api")
    assert asked == ["https://endoflife.date/api/v1/products/nodejs", "https://endoflife.date/api/nodejs.json"]


MALICIOUS = """\
# source: https://osv.dev
# date: 2020-01-01
litellm\t1.82.7\tPYSEC-2026-2\t
mem8\t6.0.1\tMAL-1\t
"""


def record(id_, package, *, versions=(), events=None, aliases=(), details="", **more):
    ranges = [{"type": "ECOSYSTEM", "events": events}] if events else []
    affected = {"package": {"ecosystem": "PyPI", "name": package}, "versions": list(versions), "ranges": ranges}
    return {
        "id": id_,
        "aliases": list(aliases),
        "published": "2026-07-01T00:00:00Z",
        "details": details,
        "affected": [affected],
        **more,
    }


def updated(update, tmp_path, *records):
    archive = tmp_path / "all.zip"
    with zipfile.ZipFile(archive, "w") as file:
        for each in records:
            file.writestr(f"{each['id']}.json", json.dumps(each))
    text, said, date = update.malicious_releases(MALICIOUS, str(archive))
    return [line for line in text.splitlines() if not line.startswith("#")], said, date


def test_releases_are_added_in_order_and_rows_of_other_origin_stay(update, tmp_path):
    lines, said, date = updated(
        update,
        tmp_path,
        record("MAL-2", "mem8", versions=["6.0.10", "6.0.2"]),
        record("PYSEC-9", "LiteLLM", versions=["1.82.8"], aliases=["MAL-3"]),
        record("MAL-4", "openai-foo", versions=["1.0"]),
    )
    assert lines == [
        "litellm	1.82.7, 1.82.8	PYSEC-2026-2	",
        "mem8	6.0.1, 6.0.2, 6.0.10	MAL-1	",
        "openai-foo	1.0	MAL-4	",
    ]
    assert "openai-foo: if it only lives off the name of openai, say so in the last column" in said
    assert date == "2026-07-01"


def test_a_name_that_is_malicious_altogether_is_told_from_a_project_that_was_taken_over(update, tmp_path):
    lines, _, _ = updated(
        update,
        tmp_path,
        record("MAL-2", "tensorfolw", events=[{"introduced": "0"}], versions=["1.0"]),
        record("MAL-3", "torch", events=[{"introduced": "9.0"}, {"fixed": "9.1"}], versions=["9.0"]),
        record("MAL-4", "vllm", events=[{"introduced": "0"}, {"fixed": "1"}], versions=["0.1"]),
    )
    assert "tensorfolw	*	MAL-2	tensorflow" in lines
    assert "torch	9.0	MAL-3	" in lines
    assert "vllm	0.1	MAL-4	" in lines


def test_what_is_no_malice_or_no_ai_or_withdrawn_is_left_out(update, tmp_path):
    lines, said, _ = updated(
        update,
        tmp_path,
        record("MAL-2", "requests", versions=["1.0"]),
        record("MAL-3", "torch", versions=["1.0"], withdrawn="2026-01-01T00:00:00Z"),
        record("PYSEC-4", "vllm", versions=["1.0"], details="A path traversal."),
        record("PYSEC-5", "ray", versions=["1.0"], details="Two malicious releases were uploaded."),
    )
    assert len(lines) == 2
    assert said == [
        "ray: PYSEC-5 speaks of malice, look at it",
        "litellm: not in the data as malicious, kept",
        "mem8: not in the data as malicious, kept",
    ]


def test_the_date_is_that_of_the_newest_record_and_never_goes_back(update, folder):
    path, archive = folder / "malicious-releases.tsv", folder / "all.zip"
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("MAL-2.json", json.dumps(record("MAL-2", "mem8", versions=["6.0.1"])))
    for before, after in (("2020-01-01", "2026-07-01"), ("2026-08-01", "2026-08-01")):
        path.write_text(MALICIOUS.replace("2020-01-01", before))
        assert update.main(["malicious-releases", str(archive)], "2026-11-25") == 0
        assert f"# date: {after}\n" in path.read_text()


def test_what_is_no_archive_changes_nothing(update, folder, capsys):
    (folder / "malicious-releases.tsv").write_text(MALICIOUS)
    (folder / "x.zip").write_text("no archive")
    assert update.main(["malicious-releases", str(folder / "x.zip")], "2026-11-25") == 1
    assert (folder / "malicious-releases.tsv").read_text() == MALICIOUS
    assert "nothing changed" in capsys.readouterr().err


def test_tables_kept_by_hand_are_shown_with_their_sources(update, folder, capsys):
    (folder / "services.tsv").write_text("# source: each project's manual\n# date: 2026-01-01\n# columns: a\n")
    assert update.main(["services"]) == 0
    assert capsys.readouterr().out == "services, of 2026-01-01\n  check by hand: each project's manual\n"


@pytest.mark.parametrize("arguments", [["nothing"], ["end-of-life", "a", "b"]])
def test_what_is_asked_wrongly_is_explained(update, folder, capsys, arguments):
    assert update.main(arguments) == 2
    assert "python rules/update.py" in capsys.readouterr().err
