"""Files of an image's layers, which are there only while they go by."""

from __future__ import annotations

import stat
from collections.abc import Iterator

from scanner.extractors import BY_KIND
from scanner.model.facts.base import Fact
from scanner.model.finding import Problem
from scanner.model.location import Layer, Location, Text
from scanner.model.target import File

_SOME = Layer(0, "")
_LIKELY = 1 << 20
"""Bytes that a hard link is taken for until its file is known: no extractor finds them too few or too many."""


def wanted(path: str, size: int | None, mode: int) -> bool:
    """Whether an extractor wants a file, by its path, size (None: not known yet) and mode with its type."""
    file = File(
        at=Location(path, None, _SOME),
        size=_LIKELY if size is None else size,
        mode=stat.S_IMODE(mode),
        link="" if stat.S_ISLNK(mode) else None,
        read=_nothing,
        part=_no_part,
        text=_no_text,
    )
    return any(extractor.wants(file) for extractor in BY_KIND[File])


def stated(file: File) -> Iterator[Fact | Problem]:
    """What it says, and what could not be read of it."""
    for extractor in BY_KIND[File]:
        if extractor.wants(file):
            try:
                yield from extractor.extract(file)
            except (ValueError, OSError, RecursionError) as error:
                yield Problem(at=file.at, reason=f"{type(extractor).__name__}: {error}")


def _nothing() -> bytes:
    return b""


def _no_part(start: int, size: int) -> bytes:
    return b""


def _no_text() -> Text:
    return Text(path="", value="")
