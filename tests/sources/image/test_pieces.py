"""Pieces of a layer say together what it says by itself, or it is read once more."""

from __future__ import annotations

import sys
import tarfile
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.model.facts import StartFile
from scanner.model.location import Evidence, Layer
from scanner.parsers import tar
from scanner.sources.image import layers, order, pieces
from scanner.sources.image.pieces import Parts, Piece, joined
from scanner.sources.image.read import Read, read_layer
from tests.sources.image.test_layers import Look, blob, contents, layer, link, says

NAMES = st.sampled_from(["a", "b", "./a", "d/a", "d/b", "d/e/a", "d", "d/e", "d/.wh.a", ".wh..wh..opq", "é" * 60])


@st.composite
def members(draw):
    """A file, a folder, a link or an archive inside; names come again."""
    kind, name = draw(st.sampled_from("fffdhsn")), draw(NAMES)
    if kind == "f":
        return name, draw(st.sampled_from([b"", b"x", b"y" * 600]))
    if kind == "d":
        info = tarfile.TarInfo(name)
        info.type, info.mode = tarfile.DIRTYPE, draw(st.sampled_from([0o755, 0o777]))
        return info
    if kind == "n":
        return name, layer(("inside", b"z"), ("a", b"1"))
    return link(name, draw(NAMES), tarfile.LNKTYPE if kind == "h" else tarfile.SYMTYPE)


def extract(file):
    yield says(file, "folder" if not hasattr(file, "size") else file.link or file.read().decode("latin-1"))


def read(data, start=0, stop=sys.maxsize, *, verify=False):
    return read_layer(
        blob(data), Layer(1, "sha256:1"), "image", Look(extract=extract), verify=verify and not start, start=start,
        stop=stop, counted=lambda path: path.endswith("a"),
    )  # fmt: skip


def read_in_pieces(data, cuts, *, verify=False):
    return joined([read(data, start, stop, verify=verify) for start, stop in pairwise([0, *cuts, sys.maxsize])])


def plain(found):
    return {field: getattr(found, field) for field in found.field_names() if field != "names"} | vars(found.names)


def starts(data):
    """Where members begin, but for the first."""
    entries = list(tar.walk(tar.Buffer(data), []))
    return [entry.offset + (entry.size + 511 & -512 if entry.type == tar.REGULAR else 0) for entry in entries]


@given(st.lists(members(), max_size=7).map(lambda made: layer(*made)), st.booleans(), st.data())
def test_pieces_say_what_the_whole_says_or_nothing(data, verify, draw):
    """For any few members, names that come again, whiteouts, links and archives inside; cut anywhere."""
    anywhere = st.integers(1, len(data) // 512 - 1).map(lambda block: 512 * block)
    cuts = draw.draw(st.sets(st.sampled_from([*starts(data), 512]) | anywhere, min_size=1, max_size=3))
    found, whole = read_in_pieces(data, sorted(cuts), verify=verify), read(data, verify=verify)
    assert found is None or plain(found) == plain(whole)


def test_a_usual_layer_fits_together_wherever_a_member_begins():
    info = tarfile.TarInfo("d/open")
    info.type, info.mode = tarfile.DIRTYPE, 0o777
    data = layer(
        ("d/", b""), info, ("d/open/a", b"1"), ("é" * 90, b"2"), link("d/h", "d/open/a", tarfile.LNKTYPE),
        link("s", "d"), ("d/open/b", b"3" * 700), (".wh.gone", b""), ("inside.tar", layer(("a", b"1"))),
    )  # fmt: skip
    whole = read(data, verify=True)
    assert whole.sure
    assert (len(whole.found), len(starts(data))) == (7, 9)
    for cut in starts(data):
        assert plain(read_in_pieces(data, [cut], verify=True)) == plain(whole)
    assert plain(read_in_pieces(data, starts(data), verify=True)) == plain(whole)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ([("a", b"1")], [("a", b"2")]),
        ([("a", b"1")], [(".wh.a", b"")]),
        ([("a", b"1")], [("a/", b"")]),
        ([("a", b"1"), ("a", b"2")], [link("h", "a", tarfile.LNKTYPE)]),
        ([("a", b"1")], [link("h", "gone", tarfile.LNKTYPE)]),
    ],
    ids=["again", "whiteout", "folder", "twice and linked", "problem"],
)
def test_what_depends_on_another_piece_is_read_at_once(first, second):
    data = layer(*first, *second)
    assert read_in_pieces(data, [starts(data)[len(first) - 1]]) is None
    assert read(data).found


def test_limits_hold_for_all_pieces_together(monkeypatch):
    def started(file):
        yield StartFile(evidence=(Evidence(file.at),), path=file.at.path, text="12345", link=None, size=5, mode=0)

    data = layer(("a", b"1"), ("b", b"2"), link("h", "a", tarfile.LNKTYPE), link("i", "b", tarfile.LNKTYPE))
    cut = starts(data)[:3]
    assert read_in_pieces(data, cut) is not None
    for limit, most in (("MAX_ENTRIES", 3), ("MAX_LINKS", 1)):
        with monkeypatch.context() as patch:
            patch.setattr(pieces, limit, most)
            assert read_in_pieces(data, cut) is None
    monkeypatch.setitem(globals(), "extract", started)
    assert read_in_pieces(data, cut) is not None
    for limit, most in (("MAX_STARTS", 3), ("MAX_STARTS_SIZE", 19)):
        with monkeypatch.context() as patch:
            patch.setattr(pieces, limit, most)
            assert read_in_pieces(data, cut) is None


def test_parts_are_in_order_once_all_are_there():
    made = [Piece(3), Piece(1, 0, 512), Piece(1, 1024), Piece(1, 512, 1024)]
    parts = Parts(made)
    read_ = {piece: read(layer((str(piece.start), b""))) for piece in made}
    assert parts.with_one(made[2], read_[made[2]]) == []
    assert parts.with_one(made[0], read_[made[0]]) == [read_[made[0]]]
    assert parts.with_one(made[1], read_[made[1]]) == []
    assert [found.at.path for one in parts.with_one(made[3], read_[made[3]]) for found in one.found] == [
        "0", "512", "1024"
    ]  # fmt: skip
    assert parts.with_one(parts.anew(1), read_[made[0]]) == [read_[made[0]]]


@pytest.mark.parametrize("verify", [False, True])
def test_processes_share_a_layer(verify, monkeypatch):
    """One that is cut where a member begins, and one that is cut inside a file, since that is an archive itself."""
    files = layer(*((f"f{number}", b"x" * (number % 700)) for number in range(300)))
    archive = layer(*((f"a{number}", b"") for number in range(30)), ("inside.tar", files))
    fits: list[bool] = []

    def watched(reads: list[Read]) -> Read | None:
        found = joined(reads)
        fits.append(found is not None)
        return found

    monkeypatch.setattr(order, "LEAST", 1)
    monkeypatch.setattr(layers, "joined", watched)
    seen: list[layers.Passed] = []
    for data, outcome in ((files, True), (archive, False)):
        fits.clear()
        blobs = [blob(data, local=True), blob(layer(("f1", b"above")))]
        found = contents(*blobs, jobs=2, verify=verify, extract=extract, on_progress=seen.append)
        assert found == contents(*blobs, jobs=1, verify=verify, extract=extract)
        assert fits == [outcome]
        total = sum(one.size for one in blobs)
        assert seen[-1] == layers.Passed(done=2, layers=2, size=total, total=total)
        assert [one.size for one in seen] == sorted(one.size for one in seen)
        seen.clear()
