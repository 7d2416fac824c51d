"""Findings for people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from scanner.model.facts import Combination, Fact, KnownVulnerability
from scanner.model.finding import Finding, Report
from scanner.model.location import Evidence, Location
from scanner.model.rule import Severity
from scanner.reporters.interface import Options
from scanner.reporters.quote import Quote, quote, shortened, visible
from scanner.reporters.style import BOLD, DIM, RULER, SEVERITY, Painter
from scanner.reporters.tally import (
    Pairs,
    Tally,
    amount,
    distinct,
    elsewhere,
    holders,
    not_known,
    once,
    owner,
    problems,
    tally,
)

RELATED = 3
"""Other places shown for a finding; ``-v`` shows all."""

WINDOWS = 20
"""Parts of one long line that are quoted; the findings beyond have their line of text all the same."""

NAMED = 5
"""Targets listed by name when nothing was found, or when they share a layer."""

Group = list[tuple[Finding, Report]]


def render(reports: Sequence[Report], options: Options) -> str:
    """All reports as lines for a screen."""
    paint = Painter(options.color)
    lines: list[str] = []
    others = elsewhere(reports)
    several = len(reports) > 1
    found = distinct(reports)
    for group in _groups(found, options):
        if not options.quiet and _package(group[0][0]):
            from scanner.reporters import packages

            where = _where(group[0][0].at, group[0][1], several=several)
            also = _listed(once(iter(n for pair in group for n in others(*pair))))
            lines += (*packages.lines([finding for finding, _ in group], where, also, options, paint), "")
            continue
        for finding, report in group:
            lines.append(_head(finding, _where(finding.at, report, several=several), paint))
            if (names := others(finding, report)) and options.quiet:
                lines[-1] += paint(f" (also in {_listed(names)})", DIM)
        if not options.quiet:
            lines += _body(group, options, paint, _listed(once(iter(n for pair in group for n in others(*pair)))))
            lines.append("")
    lines += _gaps(reports, options, paint)
    if not options.quiet:
        lines += _undecided(reports, options, paint)
        lines += _compliance(reports, options, paint)
        lines += _summary(reports, tally(reports, found), options, paint)
    return "".join(line + "\n" for line in lines)


def _groups(found: Pairs, options: Options) -> list[Group]:
    """Combinations first, then findings in file order, an image's files behind its config.

    Those that start on the same line are together, and so are lines in a row that break the same rule and no other; the
    vulnerabilities of a package are apart from all others. The weak packages of an image come last, the worst first; of
    those that are as bad, the exploited and the reached.
    """
    groups: dict[tuple[bool, str, str, str, int, int, str], Group] = {}
    for finding, report in found:
        if finding.suppressed is None or options.show_suppressed:
            at = finding.at
            alone = not isinstance(finding.fact, Combination)
            image = owner(at, report)
            first = report.target if image or at.path.startswith(report.target) else at.path
            key = alone, first, image, at.path, _line(finding), at.level, _package(finding)
            groups.setdefault(key, []).append((finding, report))
    for group in groups.values():
        group.sort(key=lambda pair: (pair[0].at.span or (), *_rank(pair[0]), pair[0].rule.id))
    together: list[Group] = []
    before = None
    for key in sorted(groups, key=lambda key: (*key[:3], _worst(groups[key]) if key[2] else (), *key[3:])):
        rule = _only_rule(groups[key])
        if rule is not None and rule == before:
            together[-1] += groups[key]
        else:
            together.append(groups[key])
        before = rule
    return together


def _rank(finding: Finding) -> tuple[int, int]:
    """The worst, and of these the most urgent, is the smallest."""
    return -finding.rule.severity, -finding.fact.urgency if isinstance(finding.fact, KnownVulnerability) else 0


def _worst(group: Group) -> tuple[int, ...]:
    """The rank of a package by its vulnerabilities; () for anything else, which is smaller."""
    return min(_rank(finding) for finding, _ in group) if _package(group[0][0]) else ()


def _only_rule(group: Group) -> tuple[str, str, int, str] | None:
    """Target, file, layer and rule of a group's findings; None when they are of several rules."""
    (finding, report), rules = group[0], {finding.rule.id for finding, _ in group}
    at = finding.at
    return (owner(at, report), at.path, at.level, rules.pop()) if len(rules) == 1 and not _package(finding) else None


def _where(at: Location, report: Report, *, several: bool) -> str:
    """A place; among several targets that of a layer's file begins with its image."""
    return visible(f"{report.target} {at}" if several and owner(at, report) else str(at))


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return visible(", ".join(names[:NAMED])) + more


