"""SARIF 2.1.0 (OASIS, with errata 01), as GitHub code scanning likes it.

Built with sarif-om's classes, which only this module imports. Serialized here: the serializer that usually goes with
them leaves out whatever equals a default, ``level: "warning"`` too, which GitHub then misses.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import sarif_om as om

from scanner import __version__
from scanner.model.facts import KnownVulnerability
from scanner.model.finding import Finding, Report
from scanner.model.framework import Control
from scanner.model.location import Location
from scanner.model.rule import Rule, Severity
from scanner.reporters import advisory
from scanner.reporters.interface import Options
from scanner.reporters.markdown import page
from scanner.reporters.plain import clean, layer
from scanner.reporters.tally import distinct, elsewhere, not_known, once, problems
from scanner.reporters.uri import ROOT, uri

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
HOME = "https://github.com/hullcheck/hullcheck"
LEVELS = {
    Severity.CRITICAL: "error",
    Severity.HIGH: "error",
    Severity.MEDIUM: "warning",
    Severity.LOW: "note",
    Severity.INFO: "note",
}
SCORES = {
    Severity.CRITICAL: "9.5",
    Severity.HIGH: "8.0",
    Severity.MEDIUM: "5.5",
    Severity.LOW: "3.0",
    Severity.INFO: "0.5",
}
"""GitHub's ``security-severity``: over 9.0 is critical, from 7.0 high, from 4.0 medium, from 0.1 low."""

SNIPPET_LIMIT = 4_000
"""Characters; a longer stretch of a file is not quoted."""

Frameworks = dict[str, list[str]]
"""The controls that rules name, by framework."""

ALWAYS = frozenset({"level"})
"""Properties written even when they have SARIF's default."""


def render(reports: Sequence[Report], options: Options) -> str:
    """One log with one run for all targets; the same reports give the same bytes, in ASCII."""
    import json

    log = om.SarifLog(schema_uri=SCHEMA, version="2.1.0", runs=[_run(reports, options)])
    return json.dumps(_plain(log), separators=(",", ":")) + "\n"


def _run(reports: Sequence[Report], options: Options) -> om.Run:
    found, others = distinct(reports), elsewhere(reports)
    rules = {rule.id: rule for rule in sorted((finding.rule for finding, _ in found), key=lambda rule: rule.severity)}
    rules = dict(sorted(rules.items()))
    about: dict[str, list[KnownVulnerability]] = {}
    for finding, _ in found:
        if isinstance(finding.fact, KnownVulnerability):
            about.setdefault(finding.rule.id, []).append(finding.fact)
    frameworks = _frameworks(rules.values())
    order = {name: index for index, name in enumerate(rules)}
    driver = om.ToolComponent(
        name="hullcheck",
        version=__version__,
        semantic_version=__version__,
        information_uri=HOME,
        rules=[_rule(rule, frameworks, options, about.get(rule.id, ())) for rule in rules.values()],
        supported_taxonomies=[_component(name, frameworks) for name in frameworks] or None,
    )
    return om.Run(
        tool=om.Tool(driver=driver),
        automation_details=om.RunAutomationDetails(id="hullcheck/"),
        column_kind="unicodeCodePoints",
        original_uri_base_ids={
            ROOT: om.ArtifactLocation(description=om.Message(text="The folder that the scan was started in."))
        },
        taxonomies=[_taxonomy(name, controls, options) for name, controls in frameworks.items()] or None,
        invocations=[_invocation(reports, options)],
        results=[
            _result(finding, report, others(finding, report), order[finding.rule.id], options)
            for finding, report in found
        ],
    )


def _rule(
    rule: Rule, frameworks: Frameworks, options: Options, about: Sequence[KnownVulnerability]
) -> om.ReportingDescriptor:
    """A rule; that of an advisory is told by what the advisory says about the packages that have it."""
    text = advisory.page(about) if about else page(rule)
    short = advisory.title(about[0]) if about else rule.title
    topic = rule.path.replace("\\", "/").rpartition("/")[0].rpartition("/")[2]
    weaknesses = (f"external/cwe/{number.lower()}" for number in rule.controls.get("cwe", ()))
    return om.ReportingDescriptor(
        id=rule.id,
        name=rule.id if about else "".join(part.capitalize() for part in rule.id.split("-")),
        short_description=om.MultiformatMessageString(text=short),
        full_description=om.MultiformatMessageString(
            text=clean(about[0].summary) or short if about else " ".join(rule.why.split()) or rule.title
        ),
        help=om.MultiformatMessageString(text=text, markdown=text),
        help_uri=advisory.link(about[0]) if about else f"{options.docs}/{rule.page}.md",
        default_configuration=om.ReportingConfiguration(level=LEVELS[rule.severity]),
        relationships=list(_relationships(rule, frameworks)) or None,
        properties={
            "security-severity": advisory.score(about) or SCORES[rule.severity],
            "precision": rule.confidence,
            "tags": once(iter(["security", *weaknesses, *([topic] if topic else [])])),
        },
    )


