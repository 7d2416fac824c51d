"""Rules found by what they ask first, so that a fact meets only those that could hold for it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from scanner.engine.match import Decide, decider
from scanner.model.facts.base import Fact
from scanner.model.rule import Condition, Rule

Judges = list[tuple[Rule, Decide]]


class Index:
    """The rules about one kind of fact, by the value of the field that most of them ask to be a certain word."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self._all: Judges = [(rule, decider(rule.when)) for rule in rules]
        asked = [dict(_asked(rule.when)) for rule in rules]
        fields = [field for each in asked for field in each]
        self._field = max(fields, key=fields.count, default="")
        values = {value for each in asked for value in each.get(self._field, ())}
        self._rest: Judges = [judge for judge, each in zip(self._all, asked, strict=True) if self._field not in each]
        self._by_value: dict[Any, Judges] = {
            value: [
                judge
                for judge, each in zip(self._all, asked, strict=True)
                if self._field not in each or value in each[self._field]
            ]
            for value in values
        }

    def rules(self, fact: Fact) -> Judges:
        """The rules that could hold for a fact, or stay undecided, in the order they came in."""
        if not self._field:
            return self._all
        value = getattr(fact, self._field)
        return self._all if value is None else self._by_value.get(value, self._rest)


def _asked(condition: Condition) -> Iterator[tuple[str, frozenset[Any]]]:
    """The (field, words) that must be so for a condition to hold: without one of the words it is False."""
    if condition[0] == "all":
        for part in condition[1]:
            yield from _asked(part)
    elif condition[0] == "test":
        _, field, operator, wanted = condition
        words = (wanted,) if operator == "is" else wanted if operator == "in" else ()
        if words and all(isinstance(word, str) for word in words):
            yield field, frozenset(words)
