"""The calls in Python source, as far as they can be told without compiling it.

Comments and strings are recognised and nothing else is, so ``demo.launch(share=True)`` is found in linear time
whatever the rest of the file looks like.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

MAX_CALL = 20_000
"""Characters between the parentheses of one call; a longer one is not read."""
MAX_CALLS = 200
"""Calls of one file that are looked at."""

_TOKEN = re.compile(
    r"\"\"\"(?:[^\\\"]|\\.|\"(?!\"\"))*+(?:\"\"\")?|'''(?:[^\\']|\\.|'(?!''))*+(?:''')?"
    r"|\"(?:[^\"\\\n]|\\.)*+\"?|'(?:[^'\\\n]|\\.)*+'?|#[^\n]*",
    re.DOTALL,
)
"""A string or a comment; a string without an end goes as far as it can, so that no place is read twice."""
_BRACKET = re.compile(r"[()\[\]{},]")
_KEYWORD = re.compile(r"\s*([A-Za-z_]\w*)\s*=(?!=)\s*", re.ASCII)


class Keyword(NamedTuple):
    """``name=value`` of a call, at ``start:end`` of the source. ``value`` is the source text."""

    value: str
    start: int
    end: int

    def literal(self) -> str | None:
        """What the value means when it is a string, a number, True, False or None; else None: not known."""
        text = self.value
        if text in {"True", "False", "None"} or text.isdecimal():
            return text
        body = text.lstrip("rRuUbB") if text[:1] in {"r", "R", "u", "U", "b", "B"} else text
        whole = _TOKEN.fullmatch(body)
        closed = len(body) > 1 and body[-1] == body[0] and body[:3] not in {'"""', "'''"} and "\\" not in body
        return body[1:-1] if whole is not None and closed else None


class Call(NamedTuple):
    """A call at ``start:end`` of the source: the dotted name in front of the parenthesis, and what it is given."""

    name: str
    start: int
    end: int
    keywords: dict[str, Keyword]
    positionals: tuple[str, ...]
    more: bool
    """It is also given ``**something``."""


def calls(source: str, names: frozenset[str]) -> Iterator[Call]:
    """The calls of functions or methods with one of these names (their last part), in order."""
    blank = _TOKEN.sub(_blanked, source)
    pattern = re.compile(rf"(?<!\w)((?:[A-Za-z_]\w*\.)*({'|'.join(sorted(names))}))[ \t]*\(", re.ASCII)
    for count, match in enumerate(pattern.finditer(blank)):
        if count >= MAX_CALLS:
            return
        if blank[max(0, match.start() - 6) : match.start()].rstrip().endswith(("def", "class")):
            continue
        call = _call(source, blank, match)
        if call is not None:
            yield call


def _blanked(match: re.Match[str]) -> str:
    """As many characters that mean nothing; a string stays one word."""
    return ("_" if match[0][0] != "#" else " ") * len(match[0])


def _call(source: str, blank: str, match: re.Match[str]) -> Call | None:
    depth, begin = 1, match.end()
    keywords: dict[str, Keyword] = {}
    positionals: list[str] = []
    more = False
    for bracket in _BRACKET.finditer(blank, begin, begin + MAX_CALL):
        if bracket[0] == ",":
            if depth > 1:
                continue
        else:
            depth += 1 if bracket[0] in "([{" else -1
        if depth > 1 or (depth == 1 and bracket[0] != ","):
            continue
        keyword = _KEYWORD.match(blank, begin, bracket.start())
        text = source[keyword.end() if keyword else begin : bracket.start()].strip()
        if keyword is not None:
            keywords[keyword[1]] = Keyword(text, keyword.start(1), keyword.end() + len(text))
        elif text.startswith("**"):
            more = True
        elif text:
            positionals.append(text)
        begin = bracket.end()
        if depth == 0:
            return Call(match[1], match.start(), bracket.end(), keywords, tuple(positionals), more)
    return None
