"""The lists and tables in rules/ are in the shape that the code and the rules rely on."""

import os
import re

import pytest

from scanner import knowledge
from scanner.knowledge import base_image

LISTS = sorted(name[:-4] for name in os.listdir(os.path.join(knowledge.folder(), "lists")))
TABLES = sorted(name[:-4] for name in os.listdir(os.path.join(knowledge.folder(), "tables")))


@pytest.mark.parametrize(
    ("name", "tag", "user"),
    [
        ("python", "3.12", "root"),
        ("rayproject/ray", "2.51.0", "ray"),
        ("quay.io/jupyter/base-notebook", "2025-10-20", "jovyan"),
        ("mambaorg/micromamba", "2.0.5", "mambauser"),
        ("gcr.io/distroless/python3-debian12", "nonroot", "nonroot"),
        ("gcr.io/distroless/python3-debian12", "latest", "root"),
        ("registry.access.redhat.com/ubi9/python-311", "1", "1001"),
        ("registry.access.redhat.com/ubi9/ubi-minimal", "9.6", "root"),
        ("nvcr.io/nvidia/pytorch", "25.10-py3", "root"),
        ("redis", "8", ""),
    ],
)
def test_the_first_row_that_fits_tells_the_user(name, tag, user):
    assert base_image(name, tag).user == user


@pytest.mark.parametrize("name", ["acme/python", "registry.example/python", "python2", "xgcr.io/distroless/base", ""])
def test_a_name_that_no_row_fits_is_not_known(name):
    assert base_image(name, "1") is None


def test_a_star_stands_for_anything_and_the_parts_around_it_in_order():
    fits = knowledge._fits
    assert fits("a*c", "abc")
    assert fits("a*c", "ac")
    assert fits("*a*b*", "xaybz")
    assert not fits("*a*b*", "xbya")
    assert not fits("ab*ba", "aba")
    assert not fits("a", "ab")


@pytest.mark.parametrize("name", TABLES)
def test_a_table_says_where_it_is_from_and_its_rows_are_even(name):
    with open(os.path.join(knowledge.folder(), "tables", f"{name}.tsv"), encoding="utf-8") as file:
        heading = [line for line in file if line.startswith("#")]
    assert any(line.startswith("# source: ") for line in heading)
    assert any(re.match(r"# date: \d{4}-\d{2}-\d{2}$", line) for line in heading)
    assert any(line.startswith("# columns: ") for line in heading)
    assert any(re.match(r"# update: (by hand|python rules/update\.py " + name + r"\b)", line) for line in heading)
    assert knowledge.dates()[name] in "".join(heading)
    assert len({len(row) for row in knowledge.rows(name)}) == 1


@pytest.fixture
def tables(tmp_path, monkeypatch):
    """Two tables of other dates."""
    (tmp_path / "tables").mkdir()
    for name, date in (("young", "2026-03-02"), ("old", "2026-03-01")):
        (tmp_path / "tables" / f"{name}.tsv").write_text(
            f"# x\n# date: {date}\n# columns: a\nrow\n# date: 1999-01-01\n"
        )
    monkeypatch.setattr(knowledge, "folder", lambda: str(tmp_path))
    knowledge.dates.cache_clear()
    yield
    knowledge.dates.cache_clear()


def test_a_table_has_aged_when_it_is_more_than_a_year_old(tables):
    assert knowledge.dates() == {"old": "2026-03-01", "young": "2026-03-02"}
    assert knowledge.aged("2027-03-01") == ""
    assert "old (2026-03-01);" in knowledge.aged("2027-03-02")
    assert "old (2026-03-01), young (2026-03-02);" in knowledge.aged("2028-02-29")


def test_a_report_says_once_that_tables_have_aged(tables, monkeypatch):
    from scanner.reporters import Options as Looks
    from scanner.reporters import render
    from scanner.scan import Options, scan_text

    monkeypatch.setattr("scanner.scan.time.strftime", lambda _: "2027-03-02")
    reports = [scan_text("FROM scratch", Options(rules=(), build_args={}), path=path) for path in ("a", "b")]
    assert [len(report.notices) for report in reports] == [1, 1]
    assert render("text", reports, Looks()).count("update hullcheck") == 1


@pytest.mark.parametrize("name", LISTS)
def test_a_list_has_each_name_once(name):
    with open(os.path.join(knowledge.folder(), "lists", f"{name}.txt"), encoding="utf-8") as file:
        names = [word for line in file if (word := line.split("#")[0].strip())]
    assert len(set(names)) == len(names)
    assert set(names) == knowledge.names(name)


def test_no_row_of_the_base_images_hides_a_later_one():
    seen = []
    for name, *_ in knowledge.rows("base-images"):
        plain = name.replace("*", "x")
        hidden = [row for row in seen if ":" not in row and knowledge._fits(row, plain.partition(":")[0])]
        assert not hidden, f"{name} stands behind {hidden}"
        seen.append(name)


@pytest.mark.parametrize(
    ("name", "restrictions"),
    [
        ("cc-by-nc-4.0", "non-commercial"),
        ("CC-BY-NC-ND-4.0", "non-commercial, no-derivatives"),
        ("llama3.1", "use-restricted"),
        ("gemma", "use-restricted"),
        ("openrail++", "use-restricted"),
        ("AGPL-3.0-only", "network-copyleft"),
        ("Acme Non-Commercial License", "non-commercial"),
    ],
)
def test_licences_that_restrict_are_known(name, restrictions):
    licence = knowledge.restricted_licence(name)
    assert licence.restrictions == restrictions
    assert licence.link.startswith("https://")


@pytest.mark.parametrize(
    "name", ["apache-2.0", "MIT", "cc-by-4.0", "cc-by-sa-4.0", "CC0-1.0", "GPL-3.0-only", "other", ""]
)
def test_other_licences_are_not(name):
    assert knowledge.restricted_licence(name) is None


def test_no_row_of_the_licences_hides_a_later_one():
    seen = []
    for name, *_ in knowledge.rows("model-licences"):
        plain = name.replace("*", "x")
        assert not [row for row in seen if knowledge._fits(row, plain)], name
        seen.append(name)
