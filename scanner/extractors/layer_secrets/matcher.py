"""Which detectors may have something to find in some bytes, and where: a first look, as fast as can be.

Hyperscan searches for all heads at once. Where it is not prebuilt (pyproject.toml), one keyword is searched for after
the other, which takes some fifty times as long. Both find the same.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Protocol

from scanner.parsers import secrets
from scanner.parsers.secrets.table import HEADS, KEYWORDS

FEW = 1 << 18
"""Bytes that are searched without Hyperscan in the time that it takes to get ready."""


class Matcher(Protocol):
    """Looks for the heads of all detectors that layers are searched for."""

    def hits(self, data: bytes, /) -> list[tuple[int, int]]:
        """(a place in a head, the detector's number) for what is found, several times perhaps, in no order."""

    def tells(self, data: bytes, /) -> bool:
        """Whether settings say one of ``secrets.telling()``, in whatever case."""


@cache
def matcher() -> Matcher:
    """The fastest there is."""
    try:
        from scanner.extractors.layer_secrets.hyper import Hyperscan
    except ImportError:
        return Plain()
    return Hyperscan(HEADS, secrets.telling())


@cache
def patient() -> Matcher:
    """The fastest there is, once it is worth it."""
    return Patient()


class Patient:
    """Gets Hyperscan ready when more than a little is to be searched: most build contexts are small."""

    def __init__(self) -> None:
        self._plain, self._left = Plain(), FEW

    def hits(self, data: bytes, /) -> list[tuple[int, int]]:
        """As ``Matcher`` says."""
        self._left -= len(data)
        return self._engine().hits(data)

    def tells(self, data: bytes, /) -> bool:
        """As ``Matcher`` says."""
        return self._engine().tells(data)

    def _engine(self) -> Matcher:
        return self._plain if self._left >= 0 else matcher()


class Plain:
    """With what Python has."""

    def __init__(self) -> None:
        self._words = [
            (keyword.encode(), tuple(number for number in numbers if number in HEADS))
            for keyword, numbers in KEYWORDS.items()
            if any(number in HEADS for number in numbers)
        ]

    def hits(self, data: bytes, /) -> list[tuple[int, int]]:
        """As ``Matcher`` says."""
        found = []
        for word, numbers in self._words:
            at = data.find(word)
            while at >= 0:
                found += [(at, number) for number in numbers if _head(number).match(data, at)]
                at = data.find(word, at + 1)
        return found

    def tells(self, data: bytes, /) -> bool:
        """As ``Matcher`` says."""
        lower = data.lower()
        return any(word in lower for word in secrets.telling())


@cache
def _head(number: int) -> re.Pattern[bytes]:
    return re.compile(HEADS[number].encode())
