"""Facts meet rules: findings, and what could not be decided."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

from scanner.engine.family import member
from scanner.engine.index import Index
from scanner.engine.match import unknown
from scanner.model.facts.base import Fact
from scanner.model.finding import Finding, Undecided
from scanner.model.rule import Rule
from scanner.parsers.lazy import Lazy

_PLACEHOLDER = Lazy(r"\{\{|\}\}|\{(\w+)\}")


class _Indexes(dict[str, Index]):
    """The rules by the kind of fact they judge, made ready to run when the first fact of a kind comes."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self.rules = rules

    def __missing__(self, kind: str) -> Index:
        index = self[kind] = Index([rule for rule in self.rules if rule.subject == kind])
        return index


_last = _Indexes(())


def judge(rules: Sequence[Rule], facts: Iterable[Fact]) -> tuple[tuple[Finding, ...], tuple[Undecided, ...]]:
    """Every rule on every fact of its kind.

    Findings stand in the order of path, line, column, then the worst first; twins are numbered in that order.
    """
    indexes = _indexes(rules)
    findings: list[Finding] = []
    undecided: list[Undecided] = []
    for fact in facts:
        for rule, holds in indexes[fact.kind].rules(fact):
            answer = holds(fact)
            if answer:
                findings.append(Finding(rule=member(rule, fact), fact=fact, message=fill(rule.message, fact)))
            elif answer is None:
                undecided.append(Undecided(rule=rule, fact=fact, fields=unknown(rule.when, fact)))
    findings.sort(key=_order)
    return tuple(_numbered(findings)), tuple(sorted(undecided, key=_order))


def fill(template: str, fact: Fact) -> str:
    """A message with the fact's values in place of ``{field}``."""
    return "".join([part if text else _shown(getattr(fact, part)) for text, part in _parts(template)])


@cache
def _parts(template: str) -> tuple[tuple[bool, str], ...]:
    """Texts (True) and names of fields."""
    parts: list[tuple[bool, str]] = []
    at = 0
    for found in _PLACEHOLDER.finditer(template):
        parts += (True, template[at : found.start()]), (False, found[1]) if found[1] else (True, found[0][0])
        at = found.end()
    return (*parts, (True, template[at:]))


def placeholders(template: str) -> list[str]:
    """The fields that a message names. Raises ValueError for a brace that opens or closes nothing."""
    if "{" in _PLACEHOLDER.sub("", template) or "}" in _PLACEHOLDER.sub("", template):
        raise ValueError("a brace stands alone")
    return [found[1] for found in _PLACEHOLDER.finditer(template) if found[1]]


def _shown(value: Any) -> str:
    if value is None:
        return "unknown"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(value) if isinstance(value, tuple) else str(value)


def _indexes(rules: Sequence[Rule]) -> _Indexes:
    """Kept for the next file."""
    global _last  # noqa: PLW0603
    if _last.rules is not rules:
        _last = _Indexes(rules)
    return _last


def _order(judged: Finding | Undecided) -> tuple[str, int, int, int, str]:
    at = judged.fact.evidence[0].at
    line, column = at.span[:2] if at.span else (0, 0)
    return at.path, line, column, -judged.rule.severity, judged.rule.id


def _numbered(findings: Iterable[Finding]) -> Iterable[Finding]:
    seen: dict[tuple[object, ...], int] = {}
    for finding in findings:
        fact = finding.fact
        twin = (finding.rule.id, finding.at.path, *(str(getattr(fact, field)) for field in fact.identity))
        number = seen[twin] = seen.get(twin, 0) + 1
        yield finding if number == 1 else finding.replace(number=number)