def _package(finding: Finding) -> str:
    """The package that a vulnerability is shown under, "" for any other finding."""
    fact = finding.fact
    return f"{fact.name} {fact.version}" if isinstance(fact, KnownVulnerability) else ""


def _line(finding: Finding) -> int:
    span = finding.at.span
    return span.first_line if span else 0


def _head(finding: Finding, where: str, paint: Painter) -> str:
    severity = finding.rule.severity
    line = f"{paint(where, BOLD)} {paint(str(severity), SEVERITY[severity])} "
    line += f"{paint(finding.rule.id, BOLD)}  {visible(finding.message)}"
    if finding.suppressed:
        why = f"ignored by {finding.suppressed.by}: {finding.suppressed.reason}".removesuffix(": ")
        line += paint(f" ({visible(why)})", DIM)
    return line


def _body(group: Group, options: Options, paint: Painter, others: str) -> Iterator[str]:
    """The quoted lines, the other places and targets, and how to mend it, each rule's remedy once."""
    gutter = " " * max(3, len(str(max(_line(finding) for finding, _ in group))))
    rules = {f.rule.id: f.rule for f, _ in group}
    several = len(rules) > 1
    for _, part in groupby(group, key=lambda pair: _line(pair[0])):
        yield from _quoted(list(part), options, paint, gutter, several=several)
    places = (report.origin(finding.fact.evidence[0]) for finding, report in group)
    for place in once(place for place in places if place is not None):
        yield f"{gutter} {paint('=', RULER)} {paint('from:', BOLD)} {visible(str(place))}"
    if others:
        yield f"{gutter} {paint('=', RULER)} {paint('also in:', BOLD)} {others}"
    for rule in rules.values():
        name = f" ({rule.id})" if several else ""
        for line in _related([f for f, _ in group if f.rule.id == rule.id], options):
            yield f"{gutter} {paint('=', RULER)} {paint(f'see{name}:', BOLD)} {line}"
        if remedy := rule.remedy():
            yield f"{gutter} {paint('=', RULER)} {paint(f'fix{name}:', BOLD)} {remedy}"
        if options.verbose:
            why = rule.why.strip().split("\n")
            yield f"{gutter} {paint('=', RULER)} {paint(f'why{name}:', BOLD)} {why[0]}"
            yield from (f"{gutter}   {line}".rstrip() for line in why[1:])


def _quoted(group: Group, options: Options, paint: Painter, gutter: str, *, several: bool) -> Iterator[str]:
    """One line of a file with what is wrong underlined."""
    finding, report = group[0]
    source = report.lines_of(finding.at)
    number = _line(finding)
    if 0 < number <= len(source):
        for drawn, marks in _windows(group, source[number - 1], options):
            yield f"{paint(f'{number:>{len(gutter)}} |', RULER)} {drawn.text}"
            yield from (f"{gutter} {paint('|', RULER)} {mark}" for mark in _marks(drawn, marks, paint, several=several))
        last = max(f.at.span.last_line for f, _ in group if f.at.span)
        if last > number:
            yield f"{gutter} {paint('|', RULER)} {paint(f'… to line {last}', DIM)}"
    elif finding.fact.evidence[0].quote:
        yield f"{gutter} {paint('|', RULER)} {shortened(finding.fact.evidence[0].quote, options.width)}"


def _windows(group: Group, line: str, options: Options) -> Iterator[tuple[Quote, list[Finding]]]:
    """The line, or, when it is too long, those parts of it that findings point at; a part's findings with it."""
    findings = [finding for finding, _ in group]
    start = 0
    for _ in range(WINDOWS):
        column = span.first_column if (span := findings[start].at.span) else 1
        drawn = quote(line, column, options.width)
        end = start + 1
        while end < len(findings) and (span := findings[end].at.span) and span.first_column <= drawn.end:
            end += 1
        yield drawn, findings[start:end]
        if end == len(findings):
            return
        start = end


