"""A rule that stands for many: its findings bear an id each, made from a number that their facts hold.

The rule's ``each`` is that id with the field in braces, at its end: ``shellcheck-SC{code}``.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from scanner.model.facts.base import Fact
from scanner.model.rule import Rule

MAX_DIGITS = 9


def member(rule: Rule, fact: Fact) -> Rule:
    """The rule that a finding about a fact bears."""
    if not rule.each:
        return rule
    prefix, field = _split(rule.each)
    return rule.replace(id=f"{prefix}{getattr(fact, field)}")


def named(rule: Rule, templates: Iterable[str], name: str) -> frozenset[str]:
    """The id that is meant by a name shaped like one of the templates (``SC{code}``), if it is."""
    numbers = (_number(template, name) for template in templates)
    return frozenset(f"{_split(rule.each)[0]}{number}" for number in numbers if number is not None)


def only(rule: Rule, chosen: frozenset[str], ignored: frozenset[str]) -> Rule | None:
    """The rule for those of its ids alone that are chosen and not ignored; its own id means all of them."""
    if not rule.each:
        return rule if rule.id in chosen - ignored else None
    wanted, unwanted = _numbers(rule, chosen), _numbers(rule, ignored)
    if rule.id in ignored or not (wanted or rule.id in chosen):
        return None
    _, field = _split(rule.each)
    parts: list[Any] = [rule.when]
    if rule.id not in chosen:
        parts.append(("test", field, "in", wanted))
    if unwanted:
        parts.append(("not", ("test", field, "in", unwanted)))
    return rule.replace(when=("all", tuple(parts))) if len(parts) > 1 else rule


def _numbers(rule: Rule, ids: Iterable[str]) -> frozenset[int]:
    return frozenset(number for each in ids if (number := _number(rule.each, each)) is not None)


def _number(template: str, name: str) -> int | None:
    """The number that stands in a name where the template has its field."""
    prefix, field = _split(template)
    digits = name[len(prefix) :]
    same = field and name[: len(prefix)].lower() == prefix.lower()
    return int(digits) if same and len(digits) <= MAX_DIGITS and digits.isascii() and digits.isdecimal() else None


def _split(template: str) -> tuple[str, str]:
    prefix, _, field = template.partition("{")
    return prefix, field.removesuffix("}")
