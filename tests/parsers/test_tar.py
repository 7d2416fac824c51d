"""The walker reads what Python's tarfile writes, survives damage, and reads as container runtimes do."""

from __future__ import annotations

import io
import shutil
import struct
import subprocess
import sys
import tarfile
from itertools import pairwise

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from scanner.parsers import tar
from scanner.parsers.tar import Buffer, Entry, Flaw, boundary, walk


def read(data: bytes) -> tuple[list[Entry], list[Flaw]]:
    flaws: list[Flaw] = []
    return list(walk(Buffer(data), flaws)), flaws


def header(name: bytes, size: int | bytes = 0, kind: bytes = b"0", *, link: bytes = b"", **fields: bytes) -> bytes:
    """A ustar header, its checksum right; fields by name to replace what would stand there."""
    place = {"mode": (100, 8), "uid": (108, 8), "magic": (257, 8), "prefix": (345, 155), "rest": (386, 110)}
    block = bytearray(struct.pack("100s8s8s8s12s12s8sc100s8s", name, b"0000644\0", b"0000000\0", b"0000000\0", b"",
                                  b"00000000000\0", b" " * 8, kind, link, b"ustar\00000").ljust(512, b"\0"))  # fmt: skip
    block[124:136] = size.ljust(12, b"\0") if isinstance(size, bytes) else b"%011o\0" % size
    for field, value in fields.items():
        start, length = place[field]
        block[start : start + length] = value.ljust(length, b"\0")
    block[148:156] = b"%06o\0 " % sum(block)
    return bytes(block)


def padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % 512)


def pax(*records: bytes, kind: bytes = b"x") -> bytes:
    body = b""
    for record in records:
        length = len(record) + 3
        while len(b"%d" % length) + len(record) + 2 != length:
            length += 1
        body += b"%d %s\n" % (length, record)
    return header(b"PaxHeaders/x", len(body), kind) + padded(body)


END = bytes(1024)
BODY = padded(b"hello")

names = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1, max_size=30) | st.builds(
    lambda part, times: "/".join([part] * times), st.sampled_from(["folder", "é", "a b"]), st.integers(1, 80)
)


@st.composite
def archives(draw: st.DrawFn) -> bytes:
    form = draw(st.sampled_from([tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT]))
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form) as archive:
        for _ in range(draw(st.integers(0, 6))):
            info = tarfile.TarInfo(draw(names))
            info.type = draw(st.sampled_from([b"0", b"0", b"0", b"1", b"2", b"3", b"5", b"6"]))
            info.mode = draw(st.integers(0, 0o7777))
            info.uid, info.gid = draw(st.integers(0, 1 << 22)), draw(st.integers(0, 1 << 22))
            info.mtime = draw(st.integers(0, 1 << 31))
            body = draw(st.binary(max_size=1500)) if info.type == b"0" else b""
            info.size = len(body)
            if info.type in b"12":
                info.linkname = draw(names)
            try:
                archive.addfile(info, io.BytesIO(body))
            except ValueError:  # too long a name or too large a number for ustar
                assume(False)
    return out.getvalue()


def by_tarfile(data: bytes) -> list[tuple[object, ...]]:
    with tarfile.open(fileobj=io.BytesIO(data), mode="r:", encoding="utf-8", errors="surrogateescape") as archive:
        return [
            (m.name.encode("utf-8", "surrogateescape").rstrip(b"/"), m.type, m.size, m.mode, m.uid, m.gid,
             m.linkname.encode("utf-8", "surrogateescape") if m.islnk() or m.issym() else b"", m.offset_data)
            for m in archive
        ]  # fmt: skip


def by_us(entries: list[Entry]) -> list[tuple[object, ...]]:
    return [(e.name.rstrip(b"/"), b"%c" % e.type, *e[2:6], e.link, e.offset) for e in entries]


@given(archives())
def test_it_reads_what_tarfile_writes(data: bytes) -> None:
    """The same members, field by field, in all three formats."""
    entries, flaws = read(data)
    assert by_us(entries) == by_tarfile(data)
    assert not flaws


