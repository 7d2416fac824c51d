"""What is known about the world: the lists and tables in ``rules/``.

``rules/lists/NAME.txt`` holds a name a line. ``rules/tables/NAME.tsv`` holds tab-separated rows under a heading of
``# source:``, ``# date: YYYY-MM-DD``, ``# update:`` and ``# columns:`` lines. ``#`` starts a comment in both.
"""

from __future__ import annotations

import itertools
import os
from functools import cache

from scanner.model.record import Record


class KnownBase(Record, kw_only=False):
    """A row of ``rules/tables/base-images.tsv``; "" where nothing is known."""

    repository: str
    user: str
    product: str
    """Of ``rules/tables/end-of-life.tsv``, whose version the tag names."""
    ai: str
    service: str


class RestrictedLicence(Record, kw_only=False):
    """A row of ``rules/tables/model-licences.tsv``."""

    name: str
    restrictions: str
    """As the table's heading lists them, comma between."""
    asks: str
    link: str


@cache
def folder() -> str:
    """The folder of the rules that come with the program: inside the wheel, or beside the source tree."""
    here = os.path.dirname(os.path.abspath(__file__))
    inside = os.path.join(here, "_rules")
    return inside if os.path.isdir(inside) else os.path.join(os.path.dirname(here), "rules")


@cache
def names(which: str) -> frozenset[str]:
    """The names in ``rules/lists/<which>.txt``."""
    return frozenset(lines(os.path.join(folder(), "lists", f"{which}.txt")))


@cache
def rows(which: str) -> tuple[tuple[str, ...], ...]:
    """The rows of ``rules/tables/<which>.tsv``, one string a column."""
    path = os.path.join(folder(), "tables", f"{which}.tsv")
    return tuple(tuple(cell.strip() for cell in line.split("\t")) for line in lines(path))


@cache
def dates() -> dict[str, str]:
    """When each table was last compared with its sources, as ``YYYY-MM-DD``."""
    found = {}
    with os.scandir(os.path.join(folder(), "tables")) as entries:
        for entry in entries:
            if entry.name.endswith(".tsv"):
                with open(entry.path, encoding="utf-8") as file:
                    heading = itertools.takewhile(lambda line: line.startswith("#"), file)
                    said = (line.partition("# date:")[2].strip() for line in heading)
                    found[entry.name[:-4]] = next(filter(None, said), "")
    return dict(sorted(found.items()))


def aged(today: str) -> str:
    """What to tell a user about tables that are more than a year old, "" when none is; ``today`` is ``YYYY-MM-DD``."""
    year_ago = f"{int(today[:4]) - 1}{today[4:]}"
    old = {name: date for name, date in dates().items() if date < year_ago}
    if not old:
        return ""
    names = ", ".join(f"{name} ({date})" for name, date in old.items())
    return f"more than a year old: {names}; what ended or turned bad since is not known: update hullcheck"


@cache
def base_image(name: str, tag: str) -> KnownBase | None:
    """What is known of a public image: ``name`` with its registry, without ``docker.io/`` and ``library/``."""
    for row in rows("base-images"):
        pattern = row[0]
        if _fits(pattern, f"{name}:{tag}" if ":" in pattern else name):
            return KnownBase(*row)
    return None


@cache
def restricted_licence(name: str) -> RestrictedLicence | None:
    """What a licence of a model or a data set restricts, as SPDX or the model's card names it; None for any other."""
    plain = "-".join(name.lower().split())
    for row in rows("model-licences"):
        if _fits(row[0], plain):
            return RestrictedLicence(*row)
    return None


def _fits(pattern: str, text: str) -> bool:
    """Whether ``text`` is ``pattern``, in which ``*`` stands for anything."""
    if "*" not in pattern:
        return pattern == text
    first, *middle, last = pattern.split("*")
    if not text.startswith(first) or not text.endswith(last) or len(text) < len(first) + len(last):
        return False
    at, end = len(first), len(text) - len(last)
    for part in middle:
        found = text.find(part, at, end)
        if found < 0:
            return False
        at = found + len(part)
    return True


def lines(path: str) -> list[str]:
    """The lines of such a file that say something, comments taken off."""
    with open(path, encoding="utf-8") as file:
        return [line for line in (line.split("#", 1)[0].strip("\n ") for line in file) if line]
