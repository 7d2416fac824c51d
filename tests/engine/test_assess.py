"""A control passes only when something was judged, all of it decided, none of it held, and nothing was left out."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.engine.assess import assess
from scanner.model.facts import Label
from scanner.model.finding import Finding, Problem, Report, Suppression, Undecided
from scanner.model.framework import Control, Framework
from scanner.model.location import Evidence, Location, Span
from scanner.model.rule import Rule, Severity

HERE = Location("Dockerfile", Span(3, 1, 3, 5))
FACT = Label(evidence=(Evidence(HERE),), key="k", value="v")


def rule(name="a", controls=("C1",)):
    return Rule(
        id=name, title=name, severity=Severity.LOW, confidence="high", profile="default", subject="label",
        when=("test", "key", "empty", False), message="!", why="w", fix="f", same_as={}, path=f"{name}.yaml",
        controls={"ours": controls},
    )  # fmt: skip


def finding(ignored=False, **changes):
    said = Suppression(by="comment", reason="known") if ignored else None
    return Finding(**({"rule": rule(), "fact": FACT, "message": "wrong", "suppressed": said} | changes))


def undecided(name="a"):
    return Undecided(rule=rule(name), fact=FACT, fields=("value",))


PROBLEM = Problem(at=Location("start.sh"), reason="no text")


def verdict(*reports, in_force=None, catalogue=None, **control):
    ours = Framework(id="ours", controls={"C1": Control(**({"id": "C1", "title": "t"} | control))})
    catalogue = (rule(),) if catalogue is None else catalogue
    rules = catalogue if in_force is None else in_force
    (found,) = assess(ours, reports, rules=rules, catalogue=catalogue).verdicts
    return found


def report(*findings, facts=(FACT,), undecided=(), problems=()):
    return Report(target="Dockerfile", facts=facts, findings=findings, undecided=undecided, problems=problems, lines={})


def test_a_finding_fails_it_whatever_else_there_is():
    found = verdict(report(finding(), finding(ignored=True), undecided=(undecided(),), problems=(PROBLEM,)))
    assert (found.status, found.reason) == ("failed", "1 finding of a.")
    assert [each.suppressed for each in found.findings] == [None]


def test_a_finding_fails_even_what_a_scanner_cannot_assess():
    assert verdict(report(finding()), assessable="no", cannot="It is elsewhere.").status == "failed"


def test_it_passes_when_facts_were_judged_and_nothing_holds():
    found = verdict(report(), cannot="")
    assert (found.status, found.reason, found.facts) == (
        "passed", "Nothing found: 1 rule judged 1 fact (label).", (FACT,)
    )  # fmt: skip


def test_a_pass_says_what_was_not_shown():
    assert verdict(report(), cannot="Whether it is so.").reason.endswith(" Not shown: Whether it is so.")


def test_it_does_not_apply_where_there_is_nothing_of_the_kind():
    found = verdict(report(facts=()))
    assert (found.status, found.reason) == ("not applicable", "Nothing here is about it: no label.")


@pytest.mark.parametrize(("said", "control", "reason"), [
    ({"undecided": (undecided(),)}, {}, "Not known: a at Dockerfile:3:1 (value)."),
    ({"problems": (PROBLEM,)}, {}, "Not everything could be looked at: start.sh."),
    ({"facts": (), "problems": (PROBLEM,)}, {}, "Not everything could be looked at: start.sh."),
    ({}, {"assessable": "no", "cannot": "It is elsewhere."}, "It is elsewhere."),
    ({}, {"assessable": "no", "cannot": ""}, "A scanner cannot tell."),
    ({}, {"id": "C2"}, "No rule is about it."),
    ({}, {"in_force": ()}, "Not judged: a was left out."),
])  # fmt: skip
def test_anything_else_is_not_assessable_and_says_why(said, control, reason):
    found = verdict(report(**said), **control)
    assert (found.status, found.reason, found.facts) == ("not assessable by a scanner", reason, ())


def test_what_is_ignored_is_left_to_a_person():
    found = verdict(report(finding(ignored=True)))
    assert found.status == "not assessable by a scanner"
    assert found.reason == "A person has to judge: 1 finding of a is ignored."


def test_a_finding_that_two_targets_share_counts_once():
    assert len(verdict(report(finding()), report(finding())).findings) == 1


def test_one_that_is_ignored_for_one_of_two_targets_only_counts():
    assert verdict(report(finding(ignored=True)), report(finding())).status == "failed"


def test_a_reason_stays_short():
    many = tuple(undecided(f"r{number}") for number in range(9))
    found = verdict(report(undecided=many), catalogue=tuple(rule(f"r{number}") for number in range(9)))
    assert found.reason.count("Dockerfile:3:1") == 5
    assert found.reason.endswith(" and 4 more.")


REPORTS = st.lists(
    st.builds(
        lambda failing, ignored, unsure, problem, fact: report(
            *[finding()] * failing,
            *[finding(ignored=True)] * ignored,
            facts=(FACT,) * fact,
            undecided=(undecided(),) * unsure,
            problems=(PROBLEM,) * problem,
        ),
        *[st.booleans()] * 5,
    ),
    max_size=3,
)


@given(REPORTS, st.sampled_from(["yes", "partly", "no"]), st.booleans())
def test_there_is_no_silent_pass(reports, assessable, in_force):
    status = verdict(*reports, assessable=assessable, in_force=None if in_force else ()).status
    counting = any(f.suppressed is None for each in reports for f in each.findings)
    clean = in_force and not any(each.findings or each.undecided or each.problems for each in reports)
    assert (status == "failed") == counting
    assert (status == "passed") == (
        clean and assessable != "no" and any(each.facts for each in reports)
    )  # fmt: skip
