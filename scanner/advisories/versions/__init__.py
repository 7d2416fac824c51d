"""The order of versions: each kind of package has its own."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, lru_cache
from typing import Any, Literal

Scheme = Literal["pypi", "deb", "rpm", "apk", "semver", "maven", "gem"]

Key = Any
"""What stands for a version: keys of one scheme can be compared with each other."""

Read = Callable[[str], Any]
"""Makes a key of a version; None of what is no version."""

MAX_LENGTH = 256
"""Characters of a version; a longer one is none."""
KNOWN = 1 << 17
"""Versions that are remembered, of each scheme."""


@cache
def reader(scheme: Scheme) -> Read:
    """The function that makes a key of a version of this scheme; its answer is None for what is no version."""
    read = _reader(scheme)

    @lru_cache(maxsize=KNOWN)
    def key(version: str) -> Key | None:
        return read(version) if len(version) <= MAX_LENGTH else None

    return key


def _reader(scheme: Scheme) -> Read:
    """Only the module that is needed is loaded."""
    if scheme == "pypi":
        from scanner.advisories.versions import python

        return python.key
    if scheme == "deb":
        from scanner.advisories.versions import debian

        return debian.key
    if scheme == "rpm":
        from scanner.advisories.versions import rpm

        return rpm.key
    if scheme == "apk":
        from scanner.advisories.versions import alpine

        return alpine.key
    if scheme == "semver":
        from scanner.advisories.versions import semantic

        return semantic.key
    from scanner.advisories.versions import others

    return others.maven if scheme == "maven" else others.gem