def _marks(drawn: Quote, findings: list[Finding], paint: Painter, *, several: bool) -> Iterator[str]:
    """Rows of ``^^^^``: a row for the words of a rule, named when there are several rules; equal rows are one."""
    rows: dict[str, list[tuple[int, int]]] = {}
    worst: dict[str, Severity] = {}
    for finding in findings:
        if span := finding.at.span:
            last = span.last_column if span.last_line == span.first_line else drawn.end
            rows.setdefault(finding.rule.id, []).append(drawn.underline(span.first_column, last))
            worst[finding.rule.id] = finding.rule.severity
    named: dict[str, list[str]] = {}
    for name, cells in rows.items():
        row = ""
        for begin, stop in sorted(cells):
            row = row.ljust(begin) + "^" * (stop - max(begin, len(row)))
        named.setdefault(row, []).append(name)
    for row, names in named.items():
        blank = len(row) - len(row.lstrip())
        mark = " " * blank + paint(row[blank:], SEVERITY[max(worst[name] for name in names)])
        yield f"{mark} {paint(', '.join(names), DIM)}" if several else mark


def _related(findings: list[Finding], options: Options) -> Iterator[str]:
    """The other places that make findings of one rule true, each once, less those they point at."""
    pointed = {finding.at for finding in findings}
    places: dict[Location, Evidence] = {}
    for finding in findings:
        for evidence in finding.related:
            if evidence.at not in pointed:
                places.setdefault(evidence.at, evidence)
    shown = list(places.values()) if options.verbose else list(places.values())[:RELATED]
    for evidence in shown:
        said = [shortened(words, 80) for words in (evidence.quote, evidence.note) if words]
        yield visible(str(evidence.at)) + (f"  {' — '.join(said)}" if said else "")
    if len(places) > len(shown):
        yield f"{len(places) - len(shown)} more (-v shows them)"


def _gaps(reports: Sequence[Report], options: Options, paint: Painter) -> Iterator[str]:
    """What could not be looked at, always, and what else the user should know, unless quiet."""
    several = len(reports) > 1
    for problem, report in problems(reports):
        what = paint("not looked at:", SEVERITY[Severity.MEDIUM if options.allow_incomplete else Severity.HIGH])
        yield f"{paint(_where(problem.at, report, several=several), BOLD)} {what} {visible(problem.reason)}"
        if problem.remedy and not options.quiet:
            yield f"    {paint('=', RULER)} {paint('do:', BOLD)} {visible(problem.remedy)}"
    if not options.quiet:
        for notice in once(notice for report in reports for notice in report.notices):
            what = paint("note:", SEVERITY[Severity.LOW])
            yield f"{paint(visible(str(notice.at)), BOLD)} {what} {visible(notice.text)}"


def _undecided(reports: Sequence[Report], options: Options, paint: Painter) -> Iterator[str]:
    if options.show_undecided:
        for item, report in not_known(reports):
            at = _where(item.fact.evidence[0].at, report, several=len(reports) > 1)
            yield (
                f"{paint(at, BOLD)} {paint('undecided', DIM)} {paint(item.rule.id, BOLD)}  "
                f"{item.rule.title}? Not known: {', '.join(item.fields)}"
            )


def _compliance(reports: Sequence[Report], options: Options, paint: Painter) -> Iterator[str]:
    if options.assessments:
        from scanner.reporters import compliance

        holder = holders(reports)

        def where(fact: Fact) -> str:
            at, report = fact.evidence[0].at, holder(fact)
            return visible(str(at)) if report is None else _where(at, report, several=True)

        for assessment in options.assessments:
            yield from compliance.lines(assessment, where, options, paint)


def _summary(reports: Sequence[Report], total: Tally, options: Options, paint: Painter) -> Iterator[str]:
    """How much was found, and what was left out with the flag that shows it."""
    names = [visible(report.target) for report in reports]
    what = names[0] if len(names) == 1 else f"{len(names)} targets"
    if total.severities:
        parts = (paint(f"{count} {severity}", SEVERITY[severity]) for severity, count in total.severities.items())
        yield f"{paint(amount(total.findings, 'finding'), BOLD)} in {what}: {', '.join(parts)}."
    elif total.problems:
        yield f"Nothing found in what could be looked at of {what}."
    else:
        yield f"Nothing found in {', '.join(names) if len(names) <= NAMED else what}."
    hidden = []
    if total.suppressed:
        hidden.append(f"{total.suppressed} suppressed" + (" (--show-suppressed)" * (not options.show_suppressed)))
    if total.undecided:
        hidden.append(f"{total.undecided} undecided" + (" (--show-undecided)" * (not options.show_undecided)))
    if total.problems:
        hidden.append(f"{total.problems} not looked at")
    if hidden:
        yield f"Besides: {', '.join(hidden)}."
    if total.findings and not options.verbose:
        yield paint("`hullcheck explain RULE` says why, and shows it done right.", DIM)
