"""Which installed packages handle what the network sends to an open service.

That is the service's own program, by ``rules/tables/services.tsv``, and what it requires. A package that is not marked
may be reached all the same: by a service that nobody sees, or by an import that no package declares.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from functools import cache

from scanner import knowledge
from scanner.model.facts import Fact, InstalledPackage, Service

_INSTALLERS = frozenset({"pip", "setuptools", "wheel"})
"""Required for building and for finding modules; no request gets to them."""

_Place = tuple[str, str]


def served(facts: Sequence[Fact]) -> Mapping[str, str]:
    """The open service that each package is, in words, by ``ecosystem:name``."""
    found: dict[str, str] = {}
    for fact in facts:
        if isinstance(fact, Service) and fact.open and fact.ships:
            where = "to the network" if fact.port is None else f"on port {fact.port}"
            for name in _packages().get(fact.product, ()):
                found.setdefault(name, f"{fact.product}, open {where}")
    return found


def marked(packages: Sequence[InstalledPackage], facts: Sequence[Fact]) -> Iterator[InstalledPackage]:
    """The packages, each that an open service among the facts reaches with that service; the nearest one counts."""
    own = served(facts)
    reached = _reached(packages, own) if own else {}
    for number, package in enumerate(packages):
        yield package.replace(reached_by=reached[number]) if number in reached else package


def _reached(packages: Sequence[InstalledPackage], own: Mapping[str, str]) -> Mapping[int, str]:
    """The services by the number of the package, found from what they are on, requirement by requirement."""
    places = _places(packages)
    found: dict[int, str] = {}
    waiting: deque[tuple[int, str, str]] = deque()
    for number, package in enumerate(packages):
        service = own.get(f"{package.ecosystem}:{package.name}")
        if service is not None and _runs(package):
            found[number] = service
            waiting.append((number, service, service))
    seen: set[_Place] = set()
    while waiting:
        number, service, words = waiting.popleft()
        for place in _required(packages[number], places):
            if place not in seen:
                seen.add(place)
                for other in places.get(place, ()):
                    if other not in found:
                        found[other] = words
                        waiting.append((other, service, f"{service}, through {packages[other].name}"))
    return found


def _places(packages: Sequence[InstalledPackage]) -> Mapping[_Place, Sequence[int]]:
    """Where packages are looked for: Python's in their folder and anywhere (""), Go's modules in their program."""
    found: dict[_Place, list[int]] = {}
    for number, package in enumerate(packages):
        if package.ecosystem == "pypi" and _runs(package):
            found.setdefault((_folder(package), package.name), []).append(number)
            found.setdefault(("", package.name), []).append(number)
        elif package.ecosystem == "go" and _runs(package):
            found.setdefault((package.location, ""), []).append(number)
    return found


def _required(package: InstalledPackage, places: Mapping[_Place, Sequence[int]]) -> Iterator[_Place]:
    """Where the packages are that it requires; those beside it come before those elsewhere."""
    if package.ecosystem == "go":
        yield package.location, ""
    for name in package.requires:
        if name not in _INSTALLERS:
            beside = _folder(package), name
            yield beside if beside in places else ("", name)


def _runs(package: InstalledPackage) -> bool:
    """Whether others can import it; a copy that another package carries is that one's own affair."""
    return package.ships and not package.vendored_in


def _folder(package: InstalledPackage) -> str:
    return package.location.rpartition("/")[0]


@cache
def _packages() -> Mapping[str, Sequence[str]]:
    """The packages of a product, as ``ecosystem:name``."""
    return {product: packages.split(", ") for product, *_, packages in knowledge.rows("services") if packages}
