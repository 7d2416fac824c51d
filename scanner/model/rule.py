"""A rule: which kind of fact it judges, and when that fact is a weakness."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from typing import Any, Literal

from scanner.model.record import Record


class Severity(enum.IntEnum):
    """How bad it is when the rule is right."""

    INFO = 0
    LOW = 1
    MEDIUM = 2
    HIGH = 3
    CRITICAL = 4

    def __str__(self) -> str:
        return self.name.lower()


Confidence = Literal["low", "medium", "high"]
Profile = Literal["default", "strict"]

Condition = tuple[Any, ...]
"""``("test", field, operator, value)``, ``("all", (…))``, ``("any", (…))`` or ``("not", condition)``.

Plain tuples, so that a rule set compiled once can be kept on disk and read back without a parser.
"""


class Rule(Record):
    """One rule file, checked. ``why`` and ``fix`` are Markdown."""

    id: str
    title: str
    severity: Severity
    """Of all its findings; where ``severity_from`` names a field, of those whose fact does not know."""
    severity_from: str = ""
    """The field of the fact that says how bad it is, "" for none."""
    confidence: Confidence
    confidence_from: str = ""
    """The field of the fact that says how sure it is, "" for none; ``confidence`` is then the least."""
    profile: Profile
    subject: str
    """The kind of fact it judges."""
    when: Condition
    message: str
    """With ``{field}`` placeholders."""
    why: str
    fix: str
    repair: Mapping[str, Any] | None = None
    same_as: Mapping[str, tuple[str, ...]]
    controls: Mapping[str, tuple[str, ...]]
    references: tuple[str, ...] = ()
    each: str = ""
    """The id of its findings, when it stands for many rules: ``shellcheck-SC{code}``, ``{advisory}``."""
    path: str
    """The rule file."""

    @property
    def says(self) -> tuple[str, str]:
        """Severity and confidence for people; ``varies`` where they are its facts'."""
        return "varies" if self.severity_from else str(
            self.severity
        ), "varies" if self.confidence_from else self.confidence

    @property
    def page(self) -> str:
        """The name of its file and of its page: the id, save for a finding of a rule that stands for many."""
        return self.path.replace("\\", "/").rpartition("/")[2].rpartition(".")[0] if self.each else self.id

    def remedy(self) -> str:
        """The first sentence of ``fix``, for a line of its own."""
        line = " ".join(self.fix.strip().split("\n\n", 1)[0].split())
        end = line.find(". ")
        while end >= 0 and not (line[end + 2].isupper() and line.count("`", 0, end) % 2 == 0):
            end = line.find(". ", end + 2)
        return line[:end] if end >= 0 else line.rstrip(":.")
