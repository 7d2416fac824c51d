"""The first part of a detector's pattern: simple enough for any engine, and in whatever the pattern matches."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from scanner.model.detector import Detector

ENOUGH = 20
"""Characters after which a head is told apart from other text well enough."""
MOST = 64
"""A repeat that may be longer ends a head."""

_CATEGORIES = {"CATEGORY_DIGIT": "0-9", "CATEGORY_WORD": "A-Za-z0-9_", "CATEGORY_SPACE": r"\t\n\v\f\r "}


def is_searched(detector: Detector) -> bool:
    """Whether layers are searched for it: not for what only certain files hold, nor for what commands take."""
    return bool(detector.keywords) and not detector.files and detector.kind != "password"


def head(detector: Detector) -> str:
    """A pattern without groups, assertions and classes by name that every match of the detector's has in it.

    For a keyword inside the match, it begins with that keyword.
    """
    from re import _parser  # type: ignore[attr-defined]

    items = list(_parser.parse(detector.pattern, re.ASCII))
    if detector.inside:
        items = list(_flat(items))
        items = items[_place(items, detector.keywords[0]) :]
    return _head(items).text


class _Head(NamedTuple):
    text: str
    least: int
    """Characters that it takes at least."""
    ended: bool
    """Nothing may follow it."""


def _flat(items: Sequence[Any]) -> Iterator[Any]:
    """The items without the groups around them."""
    for operation, argument in items:
        if str(operation) == "SUBPATTERN":
            yield from _flat(list(argument[-1]))
        else:
            yield operation, argument


def _place(items: Sequence[Any], keyword: str) -> int:
    """Where the letters of a keyword stand among the items."""
    letters = [chr(argument) if str(operation) == "LITERAL" else "\0" for operation, argument in items]
    return "".join(letters).index(keyword)


def _head(items: Sequence[Any]) -> _Head:
    text, least = "", 0
    for operation, argument in items:
        name = str(operation)
        if name in {"ASSERT", "ASSERT_NOT", "AT"}:
            continue
        more = _part(name, argument, ENOUGH - least)
        text, least = text + more.text, least + more.least
        if more.ended or least >= ENOUGH:
            return _Head(text, least, ended=True)
    return _Head(text, least, ended=False)


def _part(name: str, argument: Any, missing: int) -> _Head:
    match name:
        case "LITERAL":
            found = _Head(re.escape(chr(argument)), 1, ended=False)
        case "IN":
            found = _Head(_set(argument), 1, ended=False)
        case "SUBPATTERN":
            found = _head(list(argument[-1]))
        case "BRANCH":
            parts = [_head(list(each)) for each in argument[1]]
            text, least = "|".join(part.text for part in parts), min(part.least for part in parts)
            found = _Head(f"(?:{text})", least, ended=any(part.ended for part in parts))
        case "MAX_REPEAT" | "MIN_REPEAT" | "POSSESSIVE_REPEAT":
            least, most, inner = argument
            found = _repeat(least, most, inner, missing)
        case _:
            found = _Head("", 0, ended=True)
    return found


def _repeat(least: int, most: int, inner: Any, missing: int) -> _Head:
    part = _head(list(inner))
    if part.ended or not part.least:
        return _Head(part.text if least else "", part.least if least else 0, ended=True)
    if least * part.least < missing and most <= MOST:
        return _Head(f"(?:{part.text}){{{least},{most}}}", least * part.least, ended=False)
    count = min(least, -(-missing // part.least))
    return _Head(f"(?:{part.text}){{{count}}}" if count else "", count * part.least, ended=True)


def _set(items: Any) -> str:
    text = ""
    for operation, argument in items:
        match str(operation):
            case "NEGATE":
                text = "^" + text
            case "LITERAL":
                text += re.escape(chr(argument))
            case "RANGE":
                text += f"{re.escape(chr(argument[0]))}-{re.escape(chr(argument[1]))}"
            case "CATEGORY":
                text += _CATEGORIES[str(argument)]
    return f"[{text}]"