@given(archives(), st.data())
def test_one_damaged_byte_is_told_or_changes_nothing_that_tarfile_would_not_see(
    data: bytes, draw: st.DataObject
) -> None:
    """Either a named flaw, or the very members that tarfile reads from the same bytes."""
    place = draw.draw(st.integers(0, len(data) - 1))
    damaged = data[:place] + draw.draw(st.binary(min_size=1, max_size=1)) + data[place + 1 :]
    assume(damaged[place] or place % 512 != 148)  # Go reads a sum with a NUL in front, tarfile does not
    entries, flaws = read(damaged)
    if not flaws:
        assert by_us(entries) == by_tarfile(damaged)


@given(archives(), st.data())
def test_what_stands_in_front_of_the_damage_is_read(data: bytes, draw: st.DataObject) -> None:
    """However much is overwritten, cut out or cut off behind it."""
    whole, _ = read(data)
    place = draw.draw(st.integers(0, len(data)))
    damaged = data[:place] + draw.draw(st.binary(max_size=2000)) + data[place + draw.draw(st.integers(0, 2000)) :]
    entries, flaws = read(damaged)
    before = [entry for entry in whole if entry.offset + (entry.size if entry.type == tar.REGULAR else 0) <= place]
    assert entries[: len(before)] == before
    assert all(0 <= flaw.offset <= len(damaged) + (1 << 63) and flaw.reason for flaw in flaws)
    assert len(entries) <= len(damaged) // 512


def in_pieces(data: bytes, cuts: list[int]) -> tuple[list[Entry], list[Flaw]]:
    flaws: list[Flaw] = []
    pieces = pairwise([0, *cuts, sys.maxsize])
    return [entry for start, stop in pieces for entry in walk(Buffer(data), flaws, start, stop)], flaws


