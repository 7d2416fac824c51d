"""Versions of Debian packages, as dpkg orders them: https://manpages.debian.org/deb-version.7."""

from __future__ import annotations

import re

_PARTS = re.compile(r"([^0-9]*)([0-9]*)")
_VERSION = re.compile(r"(?:([0-9]{1,9}):)?([A-Za-z0-9.+~:-]+)")
_OTHERS = 256


def key(version: str) -> tuple[tuple[int, ...], ...] | None:
    """Epoch, upstream version and revision."""
    found = _VERSION.fullmatch(version.strip())
    if found is None:
        return None
    upstream, _, revision = found[2].rpartition("-") if "-" in found[2] else (found[2], "", "")
    return (int(found[1] or 0),), _weights(upstream), _weights(revision)


def _weights(text: str) -> tuple[int, ...]:
    """Texts and numbers in turn, each text closed by 0: a tilde sorts before the end, letters before all others."""
    weights: list[int] = []
    for letters, digits in _PARTS.findall(text):
        if letters or digits:
            weights += map(_weight, letters)
            weights += 0, int(digits or 0)
    return (*weights, 0) if weights else (0, 0, 0)


def _weight(letter: str) -> int:
    return -1 if letter == "~" else ord(letter) if letter.isalpha() else ord(letter) + _OTHERS