def _frameworks(rules: Iterable[Rule]) -> Frameworks:
    """The controls that some rules name; both in order."""
    found: dict[str, set[str]] = {}
    for rule in rules:
        for framework, controls in rule.controls.items():
            found.setdefault(framework, set()).update(controls)
    return {framework: sorted(found[framework]) for framework in sorted(found)}


def _taxonomy(framework: str, controls: Sequence[str], options: Options) -> om.ToolComponent:
    known = options.frameworks.get(framework)
    return om.ToolComponent(
        name=_name(framework),
        full_name=known.title if known else None,
        organization="MITRE" if framework == "cwe" else None,
        information_uri=known.url if known else None,
        is_comprehensive=False,
        taxa=[_taxon(framework, control, known.controls.get(control) if known else None) for control in controls],
    )


def _taxon(framework: str, control: str, known: Control | None) -> om.ReportingDescriptor:
    number = control.removeprefix("CWE-")
    return om.ReportingDescriptor(
        id=control,
        short_description=om.MultiformatMessageString(text=known.title) if known and known.title else None,
        help_uri=f"https://cwe.mitre.org/data/definitions/{number}.html" if framework == "cwe" else None,
    )


def _relationships(rule: Rule, frameworks: Frameworks) -> Iterator[om.ReportingDescriptorRelationship]:
    for framework, controls in sorted(rule.controls.items()):
        for control in controls:
            target = om.ReportingDescriptorReference(
                id=control, index=frameworks[framework].index(control), tool_component=_component(framework, frameworks)
            )
            yield om.ReportingDescriptorRelationship(target=target, kinds=["relevant"])


def _component(framework: str, frameworks: Frameworks) -> om.ToolComponentReference:
    return om.ToolComponentReference(name=_name(framework), index=list(frameworks).index(framework))


def _name(framework: str) -> str:
    return "CWE" if framework == "cwe" else framework


def _result(finding: Finding, report: Report, others: Sequence[str], index: int, options: Options) -> om.Result:
    suppression = finding.suppressed
    state = None
    if options.baseline:
        state = "unchanged" if suppression and suppression.by == "baseline" else "new"
    reached_by = finding.fact.reached_by if isinstance(finding.fact, KnownVulnerability) else None
    related = [
        _place(item.at, report, options, words=item.quote, note=item.note or item.quote or "Related", number=number)
        for number, item in enumerate(finding.related)
    ]
    place = _place(finding.at, report, options, words=finding.fact.evidence[0].quote)
    made = report.origin(finding.fact.evidence[0])
    if made is not None:
        place.id, place.message = len(related), om.Message(text="In the history of the image")
        related.append(place)
        place = _place(made, report, options)
        place.logical_locations = _inside(finding.at, report.target)
    for name in others:
        place.logical_locations += _inside(finding.at, name)
    return om.Result(
        rule_id=finding.rule.id,
        rule_index=index,
        level=LEVELS[finding.rule.severity],
        message=om.Message(text=_words(finding.message)),
        locations=[place],
        related_locations=related or None,
        partial_fingerprints={"hullcheck/v1": finding.fingerprint},
        baseline_state=state,
        suppressions=list(_suppressions(finding, report, options)) if suppression else None,
        properties={"target": clean(report.target), "confidence": finding.rule.confidence}
        | ({"alsoIn": [clean(name) for name in others]} if others else {})
        | ({"reachedBy": clean(reached_by)} if reached_by else {}),
    )


def _suppressions(finding: Finding, report: Report, options: Options) -> Iterator[om.Suppression]:
    if finding.suppressed:
        at = finding.suppressed.at
        yield om.Suppression(
            kind="inSource" if finding.suppressed.by == "comment" else "external",
            justification=clean(finding.suppressed.reason) or None,
            location=_place(at, report, options) if at else None,
            properties={"by": finding.suppressed.by},
        )


