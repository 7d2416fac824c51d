"""Packed streams come out as the standard library unpacks them, a piece at a time."""

import bz2
import gzip
import lzma
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scanner.parsers import tar
from scanner.parsers.archives.packed import Unpacking
from scanner.parsers.archives.stream import CHUNK, Budget, LimitError, Stream

PACK = {
    "zlib": zlib.compress,
    "gzip": gzip.compress,
    "bz2": bz2.compress,
    "xz": lzma.compress,
    "lzma": lambda data: lzma.compress(data, lzma.FORMAT_ALONE),
    "deflate": lambda data: zlib.compress(data, wbits=-15),
}


def unpacked(form, packed, budget=1 << 30):
    stream = Stream(Unpacking(tar.Buffer(packed), form, Budget(budget)))
    parts, at = [], 0
    while part := stream.at(at, 1000):
        parts.append(part)
        at += len(part)
    return b"".join(parts)


@settings(deadline=None)
@given(st.sampled_from(sorted(PACK)), st.binary(max_size=3000), st.integers(1, 300))
def test_what_is_packed_comes_out(form, data, times):
    assert unpacked(form, PACK[form](data * times)) == data * times


@pytest.mark.parametrize("form", ["gzip", "bz2", "xz"])
def test_streams_one_behind_the_other_are_one(form):
    assert unpacked(form, PACK[form](b"one") + PACK[form](b"two") + b"rest") == b"onetwo"


@pytest.mark.parametrize("form", sorted(PACK))
def test_what_is_cut_off_or_damaged_is_said(form):
    whole = PACK[form](bytes(range(256)) * 50)
    with pytest.raises(ValueError, match=form):
        unpacked(form, whole[: len(whole) // 2])
    with pytest.raises(ValueError, match=form):
        unpacked(form, b"\xff" * 40)


@pytest.mark.parametrize("form", ["zlib", "gzip", "bz2", "xz"])
def test_a_bomb_stops_at_the_budget(form):
    with pytest.raises(LimitError, match="unpacks to more than 1,000,000 bytes"):
        unpacked(form, PACK[form](bytes(50_000_000)), 1_000_000)


def test_where_a_stream_ends_is_known_once_it_is_read():
    packed = PACK["deflate"](b"x" * 10)
    unpacking = Unpacking(tar.Buffer(b"--" + packed + b"behind"), "deflate", Budget(100), offset=2)
    while unpacking():
        pass
    assert unpacking.end == 2 + len(packed)


@settings(deadline=None)
@given(st.lists(st.binary(min_size=1, max_size=50), max_size=20), st.lists(st.integers(0, 30), max_size=20))
def test_a_stream_gives_what_a_buffer_gives_as_long_as_offsets_grow(pieces, steps):
    left, whole, at = iter(pieces), b"".join(pieces), 0
    stream = Stream(lambda: next(left, b""))
    for step in steps:
        at += step
        assert stream.at(at, 17) == whole[at : at + 17]


def test_what_has_gone_by_is_not_there_any_longer():
    pieces = iter([bytes(CHUNK)] * 3)
    stream = Stream(lambda: next(pieces, b""))
    stream.at(2 * CHUNK, 1)
    with pytest.raises(ValueError, match="forward only"):
        stream.at(0, 1)
