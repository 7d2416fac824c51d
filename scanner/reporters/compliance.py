"""What became of each control of a framework, for people and for programs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, get_args

from scanner.model.facts.base import Fact
from scanner.model.framework import Assessment, Status, Verdict
from scanner.model.location import Location
from scanner.reporters.interface import Options
from scanner.reporters.plain import clean, place
from scanner.reporters.quote import visible
from scanner.reporters.style import BOLD, DIM, Painter
from scanner.reporters.tally import amount, once

PLACES = 3
"""Places shown for a control; ``-v`` shows all."""
EVIDENCE_LIMIT = 100
"""Places that a program is given for a control that passed; ``facts`` counts them all."""

Where = Callable[[Fact], str]
"""Where a fact is, safe to print; of one in a layer, with its image."""

STATUSES: tuple[Status, ...] = get_args(Status)
COLORS: dict[Status, str] = {
    "failed": "1;31",
    "passed": "32",
    "not applicable": DIM,
    "not assessable by a scanner": "33",
}
"""SGR codes."""


def lines(assessment: Assessment, where: Where, options: Options, paint: Painter) -> Iterator[str]:
    """A line a control, and a summary."""
    framework = assessment.framework
    yield f"{paint(framework.id, BOLD)}  {visible(framework.title)}".rstrip()
    for verdict in assessment.verdicts:
        control = verdict.control
        name = paint(visible(control.id), BOLD) + " (unverified)" * (not control.verified)
        status = paint(verdict.status, COLORS[verdict.status]) + " in part" * _in_part(verdict)
        said = f"{control.title}: {verdict.reason}" if control.title else verdict.reason
        yield f"  {name} {status}  {visible(said)}{_places(verdict, where, options)}"
    counts = ", ".join(_counts(assessment, paint))
    yield f"{amount(len(assessment.verdicts), 'control')} of {visible(framework.id)}: {counts}."
    if any(not verdict.control.verified for verdict in assessment.verdicts):
        yield paint("Unverified: id and title could not be held against the published text.", DIM)
    yield ""


def plain(assessment: Assessment) -> dict[str, Any]:
    """An assessment as plain values that JSON can hold."""
    framework = assessment.framework
    return {
        "framework": framework.id,
        "title": framework.title,
        "url": framework.url,
        "summary": {status: sum(v.status == status for v in assessment.verdicts) for status in STATUSES},
        "controls": [_plain(verdict) for verdict in assessment.verdicts],
    }


def judged(verdict: Verdict) -> list[Location]:
    """The places that speak for a pass, each once, in order."""
    return once(fact.evidence[0].at for fact in _in_order(verdict.facts))


def _counts(assessment: Assessment, paint: Painter) -> Iterator[str]:
    for status in STATUSES:
        found = [verdict for verdict in assessment.verdicts if verdict.status == status]
        partly = sum(map(_in_part, found))
        if found:
            yield f"{len(found)} {paint(status, COLORS[status])}" + (f" ({partly} in part)" if partly else "")


def _in_part(verdict: Verdict) -> bool:
    return verdict.status == "passed" and verdict.control.assessable == "partly"


def _in_order(facts: Iterable[Fact]) -> list[Fact]:
    return sorted(facts, key=lambda fact: ((at := fact.evidence[0].at).path, at.level, at.span or ()))


def _places(verdict: Verdict, where: Where, options: Options) -> str:
    if verdict.findings:
        named = [f"{where(finding.fact)} {finding.rule.id}" for finding in verdict.findings]
    else:
        named = once(map(where, _in_order(verdict.facts)))
    shown = named if options.verbose else named[:PLACES]
    rest = [f"{len(named) - len(shown)} more (-v shows them)"] * (len(named) > len(shown))
    return f" At {', '.join([*shown, *rest])}" if shown else ""


def _plain(verdict: Verdict) -> dict[str, Any]:
    control = verdict.control
    return {
        "control": control.id,
        "title": control.title,
        "status": verdict.status,
        "reason": clean(verdict.reason),
        "shows": control.shows,
        "cannot": control.cannot,
        "assessable": control.assessable,
        "verified": control.verified,
        "rules": list(verdict.rules),
        "facts": len(verdict.facts),
        "findings": [
            {"rule": finding.rule.id, "message": clean(finding.message)}
            | place(finding.at)
            | {"fingerprint": finding.fingerprint, "suppressed": finding.suppressed is not None}
            for finding in verdict.findings
        ],
        "judged": [place(at) for at in judged(verdict)[:EVIDENCE_LIMIT]],
    }
