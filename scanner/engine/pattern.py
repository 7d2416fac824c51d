"""Whether a regular expression could be made to run for ever by hostile text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

WIDE = 32
"""A quantifier that allows more repetitions than this counts as unlimited."""
MAX_UNLIMITED = 2


def weakness(pattern: str) -> str:
    """What makes a pattern slow, or "". Raises re.error for what is no pattern.

    Nested unlimited quantifiers make the search exponential, several in a row raise its power; with at most two and
    text no longer than ``match.MAX_MATCHED`` it stays bounded.
    """
    from re import _parser  # type: ignore[attr-defined]

    re.compile(pattern)
    try:
        count = _unlimited(_parser.parse(pattern))
    except _Weak as weak:
        return str(weak)
    return f"more than {MAX_UNLIMITED} unlimited quantifiers, write {{0,{WIDE}}}" if count > MAX_UNLIMITED else ""


class _Weak(Exception):
    pass


def _unlimited(sequence: Any) -> int:
    """How many unlimited quantifiers one way through the pattern can meet."""
    count = 0
    for operation, argument in sequence:
        name = str(operation)
        inner = max((_unlimited(part) for part in parts(argument)), default=0)
        if name == "BRANCH" or not name.endswith("REPEAT"):
            if name.startswith("GROUPREF"):
                raise _Weak("a back-reference")
            count += inner
            continue
        most = int(argument[1])
        if inner and most > 1:
            raise _Weak("a quantifier inside a quantifier")
        count += inner + (most > WIDE)
    return count


def parts(argument: Any) -> Iterator[Any]:
    """The sub-patterns of an operation's argument."""
    if type(argument).__name__ == "SubPattern":
        yield argument
    elif isinstance(argument, tuple | list):
        for part in argument:
            yield from parts(part)
