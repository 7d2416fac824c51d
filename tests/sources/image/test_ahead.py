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

    reading = ahead(chunks())
    assert [next(reading) for _ in range(100)] == [b"%d" % number for number in range(100)]
    with pytest.raises(ValueError, match="damaged"):
        next(reading)
    assert list(ahead([])) == []


def test_who_stops_early_leaves_no_thread_and_little_is_made_for_nothing():
    before, made = threading.active_count(), []

    def chunks() -> Iterator[bytes]:
        while True:
            made.append(1)
            yield b"x"

    reading = ahead(chunks())
    assert next(reading) == b"x"
    reading.close()
    assert threading.active_count() == before
    assert len(made) <= 2 * DEPTH + 4
