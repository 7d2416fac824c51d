"""In which order layers are read, and in which pieces, so that all processes have work up to the end."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from contextlib import suppress
from itertools import pairwise
from math import ceil
from typing import BinaryIO, NamedTuple

from scanner.errors import TargetError
from scanner.parsers import tar
from scanner.sources.image.decompress import beginning, form_of
from scanner.sources.image.image import Blob
from scanner.sources.image.pieces import Piece

SAMPLE = 1 << 18
"""Stored bytes of a compressed layer that are inflated to count its files; of a plain one, in which to seek a cut."""
PLACES, EACH = 32, 1 << 15
"""Of a plain tar, how many places are looked at to count its files, and the bytes there."""
PER_FILE = 16 << 10
"""Bytes that are hashed in the time that a file takes; measured."""
PIECES = 2
"""Of what each process has to do."""
LEAST = 2_000 * PER_FILE
"""What a piece is worth at least."""
INFLATING = 6
"""How many times as long as hashing a byte it takes to inflate one to what it stands for; measured."""


def planned(blobs: Iterable[tuple[int, Blob]], jobs: int, *, verify: bool) -> list[Piece]:
    """What so many processes read of layers, what takes longest first; those with many files in pieces.

    A plain tar in a file here is cut where a member seems to begin. Each piece is so small that all processes have work
    up to the end.
    """
    listed = list(blobs)
    times = {number: _time(blob, verify) for number, blob in listed}
    share = max(LEAST, sum(each.files + each.rest for each in times.values()) / (jobs * PIECES))
    pieces = []
    for number, blob in listed:
        files, rest, counts = times[number]
        most = min(ceil((files + rest) / share), int(files / LEAST)) if counts else 1
        cuts = _cuts(blob, counts, most) if most > 1 else []
        for start, stop in pairwise((0, *cuts, sys.maxsize)):
            time = files / (len(cuts) + 1) + (0 if start else rest)
            pieces.append((time, Piece(number, start, stop)))
    return [piece for _, piece in sorted(pieces, key=lambda pair: (-pair[0], -pair[1].layer, pair[1].start))]


class _Time(NamedTuple):
    """How long its files take, and all else, in bytes that are hashed meanwhile, as far as that can be told."""

    files: float
    rest: float
    counts: Sequence[int] = ()
    """Headers in a sample of each stretch of it, if it can be cut."""


def _time(blob: Blob, verify: bool) -> _Time:
    """Of a layer; one that cannot be read fails when its turn comes."""
    if not blob.local:
        return _Time(0, INFLATING * blob.size)
    try:
        with blob.open() as raw:
            stored = raw.read(SAMPLE)
            form = form_of(stored[: tar.BLOCK])
            if form == "tar" and raw.seekable():
                samples = [_blocks(raw, at, EACH) for at in _starts(blob.size, PLACES)]
                counts = [sum(1 for _ in tar.headers(blocks)) for blocks in samples]
                files = sum(counts) * blob.size / max(1, sum(map(len, samples)))
                return _Time(PER_FILE * files, blob.size * verify, counts)
        head = beginning(stored, form)
    except (TargetError, ValueError, OSError):
        return _Time(0, 0)
    return _Time(PER_FILE * _files(head, blob.size * len(head) / max(1, len(stored))), INFLATING * blob.size)


def _starts(size: int, parts: int) -> list[int]:
    return [size * number // parts // tar.BLOCK * tar.BLOCK for number in range(parts)]


def _blocks(raw: BinaryIO, at: int, size: int) -> bytes:
    raw.seek(at)
    return raw.read(size)


def _files(head: bytes, size: float) -> float:
    """About how many files are in a tar of that size which begins so."""
    entries = list(tar.walk(tar.Buffer(head), []))
    return len(entries) * size / max(1, entries[-1].offset + entries[-1].size) if entries else 0.0


def _cuts(blob: Blob, counts: Sequence[int], pieces: int) -> list[int]:
    """Where members of a plain tar seem to begin, with as many files between two of them."""
    shares = [sum(counts) * number / pieces for number in range(1, pieces)]
    starts = [*_starts(blob.size, len(counts)), blob.size]
    nears, passed = [], 0
    for number, count in enumerate(counts):
        start, length = starts[number], starts[number + 1] - starts[number]
        nears += [
            start + int(length * (share - passed) / count) for share in shares if passed < share <= passed + count
        ]
        passed += count
    cuts = set()
    with suppress(TargetError, ValueError, OSError), blob.open() as raw:
        for near in nears:
            at = near // tar.BLOCK * tar.BLOCK
            found = tar.boundary(_blocks(raw, at, SAMPLE))
            if found is not None and at + found < blob.size:
                cuts.add(at + found)
    return sorted(cuts)
