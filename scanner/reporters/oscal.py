"""OSCAL 1.1.3 assessment results (NIST), for tools that gather evidence of compliance.

OSCAL knows two states of a control's objective. One that no scanner can assess, and one that does not apply, is
``not-satisfied`` for the reason ``other`` with a remark, since nothing was shown. UUIDs are made from content (UUIDv5),
so that the report of an unchanged target differs in its times only.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from scanner import __version__
from scanner.model.finding import Finding, Report
from scanner.model.framework import Assessment, Framework, Status, Verdict
from scanner.model.location import Location
from scanner.reporters.compliance import EVIDENCE_LIMIT, judged
from scanner.reporters.interface import Options
from scanner.reporters.plain import clean
from scanner.reporters.tally import amount, once
from scanner.reporters.uri import uri

VERSION = "1.1.3"
HOME = "https://github.com/hullcheck/hullcheck"
NAMESPACE = "2f1f6d0a-8c0b-5f0e-9a53-6f6c1b0d7c11"
"""Of all UUIDs here; any other would do as well, but this one has to stay."""

STATES: dict[Status, tuple[str, str]] = {
    "failed": ("not-satisfied", "fail"),
    "passed": ("satisfied", "pass"),
    "not applicable": ("not-satisfied", "other"),
    "not assessable by a scanner": ("not-satisfied", "other"),
}
"""OSCAL's state and reason."""

Values = dict[str, Any]


def render(reports: Sequence[Report], options: Options) -> str:
    """One JSON document with a result for each framework; all but its times follows from the reports."""
    import json

    results = [_result(assessment, reports, options) for assessment in options.assessments]
    plan = {
        "uuid": _uuid("plan"),
        "title": "No assessment plan",
        "description": "OSCAL asks for a plan. There was none but the command: hullcheck scan --framework.",
    }
    document = {
        "uuid": _uuid("document", __version__, *(result["uuid"] for result in results)),
        "metadata": {
            "title": "Compliance of container images and their Dockerfiles",
            "last-modified": options.time,
            "version": __version__,
            "oscal-version": VERSION,
        },
        "import-ap": {"href": f"#{plan['uuid']}"},
        "local-definitions": {
            "objectives-and-methods": [
                _objective(each.framework, verdict) for each in options.assessments for verdict in each.verdicts
            ]
        },
        "results": results,
        "back-matter": {"resources": [plan]},
    }
    return json.dumps({"assessment-results": document}, indent=2) + "\n"


def _result(assessment: Assessment, reports: Sequence[Report], options: Options) -> Values:
    framework = assessment.framework
    tool = _uuid("tool", framework.id, __version__)
    targets = {clean(report.target): _uuid("target", framework.id, report.target) for report in reports}
    holders: dict[object, list[str]] = {}
    for report in reports:
        for finding in report.findings:
            holders.setdefault(_same(finding), []).append(targets[clean(report.target)])
    component = {
        "uuid": tool,
        "type": "software",
        "title": "hullcheck",
        "description": f"The scanner, version {__version__}: {HOME}",
        "status": {"state": "operational"},
    }
    observations: dict[str, Values] = {}
    findings = []
    for verdict in assessment.verdicts:
        seen = [_observation(framework, item, holders[_same(item)], options) for item in verdict.findings]
        if verdict.status == "passed":
            seen.append(_pass(framework, verdict, targets, options))
        observations.update((each["uuid"], each) for each in seen)
        findings.append(_finding(framework, verdict, tool, [each["uuid"] for each in seen]))
    return {
        "uuid": _uuid("result", framework.id, *(each["uuid"] for each in findings), *observations, *targets),
        "title": framework.title or framework.id,
        "description": f"{amount(len(findings), 'control')} of {framework.id}, in {amount(len(targets), 'target')}.",
        "start": options.time,
        "end": options.time,
        "local-definitions": {
            "components": [component],
            "inventory-items": [{"uuid": each, "description": _text(name)} for name, each in targets.items()],
        },
        "reviewed-controls": {
            "control-selections": [
                {"include-controls": [{"control-id": _name(framework, verdict)} for verdict in assessment.verdicts]}
            ]
        },
        **({"observations": list(observations.values())} if observations else {}),
        "findings": findings,
    }


