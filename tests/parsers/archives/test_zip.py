"""Zip archives, forward only: what zipfile reads of honest ones, and what is wrong with the others."""

import contextlib
import io
import struct
import warnings
import zipfile
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scanner.parsers import tar
from scanner.parsers.archives import zip as module
from scanner.parsers.archives.stream import CHUNK, Budget, Stream
from scanner.parsers.archives.zip import Archive

METHODS = {"stored": zipfile.ZIP_STORED, "deflated": zipfile.ZIP_DEFLATED, "bzip2": zipfile.ZIP_BZIP2}


class Unseekable(io.RawIOBase):
    """A file that zipfile cannot go back in, so that sizes stand behind the members, as PyTorch writes them."""

    def __init__(self):
        self.parts = []

    def writable(self):
        return True

    def write(self, data):
        self.parts.append(bytes(data))
        return len(data)


def packed(members, method=zipfile.ZIP_STORED, *, behind=False, wide=False, comment=b""):
    file = Unseekable() if behind else io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with zipfile.ZipFile(file, "w", method) as archive:
            for name, data in members:
                with archive.open(name, "w", force_zip64=wide) as member:
                    member.write(data)
            archive.comment = comment
    return b"".join(file.parts) if behind else file.getvalue()


def whole(content):
    parts, at = [], 0
    while part := content.at(at, 1000):
        parts.append(part)
        at += len(part)
    return b"".join(parts)


def forward(data, piece=CHUNK):
    """As a compressed layer gives them: what has gone by is gone."""
    pieces = iter([data[at : at + piece] for at in range(0, len(data), piece)])
    return Stream(lambda: next(pieces, b""))


def read(data, budget=1 << 30, piece=CHUNK):
    archive = Archive(forward(data, piece), Budget(budget))
    members = [(member.name, whole(member.content)) for member in archive.members()]
    return archive, members


def kinds(data):
    archive = Archive(forward(data), Budget(1 << 30))
    for _ in archive.members():
        pass
    return {flaw.kind for flaw in archive.flaws}


names = st.text("abc/._-", min_size=1, max_size=8).filter(lambda name: not name.startswith("/") and ".." not in name)
contents = st.one_of(
    st.binary(max_size=200),
    st.sampled_from([b"PK\3\4" * 9, b"PK\7\x08" + bytes(30), packed([("inner.txt", b"x")]), b"\0" * 300_000]),
)
archives = st.lists(st.tuples(names, contents), max_size=6, unique_by=lambda pair: pair[0])


@settings(deadline=None)
@given(archives, st.sampled_from(sorted(METHODS)), st.booleans(), st.booleans(), st.sampled_from([1, 17, 4096, CHUNK]))
def test_honest_archives_are_read_as_zipfile_reads_them(members, method, behind, wide, piece):
    data = packed(members, METHODS[method], behind=behind, wide=wide, comment=b"made by a test")
    archive, found = read(data, piece=piece)
    with zipfile.ZipFile(io.BytesIO(data)) as oracle:
        infos = oracle.infolist()
        assert found == [(info.filename, oracle.read(info)) for info in infos if not info.is_dir()]
        views = [
            (info.filename.encode(), info.file_size, info.compress_size, info.CRC, info.header_offset) for info in infos
        ]
    for headers in (archive.met, archive.listed):
        assert [(h.name, h.size, h.packed, h.checksum, h.offset) for h in headers] == views
    assert archive.flaws == []


@settings(deadline=None)
@given(archives, st.sampled_from(sorted(METHODS)), st.booleans())
def test_members_that_nobody_reads_are_passed(members, method, behind):
    data = packed(members, METHODS[method], behind=behind)
    archive = Archive(forward(data), Budget(1 << 30))
    assert [member.name for member in archive.members()] == [name for name, _ in members if not name.endswith("/")]
    assert archive.flaws == []


@settings(deadline=None)
@given(st.binary(max_size=400), st.lists(st.tuples(st.integers(0, 399), st.integers(0, 255)), max_size=5))
def test_anything_ends(data, changes):
    changed = bytearray(packed([("a", b"hello"), ("b/data.pkl", data)], zipfile.ZIP_DEFLATED, behind=True))
    for at, value in changes:
        changed[at % len(changed)] = value
    archive = Archive(forward(bytes(changed)), Budget(1 << 20))
    for member in archive.members():
        with contextlib.suppress(ValueError):
            whole(member.content)
    assert len(archive.flaws) <= 100


def test_large_members_that_nobody_reads_are_skipped_where_their_size_is_known():
    class Counting(tar.Buffer):
        taken = 0

        def at(self, offset, size, /):
            Counting.taken += size
            return super().at(offset, size)

    data = packed([("weights", bytes(40 << 20)), ("end", b"x")])
    archive = Archive(Counting(data), Budget(1 << 30))
    assert [member.name for member in archive.members()] == ["weights", "end"]
    assert archive.flaws == []
    assert Counting.taken < 1 << 20


SIMPLE = [("m/data.pkl", b"pickle"), ("m/version", b"3\n")]


def patched(data, old, new, count=1):
    """The first occurrences changed, which are those of local headers."""
    assert old in data
    return data.replace(old, new, count)


