"""An archive that is damaged, or made to do harm, is refused with a reason."""

from __future__ import annotations

import struct
import zipfile
from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scanner.advisories import archive
from scanner.advisories.archive import Refused, folder, records
from scanner.parsers.advisories import osv
from tests.advisories.made import archive as made
from tests.advisories.made import below, record

GOOD = made(record("A-1", below("x", "1")), record("A-2", below("y", "1")))


@pytest.fixture
def read(tmp_path):
    def read(data):
        path = tmp_path / "all.zip"
        path.write_bytes(data)
        return list(records(str(path)))

    return read


def test_every_record_is_read(read):
    assert [name for name, _ in read(GOOD)] == ["A-1.json", "A-2.json"]


@pytest.mark.parametrize("size", [0, 1, 30, len(GOOD) // 2, len(GOOD) - 1])
def test_one_that_ends_early_is_damaged(read, size):
    with pytest.raises(Refused, match=r"all\.zip is damaged"):
        read(GOOD[:size])


def test_one_with_a_flipped_byte_is_damaged(read):
    with pytest.raises(Refused, match="damaged"):
        read(GOOD[:60] + bytes([GOOD[60] ^ 0xFF]) + GOOD[61:])


@pytest.mark.parametrize("name", ["../../etc/passwd.json", "/etc/x.json", "a/../../b.json", "..\\x.json"])
def test_names_that_lead_out_are_refused(read, name):
    with pytest.raises(Refused, match="a file in it is called"):
        read(made(record("A-1"), names=[name]))


def test_one_that_unpacks_to_far_more_than_its_size_is_refused(tmp_path, read):
    path = tmp_path / "bomb.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as out:
        out.writestr("a.json", b" " * (20 << 20))
    with pytest.raises(Refused, match="times its size"):
        read(path.read_bytes())


def test_a_record_that_is_too_long_is_refused(monkeypatch, read):
    monkeypatch.setattr(archive, "MAX_RECORD", 50)
    with pytest.raises(Refused, match="more than 50 bytes in one file"):
        read(GOOD)


def test_more_records_than_there_can_be_are_refused(monkeypatch, read):
    monkeypatch.setattr(archive, "MAX_RECORDS", 1)
    with pytest.raises(Refused, match="2 files"):
        read(GOOD)


def test_a_list_of_files_that_is_longer_than_the_archive_is_refused_before_it_is_read(read):
    at = GOOD.rindex(b"PK\5\6")
    with pytest.raises(Refused, match="its list of files has 4,000,000,000 bytes"):
        read(GOOD[: at + 12] + struct.pack("<L", 4_000_000_000) + GOOD[at + 16 :])


def test_other_files_are_passed_over(read):
    data = made(record("A-1"), record("A-2"), names=["README.md", "A-2.json"])
    assert [name for name, _ in read(data)] == ["A-2.json"]


def test_a_folder_is_read_in_order(tmp_path):
    (tmp_path / "b").mkdir()
    for name in ("b/2.json", "1.json", "3.txt"):
        (tmp_path / name).write_text("{}")
    assert [name.removeprefix(str(tmp_path)) for name, _ in folder(str(tmp_path))] == ["/1.json", "/b/2.json"]


@settings(deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, len(GOOD) - 1), st.integers(0, 255))
def test_any_byte_may_be_any_other(read, at, value):
    try:
        found = read(GOOD[:at] + bytes([value]) + GOOD[at + 1 :])
    except Refused:
        return
    assert len(found) <= 2


@settings(deadline=None, derandomize=True)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=8),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    [
                        "id",
                        "affected",
                        "package",
                        "name",
                        "ecosystem",
                        "ranges",
                        "events",
                        "type",
                        "versions",
                        "severity",
                        "aliases",
                        "fixed",
                    ]
                ),
                inner,
                max_size=5,
            )
        ),
        max_leaves=20,
    )
)
def test_any_json_is_a_record_or_is_refused(said):
    with suppress(ValueError):
        assert osv.advisory(said).id == said["id"]


@pytest.mark.parametrize("data", [b"", b"[]", b"{}", b'{"id": 1}', b"nonsense", b"\xff", b"[" * 200_000])
def test_what_is_no_record_says_why(data):
    with pytest.raises(ValueError, match=r"."):
        osv.read(data)
