"""Rules found by what they ask first, so that a fact meets only those that could hold for it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from operator import attrgetter
from typing import Any

from scanner.engine.match import Decide, decider
from scanner.model.facts.base import Fact
from scanner.model.rule import Condition, Rule

Judges = list[tuple[Rule, Decide]]

MAX_KNOWN = 4_096
"""Combinations of values for which the rules are remembered."""


class Index:
    """The rules about one kind of fact, each found by a field that it asks to have a certain value."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        asked = [dict(_asked(rule.when)) for rule in rules]
        # How many rules share a value of a field, on average: the fewer, the more rules one look-up leaves out.
        crowd = {
            field: len(wanted) / len(frozenset[Any]().union(*wanted))
            for field in dict.fromkeys(field for each in asked for field in each)
            if (wanted := [each[field] for each in asked if field in each])
        }
        self._always: Judges = []
        self._fields: dict[str, tuple[dict[Any, Judges], Judges]] = {}
        for rule, each in zip(rules, asked, strict=True):
            judge = rule, decider(rule.when)
            if not each:
                self._always.append(judge)
                continue
            field = min(each, key=crowd.__getitem__)
            by_value, every = self._fields.setdefault(field, ({}, []))
            every.append(judge)
            for value in each[field]:
                by_value.setdefault(value, []).append(judge)
        self._values = attrgetter(*self._fields) if self._fields else None
        self._known: dict[Any, Judges] = {}

    def rules(self, fact: Fact) -> Judges:
        """The rules that could hold for a fact, or stay undecided, each once."""
        if self._values is None:
            return self._always
        values = self._values(fact)
        found = self._known.get(values)
        if found is None:
            found = self._find(fact)
            if len(self._known) < MAX_KNOWN:
                self._known[values] = found
        return found

    def _find(self, fact: Fact) -> Judges:
        found = self._always.copy()
        for field, (by_value, every) in self._fields.items():
            value = getattr(fact, field)
            found += every if value is None else by_value.get(value, ())
        return found


def _asked(condition: Condition) -> Iterator[tuple[str, frozenset[Any]]]:
    """The (field, values) that must be so for a condition to hold: without one of the values it is False."""
    if condition[0] == "all":
        for part in condition[1]:
            yield from _asked(part)
    elif condition[0] == "test":
        _, field, operator, wanted = condition
        values = (wanted,) if operator == "is" else wanted if operator == "in" else ()
        if values:
            yield field, frozenset(values)
