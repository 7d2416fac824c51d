"""Sources that hold a reader to what it promises, and the model files that libraries wrote."""

from __future__ import annotations

from pathlib import Path

from scanner.parsers.models.readers import RANDOM_ACCESS, read
from scanner.parsers.models.recognize import HEAD, format_of

VECTORS = Path(__file__).parents[1] / "vectors" / "models"


class Forward:
    """A source that fails when it is asked for an earlier offset, or for bytes behind its end; counts what is read."""

    def __init__(self, data: bytes, anywhere: bool = False) -> None:
        self._data, self._last, self._anywhere, self.read = data, 0, anywhere, 0

    def at(self, offset: int, size: int) -> bytes:
        assert size >= 0
        assert offset >= (0 if self._anywhere else self._last), "offsets only grow"
        self._last = offset
        self.read += size
        return self._data[offset : offset + size]


def header(data: bytes, format: str = ""):
    """The header of a file, of the format that it is recognized as."""
    found = format or format_of(data[:HEAD], len(data))
    assert found
    return read(found, Forward(data, found in RANDOM_ACCESS), len(data))


def vector(name: str) -> bytes:
    """A file that a library wrote; ``generate.py`` beside it says how."""
    return (VECTORS / name).read_bytes()


def kinds(found) -> list[str]:
    """The kinds of a header's flaws."""
    return [flaw.kind for flaw in found.flaws]