def central(data, field, value):
    """A field of the first entry of the directory changed: its offset, and how struct packs it."""
    at = data.index(b"PK\1\2")
    offset, form = field
    changed = bytearray(data)
    struct.pack_into(form, changed, at + offset, value)
    return bytes(changed)


LISTED = {"flags": (8, "<H"), "method": (10, "<H"), "crc": (16, "<L"), "size": (24, "<L"), "offset": (42, "<L")}
GOOD = packed(SIMPLE)
OTHER = packed([("other.txt", b"y")])


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (patched(GOOD, struct.pack("<L", zlib.crc32(b"pickle")), b"\1\2\3\4", 2), {"checksum"}),
        (patched(GOOD, b"m/data.pkl", b"m/data.txt"), {"name-differs"}),
        (patched(GOOD, b"PK\3\4\x14\0\0\0", b"PK\3\4\x14\0\1\0"), {"flags-differ"}),
        (central(GOOD, LISTED["flags"], 1), {"flags-differ"}),
        (central(patched(GOOD, b"PK\3\4\x14\0\0\0", b"PK\3\4\x14\0\1\0"), LISTED["flags"], 1), {"encrypted"}),
        (central(GOOD, LISTED["method"], 8), {"method-differs"}),
        (central(GOOD, LISTED["size"], 3), {"size-differs"}),
        (central(GOOD, LISTED["crc"], 3), {"checksum"}),
        (central(GOOD, LISTED["offset"], 41), {"hidden", "unlisted"}),
        (packed([("a", b"1"), ("a", b"2")]), {"duplicate"}),
        (packed([("../../etc/cron.d/x", b"1")]), {"leaves-folder"}),
        (packed([("/etc/x", b"1")]), {"leaves-folder"}),
        (b"#!/bin/sh\n" + GOOD, {"data-in-front"}),
        (GOOD + b"\x80\x02.", {"data-behind"}),
        (GOOD[: GOOD.index(b"PK\1\2")], {"no-directory"}),
        (GOOD[:-30], {"no-directory", "data-between"}),
        (OTHER + GOOD, {"in-a-row"}),
        (OTHER + GOOD[: GOOD.index(b"PK\1\2")], {"in-a-row", "no-directory", "unlisted"}),
        (OTHER + central(GOOD, LISTED["crc"], 3), {"in-a-row", "checksum"}),
        (packed(SIMPLE, comment=b"PK\5\6" + bytes(18)), {"directories"}),
        (patched(GOOD, b"PK\3\4\x14\0\0\0\0\0", b"PK\3\4\x14\0\0\0\x63\0"), {"method", "method-differs"}),
        (patched(packed(SIMPLE, 8), zlib.compress(b"pickle", wbits=-15), b"\xff" * 8), {"damaged"}),
    ],
    ids=lambda value: "" if isinstance(value, bytes) else "+".join(sorted(value)),
)
def test_what_a_scanner_and_a_loader_would_see_differently_is_told(data, expected):
    assert kinds(data) == expected


def test_a_member_is_read_whatever_its_flags_and_checksum_say():
    data = patched(GOOD, b"PK\3\4\x14\0\0\0", b"PK\3\4\x14\0\1\0")
    data = patched(data, struct.pack("<L", zlib.crc32(b"pickle")), b"\1\2\3\4", 2)
    assert read(data)[1] == SIMPLE


def test_members_are_found_behind_other_data_and_behind_the_end():
    assert read(b"\x7fELF" + bytes(100_000) + GOOD)[1] == SIMPLE
    assert read(OTHER + GOOD)[1] == [("other.txt", b"y"), *SIMPLE]


def test_a_member_inside_of_another_is_told_though_it_is_not_read():
    inner = packed([("m/data.pkl", b"evil")])
    inner = inner[: inner.index(b"PK\1\2")]
    outer = packed([("m/data.pkl", inner)])
    offset = outer.index(b"PK\3\4", 4)
    assert kinds(central(outer, LISTED["offset"], offset)) >= {"hidden", "unlisted"}


def test_descriptors_within_stored_content_end_nothing():
    content = b"PK\7\x08" + struct.pack("<3L", 1, 99, 99) + b"PK\3\4" + bytes(40)
    assert read(packed([("a", content), ("b", b"x")], behind=True))[1] == [("a", content), ("b", b"x")]


def test_a_descriptor_that_is_forged_does_not_go_unnoticed():
    content = b"safe" + b"PK\7\x08" + struct.pack("<3L", zlib.crc32(b"safe"), 4, 4) + b"PK\1\2" + bytes(60)
    assert kinds(packed([("a", content)], behind=True)) >= {"hidden", "data-between"}


def test_a_bomb_is_told_and_the_next_member_read():
    archive = Archive(forward(packed([("bomb", bytes(10_000_000)), ("b", b"x")], 8)), Budget(100_000))
    assert [member.name for member in archive.members()] == ["bomb", "b"]
    assert archive.flaws[0].kind == "limit"


def test_no_more_members_than_the_limit(monkeypatch):
    monkeypatch.setattr(module, "MAX_MEMBERS", 3)
    archive = Archive(forward(packed([(f"m{number}", b"") for number in range(9)])), Budget(1))
    assert len(list(archive.members())) == 3
    assert [flaw.kind for flaw in archive.flaws] == ["limit"]
