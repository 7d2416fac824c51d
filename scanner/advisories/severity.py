"""How bad an advisory is: the base score of its CVSS vector, else the word of its database, else nobody knows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from cvss import CVSS2, CVSS3, CVSS4
from cvss.exceptions import CVSSError

from scanner.model.facts.vulnerabilities import Rating

_WORDS: Mapping[str, Rating] = {
    "critical": "critical",
    "important": "high",
    "high": "high",
    "moderate": "medium",
    "medium": "medium",
    "low": "low",
    "negligible": "info",
    "unimportant": "info",
    "none": "info",
}
"""GitHub's, Red Hat's, Ubuntu's and Debian's words; "not yet assigned" and "untriaged" are none."""
_FIRST = ("CVSS_V3", "CVSS_V4", "CVSS_V2")


class Severity(NamedTuple):
    """``rating`` is None where nobody says; ``score`` and ``vector`` are "" without a vector."""

    rating: Rating | None
    score: str
    vector: str


def of(vectors: Sequence[tuple[str, str]], word: str) -> Severity:
    """By CVSS v3, else v4, else v2; a vector that is broken says nothing."""
    for kind in _FIRST:
        for given, vector in vectors:
            if given == kind and (score := _score(vector)) is not None:
                return Severity(rating(score), f"{score:.1f}", vector)
    own = (score.lower() for kind, score in vectors if not kind.startswith("CVSS"))
    words = (*own, word.partition(" ")[0].rstrip("*"))
    return Severity(next((_WORDS[each] for each in words if each in _WORDS), None), "", "")


def rating(score: float) -> Rating:
    """The word for a base score: https://www.first.org/cvss/v3.1/specification-document#Qualitative-Severity-Rating-Scale."""
    bounds: tuple[tuple[float, Rating], ...] = ((9, "critical"), (7, "high"), (4, "medium"), (0.1, "low"))
    return next((word for least, word in bounds if score >= least), "info")


@lru_cache(maxsize=1 << 16)
def _score(vector: str) -> float | None:
    kind = CVSS4 if vector.startswith("CVSS:4") else CVSS3 if vector.startswith("CVSS:3") else CVSS2
    try:
        return float(kind(vector).base_score)
    except (CVSSError, ValueError, TypeError, ArithmeticError):
        return None