def _objective(framework: Framework, verdict: Verdict) -> Values:
    control = verdict.control
    name = _name(framework, verdict)
    title = _text(control.title or control.id)
    limits = [("A scanner can show", control.shows), ("It cannot show", control.cannot)]
    guidance = _text(" ".join(f"{what}: {words}" for what, words in limits if words))
    return {
        "control-id": name,
        "description": title,
        "parts": [
            {"id": f"{name}_obj", "name": "assessment-objective", "prose": title},
            {"id": f"{name}_gdn", "name": "guidance", "prose": guidance},
        ],
    }


def _finding(framework: Framework, verdict: Verdict, tool: str, observations: Sequence[str]) -> Values:
    control = verdict.control
    state, reason = STATES[verdict.status]
    remarks = _text(f"{verdict.status[0].upper()}{verdict.status[1:]}. {verdict.reason}")
    return {
        "uuid": _uuid("finding", framework.id, control.id, verdict.status, verdict.reason, *observations),
        "title": _text(f"{control.id}: {control.title}" if control.title else control.id),
        "description": remarks,
        "props": [
            _property("status", verdict.status.replace(" ", "-")),
            _property("verified", "yes" if control.verified else "no"),
            *(_property("rule", rule) for rule in verdict.rules),
        ],
        "origins": [{"actors": [{"type": "tool", "actor-uuid": tool}]}],
        "target": {
            "type": "objective-id",
            "target-id": f"{_name(framework, verdict)}_obj",
            "status": {"state": state, "reason": reason, "remarks": remarks},
        },
        **({"related-observations": [{"observation-uuid": each} for each in observations]} if observations else {}),
    }


def _same(finding: Finding) -> object:
    """What tells a finding from others; one that several targets share is one."""
    return finding.rule.id, finding.at, finding.message


def _observation(framework: Framework, finding: Finding, targets: Sequence[str], options: Options) -> Values:
    """A finding of a rule, the same for each control of a framework that it speaks against."""
    ignored = finding.suppressed
    note = _text(f"Ignored by {ignored.by}: {ignored.reason}") if ignored else ""
    return {
        "uuid": _uuid("observation", framework.id, finding.fingerprint, str(finding.at), finding.message, note),
        "title": finding.rule.title,
        "description": _text(finding.message),
        "methods": ["TEST"],
        "types": ["finding"],
        "subjects": _subjects(targets),
        "relevant-evidence": [_evidence(finding.at, f"{finding.rule.id} at {finding.at}", options)],
        "collected": options.time,
        **({"remarks": note} if note else {}),
    }


def _pass(framework: Framework, verdict: Verdict, targets: dict[str, str], options: Options) -> Values:
    places = judged(verdict)
    shown = [_evidence(at, f"Judged at {at}", options) for at in places[:EVIDENCE_LIMIT]]
    return {
        "uuid": _uuid("pass", framework.id, verdict.control.id, verdict.reason, *map(str, places)),
        "description": _text(verdict.reason),
        "methods": ["TEST"],
        "types": ["control-objective"],
        "subjects": _subjects(targets.values()),
        "relevant-evidence": shown,
        "collected": options.time,
    }


def _subjects(targets: Iterable[str]) -> list[Values]:
    return [{"subject-uuid": target, "type": "inventory-item"} for target in once(iter(targets))]


def _evidence(at: Location, words: str, options: Options) -> Values:
    return {"href": uri(at.path, options.root)[0], "description": _text(words)}


def _property(name: str, value: str) -> Values:
    return {"name": name, "ns": HOME, "value": value}


def _name(framework: Framework, verdict: Verdict) -> str:
    """A control's id as a token, which begins with a letter."""
    return "".join(c if c.isalnum() or c in "._-" else "-" for c in f"{framework.id}_{verdict.control.id}")


def _text(words: str) -> str:
    """One line without spaces at its ends, as OSCAL wants all text."""
    return " ".join(clean(words).split()) or "-"


def _uuid(*content: str) -> str:
    from uuid import UUID, uuid5

    return str(uuid5(UUID(NAMESPACE), "\0".join(map(clean, content))))
