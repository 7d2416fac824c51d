"""In which order layers are read: what takes longest first, so that all processes have work up to the end."""

from __future__ import annotations

from collections.abc import Iterable

from scanner.errors import TargetError
from scanner.parsers import tar
from scanner.sources.image.decompress import beginning, form_of
from scanner.sources.image.image import Blob

SAMPLE = 1 << 18
"""Stored bytes at the beginning of a layer by which its files are counted."""
PER_FILE = 16 << 10
"""Bytes that are hashed in the time that a file takes; measured."""
INFLATING = 6
"""How many times as long as hashing a byte it takes to inflate one to what it stands for; measured."""


def longest_first(blobs: Iterable[tuple[int, Blob]], *, verify: bool) -> list[int]:
    """The numbers of layers, by the time that each takes as far as that can be told beforehand."""
    weights = {number: _weight(blob, verify) for number, blob in blobs}
    return sorted(weights, key=lambda number: (weights[number], number), reverse=True)


def _weight(blob: Blob, verify: bool) -> float:
    """In bytes that are hashed in the same time. One that cannot be read fails when its turn comes."""
    if blob.local:
        try:
            with blob.open() as raw:
                stored = raw.read(SAMPLE)
            form = form_of(stored[: tar.BLOCK])
            head = beginning(stored, form)
        except (TargetError, ValueError, OSError):
            return 0.0
        files = PER_FILE * _files(head, blob.size * len(head) / max(1, len(stored)))
        return files + blob.size * (INFLATING if form != "tar" else verify)
    return INFLATING * blob.size


def _files(head: bytes, size: float) -> float:
    """About how many files are in a tar of that size which begins so."""
    entries = list(tar.walk(tar.Buffer(head), []))
    return len(entries) * size / max(1, entries[-1].offset + entries[-1].size) if entries else 0.0
