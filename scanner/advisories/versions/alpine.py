"""Versions of apk packages (Alpine, Wolfi, Chainguard), as apk-tools orders them.

Grammar: https://gitlab.alpinelinux.org/alpine/apk-tools/-/blob/master/doc/apk-package.5.scd
"""

from __future__ import annotations

import re

_BEFORE = ("alpha", "beta", "pre", "rc")
_BEHIND = ("cvs", "svn", "git", "hg", "p")
_WORDS = "|".join((*_BEFORE, *_BEHIND))
_SUFFIX = re.compile(rf"_({_WORDS})([0-9]*)")
_VERSION = re.compile(rf"([0-9]+)((?:\.[0-9]+)*)([a-z]?)((?:_(?:{_WORDS})[0-9]*)*)(?:~([0-9a-f]+))?(?:-r([0-9]+))?")

_PRE, _END, _REVISION, _HASH, _COUNT, _POST, _LETTER, _DIGITS = range(8)
"""What may come next, in the order in which it sorts: only a pre-release comes before the end."""

_Token = tuple[int, int | str]


def key(version: str) -> tuple[int | _Token, ...] | None:
    """Numbers, a letter, suffixes, a commit and the package's revision; what has more behind the same is later."""
    found = _VERSION.fullmatch(version.strip())
    if found is None:
        return None
    first, numbers, letter, suffixes, commit, revision = found.groups()
    tokens: list[int | _Token] = [int(first)]
    for digits in numbers.split(".")[1:]:
        # A number with a zero in front is a text, and so before those without.
        tokens += ((_DIGITS, 0), (_DIGITS, digits)) if digits[0] == "0" else ((_DIGITS, 1), (_DIGITS, int(digits)))
    if letter:
        tokens.append((_LETTER, letter))
    for word, count in _SUFFIX.findall(suffixes):
        tokens.append((_PRE, _BEFORE.index(word)) if word in _BEFORE else (_POST, _BEHIND.index(word)))
        if count:
            tokens.append((_COUNT, int(count)))
    if commit:
        tokens.append((_HASH, commit))
    if revision:
        tokens.append((_REVISION, int(revision)))
    return (*tokens, (_END, 0))
