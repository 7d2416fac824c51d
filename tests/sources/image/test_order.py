"""What takes longest is read first: by its bytes, and by its files where these can be told."""

import gzip
import io
import random
import sys
from collections.abc import Callable

import pytest
import zstandard

from scanner.errors import TargetError
from scanner.parsers import tar
from scanner.sources.image.decompress import MAX_BEGINNING, beginning, form_of
from scanner.sources.image.image import Blob
from scanner.sources.image.order import planned
from scanner.sources.image.pieces import Piece
from tests.sources.image.test_layers import layer

MANY = layer(*((f"folder/file{number}", b"x") for number in range(1_900)))
ONE = layer(("weights", bytes(4_000_000)))


def blob(data: bytes, **changes: object) -> Blob:
    made = Blob(digest="", diff_id="", size=len(data), media_type="", local=True, open=lambda: io.BytesIO(data))
    return made.replace(**changes)


def order(*blobs: Blob, verify: bool = False) -> list[int]:
    pieces = planned(enumerate(blobs), 2, verify=verify)
    assert sorted(pieces) == [Piece(number) for number in range(len(blobs))]
    return [piece.layer for piece in pieces]


def test_many_files_take_longer_than_a_large_one_that_nobody_reads() -> None:
    assert order(blob(ONE), blob(MANY)) == [1, 0]
    assert order(blob(MANY), blob(ONE)) == [0, 1]


def test_what_is_hashed_or_inflated_takes_longer() -> None:
    large = layer(("weights", bytes(60_000_000)))
    assert order(blob(large), blob(MANY), verify=True) == [0, 1]
    assert order(blob(large), blob(gzip.compress(MANY, 0))) == [1, 0]


@pytest.mark.parametrize("jobs", [2, 4])
def test_a_layer_of_many_files_is_cut_so_that_all_have_work(jobs: int) -> None:
    """Where members begin; what is hashed is hashed with the first piece, and the largest file is not cut."""
    many = layer(*((f"folder/file{number}", b"x") for number in range(9_000)), ("weights", bytes(9_000_000)))
    pieces = planned([(5, blob(ONE)), (7, blob(many))], jobs, verify=True)
    cut = sorted(piece for piece in pieces if piece.layer == 7)
    assert [piece.start for piece in cut[1:]] == [piece.stop for piece in cut[:-1]]
    assert (cut[0].start, cut[-1].stop, pieces[0]) == (0, sys.maxsize, cut[0])
    starts = [entry.offset - tar.BLOCK for entry in tar.walk(tar.Buffer(many), [])]
    assert all(piece.start in starts for piece in cut)
    files = [sum(piece.start <= start < piece.stop for start in starts) for piece in cut]
    assert jobs <= len(files) <= 2 * jobs
    assert max(files) < 2 * min(files)
    assert set(pieces) - set(cut) == {Piece(5)}


@pytest.mark.parametrize("change", [{"local": False}, {"open": lambda: io.BytesIO(gzip.compress(bytes(99) + MANY))}])
def test_what_cannot_be_read_from_anywhere_is_not_cut(change: dict[str, object]) -> None:
    many = layer(*((f"folder/file{number}", b"x") for number in range(9_000)))
    assert planned([(0, blob(many, **change))], 4, verify=False) == [Piece(0)]


def test_what_is_not_here_is_not_opened_for_it() -> None:
    def refuse() -> io.BytesIO:
        raise AssertionError("it was opened")

    assert order(blob(b"", local=False, size=5, open=refuse), blob(b"", local=False, size=7, open=refuse)) == [1, 0]


def test_what_cannot_be_read_has_its_turn_all_the_same() -> None:
    def gone() -> io.BytesIO:
        raise TargetError("gone")

    assert sorted(order(blob(b"", open=gone), blob(b"no tar"), blob(b""), blob(bytes(2_000)))) == [0, 1, 2, 3]


@pytest.mark.parametrize("compress", [gzip.compress, zstandard.compress], ids=["gzip", "zstd"])
def test_files_are_counted_in_what_is_inflated(compress: Callable[[bytes], bytes]) -> None:
    few = compress(layer(("weights", random.Random(1).randbytes(400_000))))
    many = compress(layer(*((f"folder/file{number}", b"x") for number in range(20_000))))
    assert len(many) < len(few)
    assert order(blob(few), blob(many)) == [1, 0]


def test_a_bomb_is_not_inflated_for_it() -> None:
    for bomb in (gzip.compress(bytes(200 << 20)), zstandard.compress(bytes(200 << 20))):
        form = form_of(bomb[:512])
        assert len(beginning(bomb, form)) <= MAX_BEGINNING
        assert order(blob(bomb)) == [0]
