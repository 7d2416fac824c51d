"""Versions of RPM packages, as ``rpmvercmp`` orders them: https://rpm.org/docs/latest/man/rpm-version.7."""

from __future__ import annotations

import re

_TOKEN = re.compile(r"[0-9]+|[A-Za-z]+|~|\^")
_EPOCH = re.compile(r"([0-9]{1,9}):(.*)", re.DOTALL)

_BEFORE, _END, _AFTER, _LETTERS, _NUMBER = range(5)
"""A tilde sorts before the end, a caret behind it, but before what goes on in another way."""

_Part = tuple[tuple[int, int | str], ...]


def key(version: str) -> tuple[int, _Part, _Part] | None:
    """Epoch, version and release; no epoch is epoch 0."""
    version = version.strip()
    if not any(map(str.isalnum, version)):
        return None
    epoch, rest = found.groups() if (found := _EPOCH.fullmatch(version)) else ("0", version)
    name, _, release = rest.partition("-")
    return int(epoch), _part(name), _part(release)


def _part(text: str) -> _Part:
    return (*map(_token, _TOKEN.findall(text)), (_END, 0))


def _token(word: str) -> tuple[int, int | str]:
    if word in "~^":
        return (_BEFORE if word == "~" else _AFTER), 0
    return (_NUMBER, int(word)) if word.isdigit() else (_LETTERS, word)
