"""The rules of the program and of other folders; compiled once, then read back from the cache."""

from __future__ import annotations

import os
from typing import Any

from scanner import __version__, knowledge
from scanner.engine import cache
from scanner.errors import RuleError
from scanner.model.rule import Rule, Severity

_FIELDS = Rule.field_names()
_SEVERITY = _FIELDS.index("severity")
_SEVERITIES = tuple(Severity)


def load(*folders: str) -> tuple[Rule, ...]:
    """The rules that come with the program, then those of other folders. Raises RuleError."""
    for folder in folders:
        detectors = os.path.join(folder, "secrets", "detectors")
        if os.path.isdir(detectors):
            hint = "they are part of the program: scanner/parsers/secrets/table.py is made of them"
            raise RuleError(detectors, "detectors of one's own are not read", hint=hint)
    rules = tuple(rule for folder in (knowledge.folder(), *folders) for rule in _folder(folder))
    seen: dict[str, str] = {}
    for rule in rules:
        if rule.id in seen:
            raise RuleError(f"{rule.path}:1", f"there is another rule called {rule.id!r}: {seen[rule.id]}")
        seen[rule.id] = rule.path
    return rules


def _folder(folder: str) -> tuple[Rule, ...]:
    key = _key(folder)
    kept = cache.get(folder, key)
    if kept is None:
        from scanner.engine.compile import rule_files

        rules = tuple(file.rule for file in rule_files(folder))
        cache.put(folder, key, [_plain(rule) for rule in rules])
        return rules
    return tuple(_rule(values) for values in kept)


def _key(folder: str) -> bytes:
    """All that the rules of a folder are made from: the files, and the program that reads them."""
    here = os.path.dirname(os.path.abspath(__file__))
    facts = os.path.join(os.path.dirname(here), "model", "facts")
    parts = dict.fromkeys((here, facts, knowledge.folder(), folder))
    return b"\n\n".join((__version__.encode(), *(cache.stamp(part) for part in parts)))


def _plain(rule: Rule) -> list[Any]:
    values = [getattr(rule, field) for field in _FIELDS]
    values[_SEVERITY] = int(rule.severity)
    return values


def _rule(values: list[Any]) -> Rule:
    values[_SEVERITY] = _SEVERITIES[values[_SEVERITY]]
    return Rule.of(values)
