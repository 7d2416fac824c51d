"""The directory of a zip says what ``zipfile`` reads of it."""

from __future__ import annotations

import io
import zipfile
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.parsers.archives import directory
from scanner.parsers.archives.zip_records import text
from scanner.parsers.tar import Buffer

NAMES = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=12)
FORMS = st.sampled_from([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])


@st.composite
def archives(draw):
    made = io.BytesIO()
    members = draw(st.dictionaries(NAMES, st.tuples(st.binary(max_size=300), FORMS, st.booleans()), max_size=5))
    with zipfile.ZipFile(made, "w") as archive:
        archive.comment = draw(st.binary(max_size=30))
        for name, (data, form, large) in members.items():
            info = zipfile.ZipInfo(name)
            info.compress_type = form
            with archive.open(info, "w", force_zip64=large) as file:
                file.write(data)
    return draw(st.binary(max_size=50)) + made.getvalue()


def entries(data):
    return list(directory.listed(Buffer(data), len(data)))


def contents(data, limit=1000):
    return [(text(each.name), directory.content(Buffer(data), each, limit)) for each in entries(data)]


@given(archives(), st.integers(0, 400))
def test_it_is_what_zipfile_reads(data, limit):
    """Whatever stands in front, sizes of 32 and 64 bits, stored and deflated."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        theirs = [(info.orig_filename, archive.read(info)[:limit]) for info in archive.infolist()]
    assert contents(data, limit) == theirs


@given(archives(), st.data())
def test_damage_raises_nothing_but_an_error_of_its_own(data, draw):
    place = draw.draw(st.integers(0, len(data) - 1))
    damaged = data[:place] + draw.draw(st.binary(max_size=9)) + data[place + draw.draw(st.integers(0, 30)) :]
    with suppress(ValueError):
        assert all(len(found) <= 1000 for _, found in contents(damaged))


def test_a_directory_for_64_bits_is_read():
    """As is written for more than 65,535 members."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for number in range(70_000):
            archive.writestr(zipfile.ZipInfo(f"{number}"), b"")
    found = entries(made.getvalue())
    assert (len(found), found[-1].name) == (70_000, b"69999")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda data: data[:-22], "no directory"),
        (lambda data: b"", "no directory"),
        (lambda data: data.replace(b"PK\1\2", b"PK\1\3"), "damaged"),
        (lambda data: data[-30:], "begins before"),
        (lambda data: data.replace(b"PK\3\4", b"PK\3\5"), "not where"),
        (lambda data: data.replace(b"PK\1\2\x14\3\x14\0\0\0\0\0", b"PK\1\2\x14\3\x14\0\0\0\x63\0"), "method 99"),
        (lambda data: data.replace(b"PK\1\2\x14\3\x14\0\0\0", b"PK\1\2\x14\3\x14\0\1\0"), "encrypted"),
    ],
)
def test_what_is_wrong_is_named(change, reason):
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("a", b"12345")
    data = change(made.getvalue())
    with pytest.raises(ValueError, match=reason):
        contents(data)


def test_a_large_directory_is_not_read(monkeypatch):
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("a", b"")
    monkeypatch.setattr(directory, "MAX_DIRECTORY", 10)
    with pytest.raises(ValueError, match="at most 10"):
        entries(made.getvalue())
