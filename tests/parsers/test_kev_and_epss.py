"""What is exploited, and how likely that is: two small formats, read whole or not at all."""

from __future__ import annotations

import csv
import gzip
import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.parsers.advisories import epss, kev

CVE = st.from_regex(r"(?a)CVE-(?:19|20)\d\d-\d{4,7}", fullmatch=True)


def catalogue(*entries, **more):
    document = {
        "title": "KEV",
        "catalogVersion": "2026.07.23",
        "count": len(entries),
        "vulnerabilities": entries,
    } | more
    return json.dumps(document, indent=1).encode()


def entry(name="CVE-2023-48022", day="2024-02-01", **more):
    return {"cveID": name, "dateAdded": day, "vendorProject": "Anyscale", "product": "Ray"} | more


@given(st.dictionaries(CVE, st.dates().map(str), max_size=5))
def test_a_catalogue_is_pairs_of_cve_and_day(pairs):
    data = catalogue(*(entry(name, day) for name, day in pairs.items()))
    assert dict(kev.read(data)) == pairs
    assert dict(kev.read(b"\xef\xbb\xbf" + data)) == pairs


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (catalogue(entry(), {"cveID": "CVE-2023-48022"}), "line 12: an entry of the catalogue needs a cveID"),
        (catalogue(entry("GHSA-x")), "line 6: an entry"),
        (catalogue(entry(day="01/02/2024")), "line 6: an entry"),
        (catalogue(1), "line 6: an entry"),
        (catalogue(entry(), count=2), "says that it lists 2 entries, and has 1"),
        (catalogue(catalogVersion=None), "no catalogue of known exploited"),
        (b'{"catalogVersion": "1"}', "no catalogue of known exploited"),
        (b'{"vulnerabilities": [\n}', "line 2: not JSON"),
        (b"{\n\n\xff", "line 3: not UTF-8"),
        (b" " * 2000, "larger than 1,500 bytes"),
    ],
)
def test_what_is_wrong_with_a_catalogue_is_told_with_its_line(monkeypatch, data, reason):
    monkeypatch.setattr(kev, "MAX_BYTES", 1500)
    with pytest.raises(ValueError, match=reason):
        list(kev.read(data))


def table(rows, head="#model_version:v2025.03.14,score_date:2026-07-23T00:00:00+0000\n"):
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerows([("cve", "epss", "percentile"), *rows])
    return (head + out.getvalue()).encode()


@given(st.dictionaries(CVE, st.floats(0, 1), max_size=5), st.booleans())
def test_a_table_is_pairs_of_cve_and_probability(scores, packed):
    data = table((name, f"{score:.9f}", "0.5") for name, score in scores.items())
    read = epss.read(gzip.compress(data) if packed else data)
    assert (read.model, read.day) == ("v2025.03.14", "2026-07-23")
    assert dict(read.rows()) == {name: pytest.approx(score, abs=1e-9) for name, score in scores.items()}


def test_a_table_may_have_windows_line_ends():
    read = epss.read(table([("CVE-2023-48022", "0.93", "0.99")]).replace(b"\n", b"\r\n"))
    assert list(read.rows()) == [("CVE-2023-48022", 0.93)]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "line 1: no EPSS table"),
        (b"cve,epss\n", "line 1: no EPSS table"),
        (b"#model_version:v1,score_date:2026-07-23\nCVE-1", "line 2: no EPSS table"),
        (table([("CVE-2023-48022", "0.5", ""), ("CVE-2023-1", "0.5", "")]), "line 4: expected a CVE"),
        (table([("CVE-2023-48022", "1.5", "")]), "line 3: expected a CVE"),
        (table([("CVE-2023-48022", "high", "")]), "line 3: expected a CVE"),
        (table([("CVE-2023-48022", "0.5", "x" * 300)]), "line 3: expected a CVE"),
        (gzip.compress(table([]), mtime=0)[:-9], "gzip data that is cut off"),
        (gzip.compress(table([]), mtime=0)[:10] + b"\xff" * 20, "damaged gzip data"),
        (gzip.compress(b"#" * 5000, mtime=0), "more than 4,000 bytes"),
        (b"#" * 5000, "more than 4,000 bytes"),
    ],
)
def test_what_is_wrong_with_a_table_is_told(monkeypatch, data, reason):
    monkeypatch.setattr(epss, "MAX_BYTES", 4000)
    with pytest.raises(ValueError, match=reason):
        list(epss.read(data).rows())
