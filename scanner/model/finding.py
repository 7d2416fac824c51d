"""What a scan reports."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from scanner.model.facts.base import Fact
from scanner.model.location import Evidence, Layer, Location, Text
from scanner.model.record import Record
from scanner.model.rule import Rule


class Suppression(Record):
    """Why a finding does not count: a comment, the configuration, a document, the baseline, or that the base has it."""

    by: Literal["comment", "config", "vex", "base image", "baseline"]
    reason: str
    at: Location | None = None


class Finding(Record):
    """A rule that holds for a fact."""

    rule: Rule
    fact: Fact
    message: str
    suppressed: Suppression | None = None
    number: int = 1
    """Counts twins: findings that would otherwise have the same fingerprint, in file order."""

    @property
    def at(self) -> Location:
        """Where it points."""
        return self.fact.evidence[0].at

    @property
    def related(self) -> tuple[Evidence, ...]:
        """The other places that make it true."""
        return self.fact.evidence[1:]

    @property
    def names(self) -> tuple[str, ...]:
        """What it may be called in an ignore: its rule, and the other ids of an advisory."""
        return self.rule.id, self.rule.page, *getattr(self.fact, "aliases", ())

    @property
    def fingerprint(self) -> str:
        """32 hex digits (``:2`` for a twin) that stay when lines or layers move."""
        from hashlib import sha256

        parts = [self.rule.id, self.at.path, self.fact.kind]
        parts += [str(getattr(self.fact, field)) for field in self.fact.identity]
        digest = sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:32]
        return digest if self.number == 1 else f"{digest}:{self.number}"


class Problem(Record):
    """Something that could not be looked at; a report without these is complete."""

    at: Location
    reason: str
    remedy: str = ""


class Notice(Record):
    """Something the user should know that is neither a finding nor a gap: an ignore that ignores nothing, say."""

    at: Location
    text: str


class Undecided(Record):
    """A rule that could not be judged on a fact because something is not known."""

    rule: Rule
    fact: Fact
    fields: tuple[str, ...]
    """The fields of the fact that are not known."""


class LayerUse(Record):
    """What one layer of an image takes up."""

    layer: Layer
    stored: int
    """Bytes as it is stored, perhaps compressed."""
    size: int
    """Bytes of its files; a hard link has none."""
    wasted: int
    """Bytes of its files that are not in the finished image, since something removes or replaces them."""
    entries: int
    """Members of its archive."""
    models: int
    """Files with a name that models have."""


class Report(Record):
    """The outcome for one target. ``lines`` quotes the files that findings point into, secrets masked; those of a
    layer's file stand under its path with the layer.
    """

    target: str
    called: frozenset[str] = frozenset()
    """What else the target is known by: digests, and the image that a bill of materials is of."""
    facts: tuple[Fact, ...] = ()
    findings: tuple[Finding, ...] = ()
    undecided: tuple[Undecided, ...] = ()
    problems: tuple[Problem, ...] = ()
    notices: tuple[Notice, ...] = ()
    lines: Mapping[str, tuple[str, ...]]
    origins: Mapping[tuple[str, int], Text] = {}
    """The instruction of a Dockerfile that made a line of an image's history, by path and line."""
    layers: tuple[LayerUse, ...] = ()
    """Of an image, if that was asked for, from the bottom up."""

    def lines_of(self, at: Location) -> tuple[str, ...]:
        """The lines of the file that a place is in; () where they are not held."""
        return next((self.lines[name] for name in at.files if name in self.lines), ())

    def origin(self, evidence: Evidence) -> Location | None:
        """Where the Dockerfile says it: the same words, else the whole instruction; None when that is not known."""
        at = evidence.at
        text = self.origins.get((at.path, at.span.first_line)) if at.span is not None else None
        if text is None:
            return None
        start = text.value.find(evidence.quote) if evidence.quote else -1
        return text.location(start, start + len(evidence.quote)) if start >= 0 else text.location()
