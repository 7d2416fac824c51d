"""What a comment asks a linter to ignore: our own words, and those of the tools people come from.

====================  =================================================================  ==================
hullcheck             ``hullcheck: ignore[rule, …] until=YYYY-MM-DD reason``             the instruction
                      ``hullcheck: ignore-file[rule, …] reason``                         the file
                      ``hullcheck:allow-secret reason``                                  the instruction, or line
hadolint              ``hadolint ignore=DL3008,SC2086``                                  the instruction
                      ``hadolint global ignore=DL3003``                                  the file
trivy                 ``trivy:ignore:AVD-DS-0002:exp:2026-01-01``                        the instruction
checkov               ``checkov:skip=CKV_DOCKER_3:reason``                               the file
buildkit              ``check=skip=JSONArgsRecommended;error=true``, a directive         the file
kics                  ``kics-scan ignore-line``, ``ignore-block``                        the instruction
                      ``kics-scan ignore``, ``kics-scan disable=<uuid>,…``               the file
semgrep               ``nosemgrep``, ``nosemgrep: id, …``                                the instruction
tally                 ``tally ignore=ID,…;reason=…``                                     the instruction
                      ``tally global ignore=ID,…;reason=…``                              the file
====================  =================================================================  ==================
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

from scanner.model.record import Record
from scanner.parsers.lazy import Lazy

Scope = Literal["instruction", "file"]

ALL = "*"
"""Stands for every id."""
ALLOW = "allow-secret"
"""The tool of a request that is about every rule on credentials written out."""
OURS = ("hullcheck", ALLOW)


class Pragma(Record):
    """One request. ``ids`` are in the spelling that ``same-as`` uses; ``start:end`` is its place in the comment."""

    tool: str
    scope: Scope
    ids: tuple[str, ...]
    start: int
    end: int
    reason: str = ""
    until: str = ""
    """Its last day, ``YYYY-MM-DD``; "" for ever."""
    mistake: str = ""
    """Why it cannot be honoured and what to write (for our own only)."""


_TOOLS = ("hullcheck", "hadolint", "trivy", "checkov", "kics", "nosem", "tally")

# Patterns are compiled (and kept by ``re``) when a comment names a tool, which few do.
_IDS = r"([\w./-]+(?:[ \t]*,[ \t]*[\w./-]+)*)"
_OURS = Lazy(r"(?i)(?:^|(?<=[\s#]))hullcheck:[ \t]*")
_REQUEST = Lazy(r"(?i)(ignore|ignore-file)[ \t]*\[([^\][]*)\]")
_UNTIL = Lazy(r"(?:^|(?<=\s))until=(\S*)")
_HADOLINT = Lazy(rf"(?i)^\s*hadolint[ \t]+(global[ \t]+)?ignore[ \t]*=[ \t]*{_IDS}")
_TALLY = Lazy(rf"(?i)^\s*tally[ \t]+(global[ \t]+)?ignore[ \t]*=[ \t]*{_IDS}(?:;reason=(.*))?")
_TRIVY = Lazy(r"(?i)trivy:ignore:([\w*-]+)(?::exp:([\d-]+))?")
_CHECKOV = Lazy(rf"(?i)checkov:skip=[ \t]*{_IDS}(?::(.*))?")
_KICS = Lazy(r"(?i)^\s*kics-scan[ \t]+(ignore-line|ignore-block|ignore|disable=[ \t]*([0-9a-f][0-9a-f, \t-]*))")
_SEMGREP = Lazy(rf"(?i)\bnosem(?:grep)?\b(?:[ \t]*:[ \t]*{_IDS})?")
_ALLOWS = Lazy(r"(?i)(?:^|(?<=[\s#/;<!*-]))hullcheck:[ \t]*allow-secret\b[ \t:,–-]*")
_DATE = Lazy(r"(?a)\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])")


def parse(comment: str) -> tuple[Pragma, ...]:
    """The requests in a comment, given without its ``#``."""
    lower = comment.lower()
    if not any(tool in lower for tool in _TOOLS):
        return ()
    if allowed := allows(comment):
        return (allowed,)
    ours = _OURS.search(comment)
    return (_ours(comment, ours),) if ours else tuple(_others(comment))


