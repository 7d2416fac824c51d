"""Versions of Python packages: PEP 440, without the local part, which says who built it."""

from __future__ import annotations

import re

from packaging.version import InvalidVersion, Version

_NUMBERS = re.compile(r"\s*v?((?:[0-9]+!)?[0-9]+(?:\.[0-9]+)*)(?![0-9])", re.IGNORECASE)
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_PLAIN_BUILD = re.compile(r"(?:cu[0-9]+|cpu|rocm[0-9]+|xpu|cxx11|abi|pt[0-9]+|torch[0-9]+|[0-9]|[._-])+")


def key(version: str) -> Version | None:
    """The public version; of what is none, its longest beginning that is numbers. A date is no version."""
    try:
        found = Version(version)
        return Version(found.public) if found.local else found
    except (InvalidVersion, ValueError):
        numbers = _NUMBERS.match(version)
        if numbers is None or _DATE.match(version):
            return None
    try:
        return Version(numbers[1])
    except (InvalidVersion, ValueError):
        return None


def exact(version: str) -> bool:
    """Whether it is written as PEP 440 says."""
    try:
        Version(version)
    except (InvalidVersion, ValueError):
        return False
    return True


def own_build(version: str) -> bool:
    """Whether the local part names another builder, who may have patched it; not just what it is built for."""
    _, plus, local = version.partition("+")
    return bool(plus) and not _PLAIN_BUILD.fullmatch(local.lower())
