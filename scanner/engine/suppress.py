"""What does not count: comments, the configuration, VEX documents, the base image and the baseline, in this order."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from scanner.engine.select import named, same_as, suggestion
from scanner.errors import ConfigError
from scanner.model.facts.secrets import Secret
from scanner.model.finding import Finding, Notice, Suppression, Undecided
from scanner.model.location import Location, Span
from scanner.model.record import Record
from scanner.model.rule import Rule
from scanner.model.target import Target
from scanner.parsers.pragmas import ALLOW, OURS, Pragma, allows, parse, skipped_checks

if TYPE_CHECKING:
    from scanner.engine.vex import Said, Verdicts

MAX_IGNORES = 500
"""Rule names in the comments of one target that are honoured; more are a notice."""
MAX_NAME = 80
"""Characters of a name that means no rule that a notice repeats."""


class Ignore(Record):
    """One entry of ``ignore`` in the configuration: the rules that ``rule`` means, in the files that ``path`` means."""

    rule: str
    path: str
    """A pattern as in a .dockerignore, seen from ``folder``; a folder means all below it."""
    reason: str
    fingerprint: str = ""
    """Of the one credential that it is about, "" for no one in particular."""
    until: str = ""
    """Its last day, ``YYYY-MM-DD``; "" for ever."""
    folder: str
    at: Location


class _Comment(Record, kw_only=False):
    """One name in a comment: these rules are ignored at these lines (None: in the whole file)."""

    pragma: Pragma
    name: str
    rules: frozenset[str]
    at: Location
    lines: Span | None

    def covers(self, finding: Finding) -> bool:
        if self.rules.isdisjoint(finding.names):
            return False
        places = [evidence.at for evidence in finding.fact.evidence if evidence.at.path == self.at.path]
        if self.lines is None:
            return bool(places)
        return any(place.span is not None and place.span.touches(self.lines) for place in places)


def suppress(
    target: Target,
    findings: Iterable[Finding],
    undecided: Iterable[Undecided] = (),
    *,
    rules: Sequence[Rule],
    catalogue: Sequence[Rule] = (),
    ignores: Sequence[Ignore] = (),
    vex: Sequence[Said] = (),
    baseline: frozenset[str] | None = None,
    only_own: bool = False,
    today: str = "",
) -> tuple[tuple[Finding, ...], tuple[Notice, ...]]:
    """The findings, those that do not count marked, and what the user should know about the ignores.

    ``rules`` are those of this run, ``catalogue`` is all there are, if that is more. ``today`` is ``YYYY-MM-DD``.
    """
    catalogue = catalogue or rules
    today = today or time.strftime("%Y-%m-%d")
    notices: list[Notice] = []
    comments = [each for each in _comments(target, catalogue, notices) if not _over(each, today, notices)]
    comments.sort(key=lambda each: each.pragma.tool != "hullcheck")
    configured = [(ignore, named(catalogue, ignore.rule)) for ignore in ignores]
    verdicts = _verdicts(vex, target) if vex else None
    used: set[int] = set()
    expired: dict[Location, Notice] = {}

    def reason(finding: Finding) -> Suppression | None:
        for number, comment in enumerate(comments):
            if comment.covers(finding):
                used.add(number)
                said = comment.pragma.reason or f"ignored for {comment.pragma.tool}"
                return Suppression(by="comment", reason=said, at=comment.at)
        for ignore, meant in configured:
            if not meant.isdisjoint(finding.names) and _is_about(ignore, finding):
                if not ignore.until or today <= ignore.until:
                    return Suppression(by="config", reason=ignore.reason, at=ignore.at)
                expired[ignore.at] = _ended(ignore.at, ignore.rule, ignore.until)
        if verdicts and (verdict := verdicts.suppression(finding)):
            return verdict
        if only_own and finding.at.layer is not None and finding.at.layer.base:
            return Suppression(by="base image", reason="made by the base image")
        if baseline and finding.fingerprint in baseline:
            return Suppression(by="baseline", reason="in the baseline")
        return None

    marked = tuple(finding.replace(suppressed=why) if (why := reason(finding)) else finding for finding in findings)
    unsure = {each.rule.id for each in undecided}
    judged = {rule.id for rule in rules} - unsure
    for number, comment in enumerate(comments):
        if comment.pragma.tool in OURS and number not in used and comment.rules & judged == comment.rules:
            notices.append(_unused(comment, marked))
    if verdicts:
        notices += verdicts.notices()
    notices.sort(key=lambda notice: (notice.at.path, notice.at.span or Span(0, 0, 0, 0)))
    return marked, (*notices, *expired.values())


def _verdicts(said: Sequence[Said], target: Target) -> Verdicts:
    from scanner.engine.vex import Verdicts

    return Verdicts(said, target)


def check(ignores: Iterable[Ignore], catalogue: Sequence[Rule]) -> None:
    """Raises ConfigError when the configuration ignores a rule that does not exist."""
    for ignore in ignores:
        if not named(catalogue, ignore.rule):
            reason = f"there is no rule called {ignore.rule!r}"
            line = ignore.at.span.first_line if ignore.at.span else 1
            raise ConfigError(f"{ignore.at.path}:{line}", reason, hint=suggestion(catalogue, ignore.rule))


def _comments(target: Target, catalogue: Sequence[Rule], notices: list[Notice]) -> list[_Comment]:
    """The ignores that comments ask for; what is wrong with them goes to ``notices``."""
    found: list[_Comment] = []
    meanings: dict[tuple[str, str], frozenset[str]] = {}
    names = 0
    for pragma, at, lines in _pragmas(target):
        for name in ("",) if pragma.mistake else pragma.ids:
            names += 1
            if names > MAX_IGNORES:
                notices.append(Notice(at=at, text=f"only {MAX_IGNORES} ignores are honoured, this and later ones not"))
                return found
            if pragma.mistake:
                notices.append(Notice(at=at, text=f"this ignore does not count: {pragma.mistake}"))
                continue
            key = pragma.tool, name
            if key not in meanings:
                meanings[key] = _meant(catalogue, pragma.tool, name)
            if meanings[key]:
                found.append(_Comment(pragma, name, meanings[key], at, None if pragma.scope == "file" else lines))
            elif pragma.tool == "hullcheck":
                text = f"there is no rule called {name[:MAX_NAME]!r}: {suggestion(catalogue, name[:MAX_NAME])}"
                notices.append(Notice(at=at, text=text))
    return found


def _meant(catalogue: Sequence[Rule], tool: str, name: str) -> frozenset[str]:
    """The ids of the rules that a name in a comment means."""
    if tool == ALLOW:
        return frozenset(rule.id for rule in catalogue if rule.subject == Secret.kind)
    return named(catalogue, name) if tool == "hullcheck" else same_as(catalogue, tool, name)


def _pragmas(target: Target) -> Iterator[tuple[Pragma, Location, Span]]:
    """Every request, where it stands, and the lines it is about."""
    if not target.may_ignore:
        return
    taken = set()
    for comment in target.comments:
        text = comment.text
        for pragma in parse(text.value):
            at = text.location(pragma.start, pragma.end)
            span = at.span or Span(1, 1, 1, 1)
            taken.add((text.path, span.first_line))
            yield pragma, at, comment.covers or span
    for directive in target.directives:
        if directive.name == "check":
            at = Location(target.name, Span(directive.line, 1, directive.line, 1))
            for pragma in skipped_checks(directive.value):
                yield pragma, at, Span(directive.line, 1, directive.line, 1)
    for path, lines in target.lines.items():
        for number, line in enumerate(lines, 1):
            if "hullcheck:" not in line or (path, number) in taken:
                continue
            if allowed := allows(line):
                at = Location(path, Span(number, allowed.start + 1, number, len(line)))
                yield allowed, at, Span(number, 1, number, 1)
            else:
                start = line.rfind("#", 0, line.index("hullcheck:"))
                for pragma in parse(line[start + 1 :]) if start >= 0 else ():
                    last = number if line[:start].strip() else number + 1
                    yield pragma, Location(path, Span(number, start + 1, number, len(line))), Span(number, 1, last, 1)


def _over(comment: _Comment, today: str, notices: list[Notice]) -> bool:
    """Whether its last day is over; for our own, that is a notice."""
    over = bool(comment.pragma.until) and today > comment.pragma.until
    if over and comment.pragma.tool == "hullcheck":
        notices.append(_ended(comment.at, comment.name, comment.pragma.until))
    return over


def _unused(comment: _Comment, findings: Iterable[Finding]) -> Notice:
    """What to do about one of our own that covers nothing: the line that its rule points to is often another."""
    for finding in findings:
        span = finding.at.span
        if finding.rule.id in comment.rules and finding.at.path == comment.at.path and span and not finding.suppressed:
            rule, line = finding.rule.id, span.first_line
            text = f"this ignore of {comment.name} covers nothing: {rule} points to line {line}, put it above that"
            return Notice(at=comment.at, text=text)
    return Notice(at=comment.at, text=f"this ignore of {comment.name} covers nothing: take it out")


def _ended(at: Location, name: str, until: str) -> Notice:
    return Notice(at=at, text=f"this ignore of {name} ended on {until}: mend the cause, or give it a new date")


def _is_about(ignore: Ignore, finding: Finding) -> bool:
    """Whether an entry is about the credential of a finding, or its file."""
    if ignore.fingerprint and getattr(finding.fact, "fingerprint", "") != ignore.fingerprint:
        return False
    return _below(finding.at.path, ignore)


def _below(path: str, ignore: Ignore) -> bool:
    """Whether a path is one that the entry is about, seen from the configuration's folder or as it was given."""
    from scanner.parsers.dockerignore import glob

    pattern = glob(ignore.path)
    seen = os.path.relpath(os.path.abspath(path), ignore.folder)
    return any(pattern.match(each) for each in (seen.replace(os.sep, "/"), path))
