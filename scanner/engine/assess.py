"""Hold a framework against reports: which controls failed, passed, do not apply, or are not for a scanner to assess.

A pass is never what is left over: rules of the control were judged on facts, each decided, none holding, everything
looked at and nothing ignored.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from scanner.engine.frameworkfile import judging
from scanner.model.facts.base import Fact
from scanner.model.finding import Finding, Report, Undecided
from scanner.model.framework import Assessment, Control, Framework, Status, Verdict
from scanner.model.rule import Rule

NAMED = 5
"""Things that a reason names; it counts the rest."""


def assess(
    framework: Framework, reports: Sequence[Report], *, rules: Sequence[Rule], catalogue: Sequence[Rule]
) -> Assessment:
    """The verdicts on all controls of a framework, over all reports together; reports need to have their facts.

    ``rules`` were in force, ``catalogue`` is all there are.
    """
    seen = _Seen(reports, {rule.id for rule in rules})
    return Assessment(
        framework=framework,
        verdicts=tuple(
            seen.verdict(control, judging(framework.id, control, catalogue)) for control in framework.controls.values()
        ),
    )


class _Seen:
    """What the reports say, by rule and by kind of fact."""

    def __init__(self, reports: Sequence[Report], in_force: set[str]) -> None:
        self.in_force = in_force
        self.findings: dict[str, list[Finding]] = {}
        self.undecided: dict[str, list[Undecided]] = {}
        self.facts: dict[str, list[Fact]] = {}
        self.problems = [problem for report in reports for problem in report.problems]
        told = set()
        for report in reports:
            for finding in report.findings:
                layer = finding.at.layer
                target = "" if layer is None or layer.digest else report.target  # without a digest, it is another one
                same = finding.rule.id, finding.at, target, finding.message, finding.suppressed is None
                if same not in told:
                    told.add(same)
                    self.findings.setdefault(finding.rule.page, []).append(finding)
            for undecided in report.undecided:
                self.undecided.setdefault(undecided.rule.id, []).append(undecided)
            for fact in report.facts:
                self.facts.setdefault(fact.kind, []).append(fact)

    def verdict(self, control: Control, rules: Sequence[Rule]) -> Verdict:
        """On a control that these rules judge."""
        found = [finding for rule in rules for finding in self.findings.get(rule.id, ())]
        failing = tuple(finding for finding in found if finding.suppressed is None)
        subjects = dict.fromkeys(rule.subject for rule in rules)
        facts = tuple(fact for kind in subjects for fact in self.facts.get(kind, ()))
        status: Status = "not assessable by a scanner"
        if failing:
            status, reason = "failed", f"{_count(failing, 'finding')} of {_named(f.rule.id for f in failing)}."
        elif gap := next(self._gaps(control, rules, found), ""):
            reason = gap
        elif not facts:
            status, reason = "not applicable", f"Nothing here is about it: no {_named(subjects, 'or')}."
        else:
            kinds = dict.fromkeys(fact.kind for fact in facts)
            judges = [rule for rule in rules if rule.subject in kinds]
            status = "passed"
            reason = f"Nothing found: {_count(judges, 'rule')} judged {_count(facts, 'fact')} ({_named(kinds)})."
            if control.cannot:
                reason += f" Not shown: {control.cannot}"
        return Verdict(
            control=control,
            status=status,
            reason=reason,
            rules=tuple(rule.id for rule in rules),
            findings=failing or tuple(found),
            facts=facts if status == "passed" else (),
        )

    def _gaps(self, control: Control, rules: Sequence[Rule], ignored: Sequence[Finding]) -> Iterator[str]:
        """Why nobody can say that the control holds, though no finding counts against it."""
        if control.assessable == "no":
            yield control.cannot or "A scanner cannot tell."
        if not rules:
            yield "No rule is about it."
        if off := [rule.id for rule in rules if rule.id not in self.in_force]:
            yield f"Not judged: {_named(off)} {'was' if len(off) == 1 else 'were'} left out."
        if ignored:
            what = f"{_count(ignored, 'finding')} of {_named(finding.rule.id for finding in ignored)}"
            yield f"A person has to judge: {what} {'is' if len(ignored) == 1 else 'are'} ignored."
        if unsure := [item for rule in rules for item in self.undecided.get(rule.id, ())]:
            places = (f"{item.rule.id} at {item.fact.evidence[0].at} ({', '.join(item.fields)})" for item in unsure)
            yield f"Not known: {_named(places)}."
        if self.problems:
            yield f"Not everything could be looked at: {_named(str(problem.at) for problem in self.problems)}."


def _named(words: Iterable[str], last: str = "and") -> str:
    """``a, b and c``, each once; from the sixth on just their number."""
    each = list(dict.fromkeys(words))
    shown = each if len(each) <= NAMED + 1 else [*each[:NAMED], f"{len(each) - NAMED} more"]
    return f" {last} ".join(filter(None, (", ".join(shown[:-1]), shown[-1])))


def _count(items: Sequence[object], noun: str) -> str:
    return f"{len(items)} {noun}" if len(items) == 1 else f"{len(items)} {noun}s"
