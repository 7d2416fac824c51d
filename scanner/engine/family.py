"""A rule that stands for many: its findings bear an id each, made from a field of their facts.

The rule's ``each`` is that id with the field in braces, at its end: ``shellcheck-SC{code}`` for a number,
``{advisory}`` for the id of an advisory, whose other ids, the fact's ``aliases``, name it as well.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from scanner.model.facts.base import Fact
from scanner.model.rule import Rule, Severity
from scanner.parsers.lazy import Lazy

MAX_DIGITS = 9
MAX_ID = 64
"""Characters of the id of an advisory."""
ALIASES = "aliases"

_ADVISORY = Lazy(
    r"(?:CVE|GHSA|PYSEC|OSV|MAL|GO|RUSTSEC|DSA|DLA|DTSA|DEBIAN-CVE|UBUNTU-CVE|ALPINE-CVE|USN|LSN|CGA"
    r"|R[HLX][SBE]A|AL[SBE]A|(?:open)?SUSE-[A-Z]U)-[\w:.-]*[0-9][\w:.-]*"
)
"""Databases: https://ossf.github.io/osv-schema/#id-modified-fields."""


def member(rule: Rule, fact: Fact) -> Rule:
    """The rule that a finding about a fact bears, as severe and as sure as the fact says."""
    changes: dict[str, Any] = {}
    if rule.each:
        prefix, field = _split(rule.each)
        changes["id"] = f"{prefix}{getattr(fact, field)}"
    if rule.severity_from and (said := getattr(fact, rule.severity_from)) is not None:
        changes["severity"] = Severity[said.upper()]
    if rule.confidence_from and (said := getattr(fact, rule.confidence_from)) is not None:
        changes["confidence"] = said
    return rule.replace(**changes) if changes else rule


def named(rule: Rule, templates: Iterable[str], name: str) -> frozenset[str]:
    """The id that is meant by a name shaped like one of the templates (``SC{code}``), if it is."""
    values = (_value(template, name) for template in templates)
    return frozenset(f"{_split(rule.each)[0]}{value}" for value in values if value is not None)


def only(rule: Rule, chosen: frozenset[str], ignored: frozenset[str]) -> Rule | None:
    """The rule for those of its ids alone that are chosen and not ignored; its own id means all of them."""
    if not rule.each:
        return rule if rule.id in chosen - ignored else None
    wanted, unwanted = _values(rule, chosen), _values(rule, ignored)
    if rule.id in ignored or not (wanted or rule.id in chosen):
        return None
    parts: list[Any] = [rule.when]
    if rule.id not in chosen:
        parts.append(_among(rule, wanted))
    if unwanted:
        parts.append(("not", _among(rule, unwanted)))
    return rule.replace(when=("all", tuple(parts))) if len(parts) > 1 else rule


def _among(rule: Rule, values: frozenset[Any]) -> tuple[Any, ...]:
    """The condition that a fact is about one of these."""
    prefix, field = _split(rule.each)
    test = ("test", field, "in", values)
    return test if prefix else ("any", (test, ("test", ALIASES, "has_any", values)))


def _values(rule: Rule, ids: Iterable[str]) -> frozenset[Any]:
    return frozenset(value for each in ids if (value := _value(rule.each, each)) is not None)


def _value(template: str, name: str) -> int | str | None:
    """What stands in a name where the template has its field: a number; the id of an advisory where that is all."""
    prefix, field = _split(template)
    if not field:
        return None
    if not prefix:
        return name if not name.islower() and len(name) <= MAX_ID and _ADVISORY.fullmatch(name) else None
    digits = name[len(prefix) :]
    same = name[: len(prefix)].lower() == prefix.lower()
    return int(digits) if same and len(digits) <= MAX_DIGITS and digits.isascii() and digits.isdecimal() else None


def _split(template: str) -> tuple[str, str]:
    prefix, _, field = template.partition("{")
    return prefix, field.removesuffix("}")