@given(archives(), st.data())
def test_walks_that_meet_have_the_members_of_a_single_one(data: bytes, draw: st.DataObject) -> None:
    """Wherever they begin: inside a file, an extended header or the end mark, there is a flaw."""
    nested = header(b"nested", len(data)) + data + data
    blocks = st.integers(1, len(nested) // 512).map(lambda block: 512 * block)
    entries, flaws = in_pieces(nested, sorted(draw.draw(st.sets(blocks, max_size=3))))
    assert flaws or entries == read(nested)[0]


@given(archives())
def test_a_boundary_is_where_a_member_begins(data: bytes) -> None:
    """By the first file from any block on; walks from each to the next have all members."""
    cuts = {at + found for at in range(0, len(data), 512) if (found := boundary(data[at:])) is not None}
    entries, flaws = in_pieces(data, sorted(cuts))
    assert (entries, flaws) == (read(data)[0], [])
    assert len(cuts) == sum(entry.type == tar.REGULAR for entry in entries)


def test_a_boundary_is_not_looked_for_in_what_is_no_header() -> None:
    word = padded(bytes(257) + b"ustar, the word")
    assert boundary(word) is None
    assert boundary(word + header(b"folder/", 0, b"5") + header(b"file", 5) + BODY) == 4 * 512
    assert boundary(pax(b"path=long") + word) is None


@given(st.binary(max_size=3000))
def test_bytes_of_any_kind_are_walked_to_their_end(data: bytes) -> None:
    """No bytes crash it, and what is no archive is told."""
    entries, flaws = read(data)
    assert entries or flaws or not data.strip(b"\0")


@pytest.mark.skipif(shutil.which("tar") is None, reason="needs GNU tar")
@pytest.mark.parametrize(
    "form", ["--format=gnu", *(f"--format=pax --sparse-version={v}" for v in ("0.0", "0.1", "1.0"))]
)
def test_sparse_files_have_their_real_size_and_a_map_of_their_parts(form: str, tmp_path) -> None:
    """Old GNU and the three pax versions, with a map that goes on over several blocks."""
    whole = bytearray(20_000_000)
    for place in range(60):
        whole[place * 131_072 : place * 131_072 + 4096] = b"%04d" % place * 1024
    with (tmp_path / "sparse").open("wb") as file:
        for place in range(60):
            file.seek(place * 131_072)
            file.write(b"%04d" % place * 1024)
        file.truncate(len(whole))
    (tmp_path / "behind").write_bytes(b"plain")
    made = subprocess.run(
        ["tar", "-cS", *form.split(), "-C", tmp_path, "sparse", "behind"], capture_output=True, check=False
    )
    if made.returncode:
        pytest.skip("this tar does not write sparse files")
    (entry, behind), flaws = read(made.stdout)
    assert not flaws
    assert (entry.name, entry.size, behind.name, behind.sparse) == (b"sparse", len(whole), b"behind", None)
    assert entry.sparse is not None
    assert made.stdout[behind.offset :].startswith(b"plain")
    assert unfolded(made.stdout, entry) == whole


def unfolded(data: bytes, entry: Entry) -> bytes:
    """A sparse file with its holes."""
    whole, place = bytearray(entry.size), entry.offset
    for at, length in entry.sparse or ():
        whole[at : at + length] = data[place : place + length]
        place += length
    return bytes(whole)


def sparse_pax(version: str, parts: list[tuple[int, int]], size: int, body: bytes) -> bytes:
    """A sparse file as GNU tar writes it in a version of pax."""
    numbers = [b"%d" % number for part in parts for number in part]
    more = []
    if version == "0.0":
        keys = (b"GNU.sparse.offset", b"GNU.sparse.numbytes")
        more = [b"%s=%s" % (keys[place % 2], number) for place, number in enumerate(numbers)]
    elif version == "0.1":
        more = [b"GNU.sparse.map=" + b",".join(numbers)]
    else:
        more = [b"GNU.sparse.major=1", b"GNU.sparse.minor=0"]
        body = padded(b"".join(number + b"\n" for number in [b"%d" % len(parts), *numbers])) + body
    head = pax(b"GNU.sparse.name=s", b"GNU.sparse.realsize=%d" % size, *more)
    return head + header(b"GNUSparseFile.0/s", len(body)) + padded(body)


@given(st.lists(st.tuples(st.integers(0, 2_000), st.integers(0, 700)), max_size=40), st.sampled_from(["0.1", "1.0"]))
def test_a_sparse_file_is_what_tarfile_makes_of_it(steps: list[tuple[int, int]], version: str) -> None:
    parts, place = [], 0
    for hole, length in steps:
        parts.append((place + hole, length))
        place += hole + length
    body = bytes(number % 251 + 1 for number in range(sum(length for _, length in parts)))
    if not parts:
        parts = [(0, 0)]
    data = sparse_pax(version, parts, place, body) + END
    (entry,), flaws = read(data)
    assert not flaws
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        member = archive.extractfile("s")
        assert member is not None
        assert unfolded(data, entry) == member.read()


@pytest.mark.parametrize("version", ["0.0", "0.1", "1.0"])
@pytest.mark.parametrize(
    ("parts", "reason"),
    [
        ([(5, 10), (10, 10)], "overlap"),
        ([(10, 5), (0, 5)], "overlap"),
        ([(95, 10)], "do not fit into it"),
        ([(0, 30)], "not all parts of a sparse file are stored"),
        ([(0, 1 << 62)], "do not fit into it"),
    ],
)
def test_a_map_that_cannot_be_is_named(version: str, parts: list[tuple[int, int]], reason: str) -> None:
    _, flaws = read(sparse_pax(version, parts, 100, b"x" * 20) + END)
    assert reason in flaws[0].reason


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (pax(b"GNU.sparse.map=1,2,3") + header(b"s", 0), "half a part"),
        (pax(b"GNU.sparse.map=1,x") + header(b"s", 0), "not made of numbers"),
        (pax(b"GNU.sparse.numbytes=1") + header(b"s", 0), "not made of pairs"),
        (pax(b"GNU.sparse.major=1") + header(b"s", 512) + padded(b"1\n0\n"), "cut off"),
        (pax(b"GNU.sparse.major=1") + header(b"s", 512) + b"9" * 512, "cut off"),
        (pax(b"GNU.sparse.major=1") + header(b"s", 512) + padded(b"99999999\n"), "99,999,999 parts; at most 65,536"),
        (pax(b"GNU.sparse.map=" + b",".join([b"0"] * 200_000)) + header(b"s", 0), "100,000 parts; at most 65,536"),
        (header(b"s", 0, b"S", rest=(b"0".ljust(12, b"\0") * 2 + bytes(72) + b"\1")), "cut off"),
    ],
)
def test_a_map_that_is_none_is_named(data: bytes, reason: str) -> None:
    _, flaws = read(data)
    assert reason in flaws[0].reason


