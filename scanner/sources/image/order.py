"""In which order layers are read: what takes longest first, so that all processes have work up to the end."""

from __future__ import annotations

from collections.abc import Iterable

from scanner.errors import TargetError
from scanner.parsers import tar
from scanner.sources.image.decompress import form_of
from scanner.sources.image.image import Blob

SAMPLE = 1 << 16
"""Bytes at the beginning of a layer by which its files are counted."""
PER_FILE = 6 << 10
"""Bytes that are hashed in the time that a file takes; measured."""
INFLATED = 4
"""How many times as long it takes to inflate a byte; measured."""


def longest_first(blobs: Iterable[tuple[int, Blob]], *, verify: bool) -> list[int]:
    """The numbers of layers, by the time that each takes as far as that can be told beforehand."""
    weights = {number: _weight(blob, verify) for number, blob in blobs}
    return sorted(weights, key=lambda number: (weights[number], number), reverse=True)


def _weight(blob: Blob, verify: bool) -> int:
    """In bytes that are hashed in the same time."""
    head = _beginning(blob) if blob.local else b""
    entries = list(tar.walk(tar.Buffer(head), []))
    if not entries:
        return INFLATED * blob.size
    files = len(entries) * blob.size // max(1, entries[-1].offset + entries[-1].size)
    return PER_FILE * files + verify * blob.size


def _beginning(blob: Blob) -> bytes:
    """Of a layer that is no tar, or that cannot be read, nothing; the latter is told when its turn comes."""
    try:
        with blob.open() as raw:
            head = raw.read(SAMPLE)
            return head if form_of(head[: tar.BLOCK]) == "tar" else b""
    except (TargetError, ValueError, OSError):
        return b""
