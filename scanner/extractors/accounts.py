"""Who an image's lists of accounts know, and how."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, cast

from scanner.extractors.interface import Told
from scanner.model.facts.layers import Account
from scanner.model.location import Evidence, Location, Span
from scanner.model.target import File, Item

_LISTS = frozenset({"etc/passwd", "etc/shadow", "etc/group"})


class Accounts:
    """The lines of ``etc/passwd``, ``etc/shadow`` and ``etc/group``."""

    of = (File,)
    told = Told(_LISTS)

    def wants(self, item: Item) -> bool:
        """Those files, in a layer."""
        return isinstance(item, File) and item.at.path in _LISTS and item.at.layer is not None and item.link is None

    def extract(self, item: Item) -> Iterator[Account]:
        """A fact for each account; a password is never part of it. Raises ValueError for a list that is too long."""
        from scanner.parsers import accounts

        assert isinstance(item, File)
        which = cast(Literal["passwd", "shadow", "group"], item.at.path.rpartition("/")[2])
        first: dict[int, str] = {}
        if item.size > accounts.MAX_SIZE:
            raise ValueError(f"{item.size:,} bytes; at most {accounts.MAX_SIZE:,} of a list of accounts are read")
        for name, password, field, line in accounts.parse(item.read()):
            number = None if which == "shadow" else field
            other = "" if number is None else first.setdefault(number, name)
            span = Span(line, 1, line, len(name))
            yield Account(
                evidence=(Evidence(Location(item.at.path, span, item.at.layer), name),),
                ships=item.ships,
                database=which,
                name=name,
                number=number,
                password=password if which != "group" else "none",
                shares_with="" if other == name else other,
            )


EXTRACTORS = (Accounts(),)