def test_sums_of_signed_bytes_hold() -> None:
    """Old tars added bytes over 127 as negative numbers."""
    block = bytearray(header("naïve".encode()))
    total = sum(block[:148]) + sum(block[156:]) + 256
    block[148:156] = b"%06o\0 " % (total - 256 * sum(byte > 127 for byte in block))
    assert [e.name for e in read(bytes(block) + END)[0]] == ["naïve".encode()]


def test_a_wrong_sum_is_named_and_the_next_member_found() -> None:
    """What is behind the damage is still read."""
    broken = bytearray(header(b"broken", 5))
    broken[0] ^= 1
    entries, flaws = read(header(b"a") + bytes(broken) + BODY + header(b"b", 5) + BODY + END)
    assert [e.name for e in entries] == [b"a", b"b"]
    assert flaws == [Flaw(512, "no header of a tar archive: the checksum is wrong")]


def test_what_was_read_before_the_damage_is_a_member_behind_it_too() -> None:
    """A header like one that went by ends the damage as any other does."""
    broken = bytearray(header(b"broken", 5))
    broken[0] ^= 1
    entries, flaws = read(header(b"a") + bytes(broken) + BODY + header(b"a") + END)
    assert [e.name for e in entries] == [b"a", b"a"]
    assert flaws == [Flaw(512, "no header of a tar archive: the checksum is wrong")]


@pytest.mark.parametrize(
    ("size", "meant"),
    [(b"00000000005\0", 5), (b"          5 ", 5), (b"\0\0000000005\0\0\0", 5), (b"\x80" + bytes(10) + b"\5", 5),
     (b"000000000005", 5), (b"\0" * 12, 0)],
)  # fmt: skip
def test_sizes_are_read_as_go_reads_them(size: bytes, meant: int) -> None:
    """Octal between blanks and NULs, also in front of it, and base 256."""
    entries, flaws = read(header(b"a", size) + (BODY if meant else b"") + header(b"b") + END)
    assert [(e.name, e.size) for e in entries] == [(b"a", meant), (b"b", 0)]
    assert not flaws


@pytest.mark.parametrize("size", [b"\xff" * 12, b"00000000009\0", b"0x5\0", b"1_0\0", b"-5\0", b"\x80" + b"\xff" * 11])
def test_sizes_that_are_none_are_named(size: bytes) -> None:
    """Negative, too large, no octal digits; Python's own spellings of numbers are none either."""
    entries, flaws = read(header(b"a", size) + header(b"b") + END)
    assert [e.name for e in entries] == [b"b"]
    assert [f.offset for f in flaws] == [0]


@pytest.mark.parametrize("size", [513, 1 << 40, 1 << 62])
def test_a_size_beyond_the_end_is_a_cut_off_archive(size: int) -> None:
    """The member itself is told all the same."""
    entries, flaws = read(header(b"a", b"\x80" + size.to_bytes(11, "big")) + BODY)
    assert [(e.name, e.size) for e in entries] == [(b"a", size)]
    assert [f.reason for f in flaws] == ["the archive is cut off"]


def test_no_end_mark_is_told_as_just_that() -> None:
    """Some makers leave it out."""
    assert [f.reason for f in read(header(b"a", 5) + BODY)[1]] == [tar.NO_END]
    assert read(header(b"a", 5) + BODY + bytes(512))[1] == []


def test_a_single_block_of_zeros_does_not_end_it() -> None:
    """Nothing can hide behind one."""
    entries, flaws = read(header(b"a") + bytes(512) + header(b"b") + END)
    assert [e.name for e in entries] == [b"a", b"b"]
    assert [f.offset for f in flaws] == [512]


