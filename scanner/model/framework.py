"""Compliance frameworks: their controls, and what became of each in a run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from scanner.model.facts.base import Fact
from scanner.model.finding import Finding
from scanner.model.record import Record

Assessable = Literal["yes", "partly", "no"]

Status = Literal["failed", "passed", "not applicable", "not assessable by a scanner"]


class Control(Record):
    """One control of a framework, in our own words."""

    id: str
    title: str
    shows: str = ""
    """What a finding, or that there is none, can show."""
    cannot: str = ""
    """What a scanner cannot show."""
    assessable: Assessable = "partly"
    verified: bool = True
    """Its id and title were held against the published text."""
    rules_of: Mapping[str, tuple[str, ...]] = {}
    """Controls of other frameworks, by framework, whose rules judge this one too."""


class Framework(Record):
    """A compliance framework that rules name: what it is called, where it is published, its controls by id."""

    id: str
    title: str = ""
    url: str = ""
    controls: Mapping[str, Control]


class Verdict(Record):
    """What became of a control in a run."""

    control: Control
    status: Status
    reason: str
    """Why, as a sentence; for ``passed`` also what was not shown."""
    rules: tuple[str, ...] = ()
    """The ids of the rules that judge it."""
    findings: tuple[Finding, ...] = ()
    """Those that speak against it; all suppressed when the status is not ``failed``."""
    facts: tuple[Fact, ...] = ()
    """What was judged; empty unless it passed."""


class Assessment(Record):
    """A framework held against everything that was scanned."""

    framework: Framework
    verdicts: tuple[Verdict, ...]
