"""In which order layers are read, and in which pieces, so that all processes have work up to the end."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from itertools import pairwise
from math import ceil

from scanner.errors import TargetError
from scanner.parsers import tar
from scanner.sources.image.decompress import beginning, form_of
from scanner.sources.image.image import Blob
from scanner.sources.image.pieces import Piece

SAMPLE = 1 << 18
"""Stored bytes at the beginning of a layer by which its files are counted."""
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
    times = {number: _times(blob, verify) for number, blob in listed}
    share = max(LEAST, sum(map(sum, times.values())) / (jobs * PIECES))
    pieces = []
    for number, blob in listed:
        walking, rest = times[number]
        cuts = _cuts(blob, ceil(walking / share)) if walking > share else []
        for start, stop in pairwise((0, *cuts, sys.maxsize)):
            time = walking / (len(cuts) + 1) + (0 if start else rest)
            pieces.append((time, Piece(number, start, stop)))
    return [piece for _, piece in sorted(pieces, key=lambda pair: (-pair[0], -pair[1].layer, pair[1].start))]


def _times(blob: Blob, verify: bool) -> tuple[float, float]:
    """How long its files take, and all else, in bytes that are hashed meanwhile, as far as that can be told.

    One that cannot be read fails when its turn comes.
    """
    if blob.local:
        try:
            with blob.open() as raw:
                stored = raw.read(SAMPLE)
            form = form_of(stored[: tar.BLOCK])
            head = beginning(stored, form)
        except (TargetError, ValueError, OSError):
            return 0.0, 0.0
        files = PER_FILE * _files(head, blob.size * len(head) / max(1, len(stored)))
        return files, blob.size * (INFLATING if form != "tar" else verify)
    return 0.0, INFLATING * blob.size


def _files(head: bytes, size: float) -> float:
    """About how many files are in a tar of that size which begins so."""
    entries = list(tar.walk(tar.Buffer(head), []))
    return len(entries) * size / max(1, entries[-1].offset + entries[-1].size) if entries else 0.0


def _cuts(blob: Blob, pieces: int) -> list[int]:
    """Where members of a plain tar seem to begin, far apart."""
    cuts = set()
    try:
        with blob.open() as raw:
            if form_of(raw.read(tar.BLOCK)) == "tar" and raw.seekable():
                for number in range(1, pieces):
                    near = blob.size * number // pieces // tar.BLOCK * tar.BLOCK
                    raw.seek(near)
                    found = tar.boundary(raw.read(SAMPLE))
                    if found is not None and near + found < blob.size:
                        cuts.add(near + found)
    except (TargetError, ValueError, OSError):
        return []
    return sorted(cuts)
