"""One package of a package manager's database."""

from __future__ import annotations

from collections.abc import Callable

from scanner.model.record import Record

Locate = Callable[[str], str]
"""The location of the package that a path records (places.py), "" for any other path."""


class Entry(Record):
    """What a record says about a package; texts are "" where it says nothing."""

    name: str
    version: str
    licence: str = ""
    architecture: str = ""
    source: str = ""
    source_version: str = ""
    """Of the source package, where it is another one."""
    url: str = ""
    requested: bool | None = None
    """Somebody asked for it by name; None where nobody recorded that."""
    owns: tuple[str, ...] = ()
    """Those of its files that record packages of other ecosystems, as locations."""
    requires: tuple[str, ...] = ()
    """The packages of the same ecosystem that it cannot do without, by name."""