def test_links_and_folders_have_no_body_whatever_their_size_says() -> None:
    """As in Go: what follows them is the next header, or members could hide in such a body."""
    entries, _ = read(
        header(b"l", 512, b"1", link=b"t")
        + header(b"s", 512, b"2", link=b"t")
        + header(b"d/", 512, b"5")
        + header(b"b")
        + END
    )
    assert [e.name for e in entries] == [b"l", b"s", b"d/", b"b"]


def test_the_pax_size_counts() -> None:
    """A reader that goes by the size in the plain header would find other members in the body."""
    inner = header(b"hidden")
    entries, flaws = read(pax(b"size=512") + header(b"a", 0) + inner + header(b"b") + END)
    assert [(e.name, e.size) for e in entries] == [(b"a", 512), (b"b", 0)]
    assert not flaws


def test_a_pax_header_for_all_is_not_applied() -> None:
    """Container runtimes ignore it, so a path in it must not hide the real names."""
    entries, flaws = read(pax(b"path=harmless", kind=b"g") + header(b"evil") + END)
    assert [e.name for e in entries] == [b"evil"]
    assert [f.reason for f in flaws] == ["a pax header for all members sets path; container runtimes ignore it"]
    assert read(pax(b"comment=abc", kind=b"g") + header(b"a") + END)[1] == []


def test_a_long_name_wins_over_a_pax_path_and_holds_for_one_member() -> None:
    """In either order, as in Go."""
    long = header(b"././@LongLink", 5, b"L") + BODY
    entries, _ = read(long + pax(b"path=p") + header(b"a") + pax(b"path=p") + long + header(b"a") + header(b"a") + END)
    assert [e.name for e in entries] == [b"hello", b"hello", b"a"]


@pytest.mark.parametrize(
    "body", [b"8 path=a\n", b"0 path=a\n", b"99 path=a\n", b"path=a\n", b"7 path\n", b"11 path=a\0b\n"]
)
def test_a_broken_pax_header_is_named(body: bytes) -> None:
    """And the member behind it keeps the name of its own header."""
    entries, flaws = read(header(b"x", len(body), b"x") + padded(body) + header(b"a") + END)
    assert [e.name for e in entries] == [b"a"]
    assert [f.offset for f in flaws] == [0]


def test_a_pax_header_of_a_million_entries_is_not_read() -> None:
    """It would be parsed for every member."""
    body = b"8 a=bcd\n" * 1_000_000
    entries, flaws = read(header(b"x", len(body), b"x") + padded(body) + header(b"a") + END)
    assert [e.name for e in entries] == [b"a"]
    assert "extended header of 8,000,000 bytes" in flaws[0].reason


def test_flaws_are_bounded() -> None:
    """A hostile archive does not fill the memory with complaints."""
    bad = header(b"x", 3, b"x") + padded(b"bad")
    assert len(read(bad * 1000 + END)[1]) == tar.MAX_FLAWS


def test_old_archives_without_a_magic_are_read() -> None:
    """A name that ends in a slash was a folder then."""
    entries, flaws = read(header(b"d/", 0, b"\0", magic=b"") + header(b"d/f", 5, b"\0", magic=b"") + BODY + END)
    assert [(e.name, e.type) for e in entries] == [(b"d/", tar.FOLDER), (b"d/f", tar.REGULAR)]
    assert not flaws


def test_duplicates_devices_absolute_names_and_dots_are_as_written() -> None:
    """Their meaning is for whoever unpacks."""
    written = [b"/abs", b"../../up", b"same", b"same", b"./dot"]
    entries, flaws = read(b"".join(header(name) for name in written) + header(b"null", 0, b"3") + END)
    assert [e.name for e in entries] == [*written, b"null"]
    assert entries[-1].type == tar.CHARACTER_DEVICE
    assert not flaws


def test_a_prefix_belongs_to_the_name_in_ustar_alone() -> None:
    """GNU tar keeps times there."""
    entries, _ = read(header(b"f", prefix=b"a/b") + header(b"f", magic=b"ustar  \0", prefix=b"00001") + END)
    assert [e.name for e in entries] == [b"a/b/f", b"f"]