def allows(line: str) -> Pragma | None:
    """The request in a line of any language that the credentials in it are known and harmless."""
    found = _ALLOWS.search(line)
    if found is None:
        return None
    reason = line[found.end() :].strip().removesuffix("-->").removesuffix("*/").strip(" \t\"',")
    return Pragma(
        tool=ALLOW,
        scope="instruction",
        ids=(ALLOW,),
        start=found.start(),
        end=len(line),
        reason=reason,
        mistake="" if reason else "say why behind it: hullcheck:allow-secret why it is harmless",
    )


def skipped_checks(value: str) -> tuple[Pragma, ...]:
    """The requests of BuildKit's directive ``# check=value``."""
    for part in value.split(";"):
        name, _, names = part.partition("=")
        if name.strip().lower() == "skip":
            ids = tuple(ALL if each.lower() == "all" else each for each in _split(names))
            return (Pragma(tool="buildkit", scope="file", ids=ids, start=0, end=len(value)),)
    return ()


def _ours(comment: str, found: re.Match[str]) -> Pragma:
    rest = comment[found.end() :]
    request = _REQUEST.match(rest)
    if request is None:
        mistake = "write it so: hullcheck: ignore[rule-id] why it is fine here"
        return Pragma(
            tool="hullcheck", scope="instruction", ids=(), start=found.start(), end=len(comment), mistake=mistake
        )
    scope: Scope = "file" if request[1].lower() == "ignore-file" else "instruction"
    reason, until = rest[request.end() :], ""
    if limit := _UNTIL.search(reason):
        until = limit[1].rstrip(",;:")
        reason = reason[: limit.start()] + reason[limit.end() :]
    reason = " ".join(reason.split()).lstrip("-–—:, ")
    ids = tuple(_split(request[2]))
    mistake = ""
    if not ids:
        mistake = "name the rule in the brackets: ignore[rule-id]"
    elif until and not is_date(until):
        mistake = f"until={until[:20]} is no date: write until=YYYY-MM-DD"
    elif not reason:
        names = ", ".join(ids) if len(request[2]) < 80 else "…"
        mistake = f"say why after the bracket: {request[1].lower()}[{names}] why it is fine here"
    return Pragma(
        tool="hullcheck",
        scope=scope,
        ids=ids,
        start=found.start(),
        end=len(comment),
        reason=reason,
        until=until,
        mistake=mistake,
    )


def _others(comment: str) -> Iterator[Pragma]:
    if found := _HADOLINT.search(comment):
        yield _pragma("hadolint", found, _split(found[2]), whole_file=bool(found[1]))
    if found := _TALLY.search(comment):
        yield _pragma("tally", found, _split(found[2]), whole_file=bool(found[1]), reason=found[3])
    for found in _TRIVY.finditer(comment):
        yield _pragma("trivy", found, [trivy_id(found[1])], until=found[2])
    for found in _CHECKOV.finditer(comment):
        yield _pragma("checkov", found, _split(found[1]), whole_file=True, reason=found[2])
    if found := _KICS.search(comment):
        ids = [each[:8].lower() for each in _split(found[2])] if found[2] else [ALL]
        yield _pragma("kics", found, ids, whole_file=bool(found[2]) or found[1].lower() == "ignore")
    if found := _SEMGREP.search(comment):
        yield _pragma("semgrep", found, _split(found[1]) if found[1] else [ALL])


def _pragma(
    tool: str,
    found: re.Match[str],
    ids: list[str],
    *,
    whole_file: bool = False,
    reason: str | None = None,
    until: str | None = None,
) -> Pragma:
    scope: Scope = "file" if whole_file else "instruction"
    return Pragma(
        tool=tool,
        scope=scope,
        ids=tuple(ids),
        start=found.start(),
        end=found.end(),
        reason=(reason or "").strip(),
        until=until or "",
    )


def trivy_id(name: str) -> str:
    """Trivy's spellings of one id, brought to one: ``AVD-DS-0002``, ``DS002`` and ``DS-0002`` are ``DS-0002``."""
    old = re.fullmatch(r"(?:AVD-)?DS-?(\d{1,8})", name.upper())
    return f"DS-{int(old[1]):04d}" if old else name


def is_date(words: str) -> bool:
    """Whether it is written ``YYYY-MM-DD``."""
    return _DATE.fullmatch(words) is not None


def _split(words: str) -> list[str]:
    return [word for word in (part.strip() for part in words.split(",")) if word]