def _invocation(reports: Sequence[Report], options: Options) -> om.Invocation:
    complete = options.allow_incomplete or not any(report.problems for report in reports)
    return om.Invocation(
        execution_successful=complete, tool_execution_notifications=list(_notifications(reports, options)) or None
    )


def _notifications(reports: Sequence[Report], options: Options) -> Iterator[om.Notification]:
    for problem, report in problems(reports):
        text = f"Not looked at: {problem.reason}. {problem.remedy}".rstrip()
        yield _notification(text, "warning" if options.allow_incomplete else "error", problem.at, options, report)
    for notice in once(notice for report in reports for notice in report.notices):
        yield _notification(notice.text, "note", notice.at, options)
    for item, report in not_known(reports) if options.show_undecided else ():
        text = f"Undecided: {item.rule.id}. Not known: {', '.join(item.fields)}."
        yield _notification(text, "note", item.fact.evidence[0].at, options, report)


def _notification(
    text: str, level: str, at: Location, options: Options, report: Report | None = None
) -> om.Notification:
    place = _place(at, None, options)
    place.logical_locations = _inside(at, report.target) or None if report else None
    return om.Notification(message=om.Message(text=_words(text)), level=level, locations=[place])


def _place(
    at: Location, report: Report | None, options: Options, *, words: str = "", note: str = "", number: int = -1
) -> om.Location:
    """Where something is, quoted when the report holds the file's lines, else with ``words``."""
    path, base = uri(at.path, options.root)
    physical = om.PhysicalLocation(
        artifact_location=om.ArtifactLocation(uri=path, uri_base_id=base), properties=layer(at)
    )
    if at.span:
        lines = report.lines_of(at) if report else ()
        span = at.span
        text = _cut(lines, span.first_line, span.first_column, span.last_line, span.last_column) if report else ""
        physical.region = om.Region(
            start_line=span.first_line,
            start_column=span.first_column,
            end_line=span.last_line,
            end_column=span.last_column + 1,
            snippet=_snippet(text or words),
        )
        first, last = max(1, span.first_line - 1), min(len(lines), span.last_line + 1)
        around = _cut(lines, first, 1, last, None)
        if around:
            physical.context_region = om.Region(start_line=first, end_line=last, snippet=_snippet(around))
    elif report:
        physical.region = om.Region(start_line=1)  # GitHub shows no result without a line
    return om.Location(
        id=number,
        physical_location=physical,
        logical_locations=(_inside(at, report.target) or None) if report else None,
        message=om.Message(text=_words(note)) if note else None,
    )


def _inside(at: Location, image: str) -> list[om.LogicalLocation]:
    """``image@layer:/path``, for what a layer holds; ``folder:/path`` for what an unpacked root file system holds."""
    if at.layer is None:
        return []
    path = at.path.removeprefix(image).lstrip(" /")
    within = f"{image}@{at.layer.digest}" if at.layer.digest else image
    return [om.LogicalLocation(fully_qualified_name=clean(f"{within}:/{path}"), kind="resource")]


def _cut(lines: Sequence[str], first: int, begin: int, last: int, end: int | None) -> str:
    """From a column of a line to a column of another (1-based, inclusive); "" when that is too long, or not there."""
    if not 0 < first <= last <= len(lines) or sum(map(len, lines[first - 1 : last])) > SNIPPET_LIMIT:
        return ""
    wanted = list(lines[first - 1 : last])
    wanted[-1] = wanted[-1][:end]
    wanted[0] = wanted[0][begin - 1 :]
    return "\n".join(wanted)


def _snippet(text: str) -> om.ArtifactContent | None:
    return om.ArtifactContent(text=clean(text)) if 0 < len(text) <= SNIPPET_LIMIT else None


def _words(text: str) -> str:
    """A message; what a target says in it must not become a link (SARIF 2.1.0, 3.11.6)."""
    text = clean(text)
    return text.replace("[", "\\[").replace("]", "\\]") if "](" in text else text


def _plain(value: Any) -> Any:
    """sarif-om's objects as plain values, under the names of the schema, without what nobody set."""
    attributes = getattr(type(value), "__attrs_attrs__", None)
    if attributes is not None:
        return {
            name: _plain(item)
            for attribute in attributes
            for name, item in [(attribute.metadata["schema_property_name"], getattr(value, attribute.name))]
            if name in ALWAYS or (item is not None and item != _default(attribute.default))
        }
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value


def _default(default: Any) -> Any:
    return default.factory() if hasattr(default, "factory") else default
