"""The parts of a combination: facts that make it so, or may."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple, TypeVar

from scanner.model.facts import Combination, CredentialFile, Fact
from scanner.model.facts.combinations import Name
from scanner.model.location import Evidence

MAX_NAMED = 5
"""Facts of one part that are named; all are evidence."""

Truth = bool | None
F = TypeVar("F", bound=Fact)


class Part(NamedTuple):
    """A fact that makes a part of a combination true (``truth`` is None: that may), its name, and what it adds."""

    fact: Fact
    truth: Truth
    name: str
    note: str


class Image:
    """The facts of the image that ships."""

    def __init__(self, facts: Sequence[Fact]) -> None:
        self._by_kind: dict[type[Fact], list[Fact]] = {}
        for fact in facts:
            if fact.ships:
                self._by_kind.setdefault(type(fact), []).append(fact)

    def find(
        self, kind: type[F], truth: Callable[[F], Truth], note: str, name: Callable[[F], str] = lambda fact: ""
    ) -> list[Part]:
        """The facts of a kind that make a part true, else the first that may."""
        sure: list[Part] = []
        unsure: list[Part] = []
        for fact in self._by_kind.get(kind, ()):
            assert isinstance(fact, kind)
            answer = truth(fact)
            if answer is not False:
                (sure if answer else unsure).append(Part(fact, answer, name(fact), note))
        return sure or unsure[:1]


def joined(
    name: Name,
    *parts: Sequence[Part],
    service: Sequence[Part] = (),
    what: Sequence[Part] = (),
    how: Sequence[Part] = (),
) -> Iterator[Combination]:
    """One fact when each part has facts; the first part is where it points."""
    if all(parts):
        yield Combination(
            evidence=tuple(_evidence(each) for part in parts for each in part),
            name=name,
            holds=True if all(part[0].truth for part in parts) else None,
            service=_names(service),
            what=_names(what),
            how=_names(how),
        )


def _evidence(part: Part) -> Evidence:
    """A fact's place, with what it adds; a file that is taken along is at its own place, not at its COPY."""
    evidence = part.fact.evidence[-1 if isinstance(part.fact, CredentialFile) else 0]
    return Evidence(evidence.at, evidence.quote, part.note)


def _names(parts: Sequence[Part]) -> str:
    names = list(dict.fromkeys(part.name for part in parts if part.name))
    more = len(names) - MAX_NAMED
    return ", ".join(names[:MAX_NAMED]) + (f" and {more} more" if more > 0 else "")


def best(parts: list[Part]) -> list[Part]:
    """The first that is so, else the first that may be."""
    return sorted(parts, key=lambda part: not part.truth)[:1]


def negated(truth: Truth) -> Truth:
    """Not so."""
    return None if truth is None else not truth
