"""Semantic versions (npm, Go, crates.io), as https://semver.org/#spec-item-11 orders them."""

from __future__ import annotations

import re

_VERSION = re.compile(r"[vV=]?([0-9]+(?:\.[0-9]+)*)(?:-([0-9A-Za-z.-]+))?(?:\+.*)?")

_Part = tuple[int, int | str]


def key(version: str) -> tuple[tuple[int, ...], tuple[_Part, ...]] | None:
    """Numbers without zeros at the end, then the pre-release; what is behind a plus does not count."""
    found = _VERSION.fullmatch(version.strip())
    if found is None:
        return None
    numbers = [int(number) for number in found[1].split(".")]
    while numbers and not numbers[-1]:
        numbers.pop()
    before = tuple(_part(part) for part in found[2].split(".")) if found[2] else ((2, 0),)
    return tuple(numbers), before


def _part(text: str) -> _Part:
    return (0, int(text)) if text.isdigit() else (1, text)
