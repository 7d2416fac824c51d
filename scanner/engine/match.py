"""Decide a condition on a fact: True, False, or None when the fact does not say enough.

The logic is Kleene's: an unknown part matters only where it could change the answer.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from typing import Any

from scanner.model.facts.base import Fact
from scanner.model.rule import Condition

MAX_MATCHED = 2_000
"""Characters of a text that ``matches`` looks at; whether the rest would match is not known."""

Decide = Callable[[Fact], bool | None]


def decider(condition: Condition) -> Decide:
    """The condition as a function of a fact."""
    if condition[0] == "test":
        return _test(*condition[1:])
    if condition[0] == "not":
        return _not(decider(condition[1]))
    parts = tuple(decider(part) for part in condition[1])
    return _group(parts, decides=condition[0] == "any")


def unknown(condition: Condition, fact: Fact) -> tuple[str, ...]:
    """The fields that the condition asks about and the fact does not know."""
    return tuple(dict.fromkeys(field for field in _fields(condition) if getattr(fact, field) is None))


def _fields(condition: Condition) -> list[str]:
    if condition[0] == "test":
        return [condition[1]]
    parts = (condition[1],) if condition[0] == "not" else condition[1]
    return [field for part in parts for field in _fields(part)]


def _group(parts: tuple[Decide, ...], *, decides: bool) -> Decide:
    def group(fact: Fact) -> bool | None:
        answer: bool | None = not decides
        for part in parts:
            one = part(fact)
            if one is decides:
                return decides
            if one is None:
                answer = None
        return answer

    return group


def _not(part: Decide) -> Decide:
    def negated(fact: Fact) -> bool | None:
        answer = part(fact)
        return None if answer is None else not answer

    return negated


def _test(field: str, operator: str, wanted: Any) -> Decide:
    if operator == "is":
        return lambda fact: None if (value := getattr(fact, field)) is None else bool(value == wanted)
    if operator == "in":
        return lambda fact: None if (value := getattr(fact, field)) is None else value in wanted
    compare = _COMPARE[operator]

    def known(fact: Fact) -> bool | None:
        value = getattr(fact, field)
        return None if value is None else compare(value, wanted)

    return known


def _matches(value: Any, wanted: str) -> bool | None:
    if isinstance(value, tuple):
        answers = {_matches(one, wanted) for one in value}
        return True if True in answers else None if None in answers else False
    found = _pattern(wanted).search(value, 0, MAX_MATCHED)
    if len(value) > MAX_MATCHED and (found is None or found.end() == MAX_MATCHED):
        return None
    return found is not None


@cache
def _pattern(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


_COMPARE: dict[str, Callable[[Any, Any], bool | None]] = {
    "matches": _matches,
    "at_least": lambda value, wanted: bool(value >= wanted),
    "at_most": lambda value, wanted: bool(value <= wanted),
    "empty": lambda value, wanted: (not value) is wanted,
    "has_any": lambda value, wanted: not wanted.isdisjoint(value),
}
