"""A name for a credential by which two reports can be compared, and from which nobody gets the credential.

It is an HMAC-SHA-256 with the key in ``HULLCHECK_SECRET_KEY``. Without one the key is ``DEFAULT``, which everybody
knows: then a value that a person chose could be found by trying words, so only those that a machine made have a name.
"""

from __future__ import annotations

import os
from functools import cache

VARIABLE = "HULLCHECK_SECRET_KEY"
DEFAULT = b"hullcheck"
DIGITS = 24
"""Hexadecimal digits of a fingerprint: 96 bits."""
LEAST = 16
"""Characters of a value that has one under the default key."""


@cache
def key() -> bytes:
    """The key in force."""
    return os.environ.get(VARIABLE, "").encode("utf-8", "surrogateescape") or DEFAULT


def fingerprint(value: str, *, made: bool) -> str:
    """The fingerprint of a credential, "" for one that has none; ``made``: by a machine."""
    from hashlib import sha256
    from hmac import new

    if key() == DEFAULT and (not made or len(value) < LEAST):
        return ""
    words = "".join(value.split())
    return new(key(), words.encode("utf-8", "surrogatepass"), sha256).hexdigest()[:DIGITS]


def key_id() -> str:
    """Changes with the key, for what is kept; says nothing about it."""
    return fingerprint("the key itself, by which what is kept is told apart", made=True)
