"""Chunks that a thread makes ready come as if there were none."""

import threading
from collections.abc import Iterator

import pytest

from scanner.sources.image.ahead import DEPTH, ahead


def test_chunks_come_in_order_and_what_is_raised_comes_after_them():
    def chunks() -> Iterator[bytes]:
        for number in range(100):
            yield b"%d" % number
        raise ValueError("damaged")

    reading = ahead(chunks(), lambda: True)
    assert [next(reading) for _ in range(100)] == [b"%d" % number for number in range(100)]
    with pytest.raises(ValueError, match="damaged"):
        next(reading)
    assert list(ahead(iter([]), lambda: True)) == []


def test_no_thread_is_started_before_there_is_a_core_for_it():
    before, spare = threading.active_count(), []
    reading = ahead(iter([b"1", b"2", b"3"]), lambda: bool(spare))
    assert (next(reading), next(reading), threading.active_count()) == (b"1", b"2", before)
    spare.append(1)
    assert list(reading) == [b"3"]


def test_who_stops_early_leaves_no_thread_and_little_is_made_for_nothing():
    before, made = threading.active_count(), []

    def chunks() -> Iterator[bytes]:
        while True:
            made.append(1)
            yield b"x"

    reading = ahead(chunks(), lambda: True)
    assert next(reading) == next(reading) == b"x"
    reading.close()
    assert threading.active_count() == before
    assert len(made) <= 2 * DEPTH + 4
