"""The lists of accounts and groups: ``etc/passwd``, ``etc/shadow``, ``etc/group``.

Formats: passwd(5), shadow(5), group(5) of https://man7.org/linux/man-pages.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, NamedTuple

MAX_SIZE = 4 << 20
"""Bytes of the longest list that is read."""
MAX_LINES = 10_000
"""Accounts of one list; no image has as many."""
_LOCKED = "!*"
"""What no password can match begins so; ``x`` says that it is kept in ``shadow``."""

Password = Literal["empty", "set", "none"]


class Line(NamedTuple):
    """One account or group; ``line`` is 1-based, ``number`` None where there is none."""

    name: str
    password: Password
    number: int | None
    line: int


def parse(data: bytes) -> Iterator[Line]:
    """The accounts of a list, in order; comments, NIS lines and lines without a colon are none.

    ``shadow`` has the day of the last change where the others have the number. Raises ValueError for a list that is
    too long, in the end when it has too many lines.
    """
    if len(data) > MAX_SIZE:
        raise ValueError(f"{len(data):,} bytes; at most {MAX_SIZE:,} of a list of accounts are read")
    found = 0
    for number, line in enumerate(data.decode("utf-8", "replace").split("\n"), 1):
        name, *fields = line.split(":", 3)
        if not fields or not name or name[0] in "#+-" or name.strip() != name:
            continue
        found += 1
        if found > MAX_LINES:
            raise ValueError(f"more than {MAX_LINES:,} accounts; the rest was not looked at")
        yield Line(name, _password(fields[0]), _number(fields[1]) if len(fields) > 1 else None, number)


def _password(field: str) -> Password:
    if not field:
        return "empty"
    return "none" if field[0] in _LOCKED or field in {"x", "NP", "LK"} else "set"


def _number(field: str) -> int | None:
    return int(field) if field.isascii() and field.isdigit() and len(field) < 11 else None
