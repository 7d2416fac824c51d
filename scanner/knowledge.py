"""What is known about the world: the lists and tables in ``rules/``.

``rules/lists/NAME.txt`` holds a name a line. ``rules/tables/NAME.tsv`` holds tab-separated rows under a heading of
``# source:``, ``# date: YYYY-MM-DD`` and ``# columns:`` lines. ``#`` starts a comment in both.
"""

from __future__ import annotations

import os
from functools import cache


@cache
def folder() -> str:
    """The folder of the rules that come with the program: inside the wheel, or beside the source tree."""
    here = os.path.dirname(os.path.abspath(__file__))
    inside = os.path.join(here, "_rules")
    return inside if os.path.isdir(inside) else os.path.join(os.path.dirname(here), "rules")


@cache
def names(which: str) -> frozenset[str]:
    """The names in ``rules/lists/<which>.txt``."""
    return frozenset(_lines("lists", f"{which}.txt"))


@cache
def rows(which: str) -> tuple[tuple[str, ...], ...]:
    """The rows of ``rules/tables/<which>.tsv``, one string a column."""
    return tuple(tuple(cell.strip() for cell in line.split("\t")) for line in _lines("tables", f"{which}.tsv"))


def _lines(*path: str) -> list[str]:
    with open(os.path.join(folder(), *path), encoding="utf-8") as file:
        return [line for line in (line.split("#", 1)[0].strip("\n ") for line in file) if line]
