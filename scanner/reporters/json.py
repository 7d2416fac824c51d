"""Findings for programs; docs/report.schema.json says what each field holds."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from scanner import __version__
from scanner.model.finding import Finding, Report, Suppression, Undecided
from scanner.model.rule import Rule, Severity
from scanner.reporters.interface import Options
from scanner.reporters.plain import LIMIT, clean, evidence, fields, place
from scanner.reporters.tally import Tally, distinct, tally

VERSION = "1"
"""Grows when a field goes away or changes its meaning; new fields may come at any time."""


def render(reports: Sequence[Report], options: Options) -> str:
    """One JSON object with a finding a line, so that a kept baseline shows what changed; the same reports give the
    same bytes, in ASCII.
    """
    import json

    line = json.dumps
    told: dict[tuple[object, ...], tuple[str, str]] = {}

    def inner(values: dict[str, Any]) -> str:
        return line(values)[1:-1]

    def finding(item: Finding, report: Report) -> str:
        rule = item.rule
        key = rule.id, rule.severity, rule.confidence
        if key not in told:
            told[key] = inner(_rule(rule)), inner(_advice(rule, options))
        about, advice = told[key]
        made = report.origin(item.fact.evidence[0])
        where = f'"origin": {line(place(made) if made is not None else None)}'
        return f'{{{about}, {inner(_finding(item))}, {where}, {advice}, "fact": {line(fields(item.fact))}}}'

    def block(lines: Iterable[str], indent: str) -> str:
        joined = f",\n{indent}  ".join(lines)
        return f"[\n{indent}  {joined}\n{indent}]" if joined else "[]"

    def target(report: Report) -> str:
        lists = {"findings": (finding(item, report) for item in report.findings)} | {
            name: map(line, items) for name, items in _lists(report).items()
        }
        parts = (f'      "{name}": {block(lines, "      ")}' for name, lines in lists.items())
        return f'    {{\n      "target": {line(clean(report.target))},\n' + ",\n".join(parts) + "\n    }"

    targets = ",\n".join(map(target, reports))
    head = f'  "version": {line(VERSION)},\n  "tool": {line({"name": "hullcheck", "version": __version__})},\n'
    tail = _frameworks(options) + f'  "summary": {line(_summary(tally(reports, distinct(reports))))}\n'
    return f'{{\n{head}  "targets": [\n{targets}\n  ],\n{tail}}}\n'


def _frameworks(options: Options) -> str:
    """The member ``frameworks`` with a control a line; nothing when no framework was asked for."""
    if not options.assessments:
        return ""
    import json

    from scanner.reporters.compliance import plain

    blocks = []
    for values in map(plain, options.assessments):
        controls = ",\n        ".join(map(json.dumps, values.pop("controls")))
        blocks.append(f'    {json.dumps(values)[:-1]}, "controls": [\n        {controls}\n      ]}}')
    return '  "frameworks": [\n' + ",\n".join(blocks) + "\n  ],\n"


def _lists(report: Report) -> dict[str, Iterable[object]]:
    return {
        "undecided": map(_undecided, report.undecided),
        "problems": (
            place(item.at) | {"reason": clean(item.reason), "remedy": clean(item.remedy)} for item in report.problems
        ),
        "notices": (place(item.at) | {"text": clean(item.text)} for item in report.notices),
    }


def _rule(rule: Rule) -> dict[str, Any]:
    return {
        "rule": rule.id,
        "title": rule.title,
        "severity": str(rule.severity),
        "confidence": rule.confidence,
        "profile": rule.profile,
    }


def _advice(rule: Rule, options: Options) -> dict[str, Any]:
    return {
        "fix": rule.remedy(),
        "docs": f"{options.docs}/{rule.page}.md",
        "controls": {name: list(ids) for name, ids in sorted(rule.controls.items())},
        "same_as": {name: list(ids) for name, ids in sorted(rule.same_as.items())},
    }


def _finding(finding: Finding) -> dict[str, Any]:
    return (
        {"message": clean(finding.message)}
        | place(finding.at)
        | {
            "quote": clean(finding.fact.evidence[0].quote[:LIMIT]),
            "related": [evidence(item) for item in finding.related],
            "fingerprint": finding.fingerprint,
            "suppressed": _suppression(finding.suppressed),
        }
    )


def _suppression(suppression: Suppression | None) -> dict[str, Any] | None:
    if suppression is None:
        return None
    return {
        "by": suppression.by,
        "reason": clean(suppression.reason),
        "at": place(suppression.at) if suppression.at else None,
    }


def _undecided(item: Undecided) -> dict[str, Any]:
    return (
        _rule(item.rule)
        | place(item.fact.evidence[0].at)
        | {
            "quote": clean(item.fact.evidence[0].quote[:LIMIT]),
            "unknown": list(item.fields),
            "fact": fields(item.fact),
        }
    )


def _summary(total: Tally) -> dict[str, int]:
    return (
        {"targets": total.targets, "findings": total.findings}
        | {str(severity): total.severities.get(severity, 0) for severity in reversed(Severity)}
        | {
            "suppressed": total.suppressed,
            "undecided": total.undecided,
            "problems": total.problems,
            "notices": total.notices,
        }
    )
