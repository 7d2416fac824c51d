"""What a rule file may say. The loader checks against these tables and rules/schema.json is made from them."""

from __future__ import annotations

import types
import typing
from collections.abc import Mapping
from functools import cache
from typing import Literal

from scanner.model.facts import KINDS, Fact
from scanner.model.record import Record
from scanner.model.rule import Confidence, Profile, Severity

REQUIRED = (
    "id",
    "title",
    "severity",
    "confidence",
    "profile",
    "subject",
    "when",
    "message",
    "why",
    "fix",
    "bad",
    "good",
)
OPTIONAL = ("each", "repair", "same-as", "controls", "references")
EXAMPLE_KEYS = ("name", "dockerfile", "image", "files", "later", "advisories")

ID = r"[a-z0-9]+(?:-[a-z0-9]+)*"
EACH = r"[A-Za-z0-9-]*\{\w+\}"
"""The id of the findings of a rule that stands for many: a number behind some words, or the id of an advisory alone."""
SEVERITIES = tuple(str(severity) for severity in Severity)
CONFIDENCES: tuple[str, ...] = typing.get_args(Confidence)
PROFILES: tuple[str, ...] = typing.get_args(Profile)

TOOLS: Mapping[str, str] = {
    "hadolint": r"DL\d{4}|SC(?:\d{4}|\{code\})",
    "trivy": r"DS-\d{4}|[a-z]+(?:-[a-z0-9]+)*",
    "dockle": r"CIS-DI-\d{4}|DKL-(?:DI|LI)-\d{4}",
    "checkov": r"CKV2?_[A-Z]+_\d+",
    "kics": r"[0-9a-f]{8}",
    "semgrep": r"[a-z0-9_-]+(?:[./][a-z0-9_-]+)*",
    "buildkit": r"[A-Z]\w+",
    "tally": r"[a-z0-9-]+(?:/[\w-]+)?",
    "bandit": r"B\d{3}",
    "docker-scout": r"[\w .-]+",
}
"""The tools that ``same-as`` may name, and the shape of their ids."""

Kind = Literal["text", "truth", "number", "texts"]

OPERATORS: Mapping[str, tuple[Kind, ...]] = {
    "in_list": ("text", "texts"),
    "matches": ("text", "texts"),
    "at_least": ("number",),
    "at_most": ("number",),
    "empty": ("text", "texts"),
    "has_any": ("texts",),
}
"""The operators, and the kinds of field each is for. A value alone means "is", a list "is one of"."""

GROUPS = ("all", "any", "not")


class Field(Record, kw_only=False):
    """A field of a fact, as a condition sees it. ``choices`` is empty when any text will do."""

    name: str
    kind: Kind
    optional: bool
    choices: tuple[str, ...] = ()


@cache
def fields(subject: str) -> Mapping[str, Field]:
    """The fields of a kind of fact that conditions and messages may name."""
    return {
        name: _field(name, hint)
        for name, hint in typing.get_type_hints(KINDS[subject]).items()
        if name == "ships" or (name in KINDS[subject].field_names() and name not in Fact.__annotations__)
    }


def _field(name: str, hint: object) -> Field:
    parts = typing.get_args(hint) if typing.get_origin(hint) in {typing.Union, types.UnionType} else (hint,)
    optional = type(None) in parts
    (main,) = (part for part in parts if part is not type(None))
    if typing.get_origin(main) is Literal:
        return Field(name, "text", optional, tuple(typing.get_args(main)))
    kinds: dict[object, Kind] = {str: "text", bool: "truth", int: "number", tuple[str, ...]: "texts"}
    return Field(name, kinds[main], optional)
