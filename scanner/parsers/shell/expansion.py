"""What ``${NAME operator word}`` gives, where that can be decided."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

from scanner.parsers.lazy import Lazy

MAX_PATTERN_VALUE = 256
"""Longest value (characters) that a pattern with wildcards is tried on; a longer one counts as not known."""
MAX_STARS = 2
"""Most ``*`` in a pattern that is tried, for the work grows with each."""

_CASES: dict[str, Callable[[str], str]] = {
    "^^": str.upper,
    ",,": str.lower,
    "^": lambda value: value[:1].upper() + value[1:],
    ",": lambda value: value[:1].lower() + value[1:],
}
_CLASS = Lazy(r"\[[!^]?\]?[^\[\]]*\]")


def apply(operator: str, value: str, operand: str, replacement: str) -> str | None:
    """``value`` after a trimming, replacing, case or substring operator; None when that cannot be said."""
    result = None
    if operator in {"#", "##"}:
        result = _trim_front(value, operand, longest=operator == "##")
    elif operator in {"%", "%%"}:
        result = _trim_back(value, operand, longest=operator == "%%")
    elif operator[0] == "/":
        result = _replace(operator, value, operand, replacement)
    elif operator == ":":
        result = _substring(value, operand)
    elif operator in _CASES and not operand:
        result = _CASES[operator](value)
    return result


def _wild(pattern: str) -> bool:
    return any(c in pattern for c in "*?[\\")


def _allowed(value: str, pattern: str) -> bool:
    return len(value) <= MAX_PATTERN_VALUE and pattern.count("*") <= MAX_STARS and "(" not in pattern


@lru_cache(maxsize=256)
def _regex(pattern: str, *, greedy: bool) -> re.Pattern[str] | None:
    out, i = [], 0
    while i < len(pattern):
        c = pattern[i]
        bracket = _CLASS.match(pattern, i) if c == "[" else None
        if bracket:
            if "[:" in bracket[0] or "\\" in bracket[0]:
                return None
            body = bracket[0][1:-1]
            negated = body[:1] in {"!", "^"}
            members = body[negated:].replace("]", "\\]").replace("^", "\\^").replace("&&", "&\\&")
            out.append(f"[{'^' if negated else ''}{members}]" if members else re.escape(bracket[0]))
            i = bracket.end()
            continue
        if c == "\\" and i + 1 < len(pattern):
            i += 1
            out.append(re.escape(pattern[i]))
        else:
            out.append({"*": ".*" if greedy else ".*?", "?": "."}.get(c) or re.escape(c))
        i += 1
    try:
        return re.compile("".join(out), re.DOTALL)
    except re.error:
        return None


def _trim_front(value: str, pattern: str, *, longest: bool) -> str | None:
    if not _wild(pattern):
        return value.removeprefix(pattern)
    regex = _regex(pattern, greedy=longest) if _allowed(value, pattern) else None
    if regex is None:
        return None
    ends = [end for end in range(len(value) + 1) if regex.fullmatch(value, 0, end)]
    return value[(ends[-1] if longest else ends[0]) if ends else 0 :]


def _trim_back(value: str, pattern: str, *, longest: bool) -> str | None:
    if not _wild(pattern):
        return value.removesuffix(pattern)
    regex = _regex(pattern, greedy=longest) if _allowed(value, pattern) else None
    if regex is None:
        return None
    starts = [start for start in range(len(value) + 1) if regex.fullmatch(value, start)]
    return value[: (starts[0] if longest else starts[-1]) if starts else len(value)]


def _replace(operator: str, value: str, pattern: str, replacement: str) -> str | None:
    if not pattern:
        return value
    if "&" in replacement or "\\" in replacement:
        return None
    regex = _regex(pattern, greedy=True) if _allowed(value, pattern) else None
    if regex is None:
        if _wild(pattern) or len(value) * (len(replacement) + 1) > MAX_PATTERN_VALUE * MAX_PATTERN_VALUE:
            return None
        regex = re.compile(re.escape(pattern))
    if operator == "/#":
        match = regex.match(value)
        return replacement + value[match.end() :] if match else value
    if operator == "/%":
        match = next((m for s in range(len(value) + 1) if (m := regex.fullmatch(value, s))), None)
        return value[: match.start()] + replacement if match else value
    return regex.sub(
        lambda match: replacement if match[0] or not value else "", value, count=0 if operator == "//" else 1
    )


def _substring(value: str, operand: str) -> str | None:
    match = re.fullmatch(r"\s*(\d{1,9}|\s-\d{1,9}|\(-\d{1,9}\))\s*(?::\s*(-?\d{1,9})\s*)?", operand)
    if not match:
        return None
    start = int(match[1].strip("() "))
    if start < 0:
        start += len(value)
    if start < 0 or match[2] is None:
        return value[start:] if start >= 0 else None
    length = int(match[2])
    end = start + length if length >= 0 else len(value) + length
    return value[start:end] if end >= start else None
