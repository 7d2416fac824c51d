"""How far an import can be trusted, by a table of modules and names (``rules/tables/pickle-imports.tsv``)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Final, Literal, cast

from scanner.model.record import Record
from scanner.parsers.pickles.python2 import modern
from scanner.parsers.pickles.trace import Import

Tier = Literal["weights-only", "library", "unknown", "dangerous"]
TIERS: Final[tuple[Tier, ...]] = ("dangerous", "unknown", "library", "weights-only")
"""The least trusted first."""
_SPECIAL: Final = "*?["
_OWN: Final = ("__main__", "__mp_main__", "__builtin__", "__future__")
"""Modules whose names are no way out of them."""


class Tiers(Record):
    """The table, arranged for looking imports up."""

    exact: Mapping[tuple[str, str], Tier]
    """By module and name; of two tiers, the less trusted."""
    modules: Mapping[str, Sequence[tuple[bool, str, Tier]]]
    """By module: whether its submodules count, a pattern of names, and the tier; the least trusted first."""
    anywhere: frozenset[str]
    """Names that are dangerous in any module."""
    closed: frozenset[str]
    """Modules of which everything is dangerous; where such a name is an attribute, it is most likely the module."""


def tiers(rows: Iterable[Sequence[str]]) -> Tiers:
    """The table of its rows: a tier, modules, and patterns of names."""
    exact: dict[tuple[str, str], Tier] = {}
    modules: dict[str, list[tuple[bool, str, Tier]]] = {}
    anywhere: set[str] = set()
    closed: set[str] = set()
    for said, of, patterns in sorted(rows, key=lambda row: TIERS.index(cast(Tier, row[0]))):
        tier = cast(Tier, said)
        for module in of.split(", "):
            for pattern in patterns.replace(",", " ").split():
                if module == "*":
                    anywhere.add(pattern)
                elif not module.endswith(".*") and not any(sign in pattern for sign in _SPECIAL):
                    exact.setdefault((module, pattern), tier)
                else:
                    name = module.removesuffix(".*")
                    modules.setdefault(name, []).append((name != module, pattern, tier))
                    if pattern == "*" and tier == "dangerous":
                        closed.add(name)
    return Tiers(exact=exact, modules=modules, anywhere=frozenset(anywhere), closed=frozenset(closed))


def tier_of(of: Import, table: Tiers) -> Tier:
    """How far an import can be trusted, as Python 3 and as Python 2 takes it; "unknown" when its name is not known."""
    if not of.resolved:
        return "unknown"
    if _tier(of.module, of.name, table) == "dangerous":
        return "dangerous"
    return _tier(*modern(of.module, of.name), table)


def _tier(module: str, name: str, table: Tiers) -> Tier:
    known = table.exact.get((module, name))
    if known is not None:
        return known
    path, attributes = module.split("."), name.split(".")
    if _reaches_out(path, attributes, table):
        return "dangerous"
    for length in range(len(path), 0, -1):
        for below, pattern, tier in table.modules.get(".".join(path[:length]), ()):
            if (below or length == len(path)) and fnmatchcase(attributes[0], pattern):
                # Of what is trusted, a class is: its attributes are not.
                return tier if tier == "dangerous" or len(attributes) == 1 else "unknown"
    return "unknown"


def _reaches_out(path: list[str], attributes: list[str], table: Tiers) -> bool:
    """Whether a dotted name goes through something dangerous, whatever module it begins in."""
    inner = path[1:] if path[0] in _OWN else path
    if any(part.startswith("__") and part.endswith("__") for part in (*inner, *attributes)):
        return True
    if attributes[-1] in table.anywhere or any(part in table.closed for part in attributes):
        return True
    module = ".".join(path)
    return any(
        table.exact.get((module, ".".join(attributes[:length]))) == "dangerous" for length in range(1, len(attributes))
    )
