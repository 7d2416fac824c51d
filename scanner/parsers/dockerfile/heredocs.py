"""The here-documents that a RUN, COPY or ADD line asks for.

BuildKit splits the whole line into shell words with the backslash as escape, whatever the escape directive says,
and takes every word of the form ``[digits]<<[-]NAME``. White space may stand before the name (since v0.20).
"""

from __future__ import annotations

import re
from typing import NamedTuple

from scanner.parsers.dockerfile.words import WHITESPACE
from scanner.parsers.lazy import Lazy

_WORD = Lazy(r"(\d*)<<(-?)[\t\n\f\r ]*([^<]+)", re.ASCII)
_NAME = Lazy(r"[\w./:+,=@%^~!?*()\[\]{}|&;>#-]+")
_PIECE = Lazy(rf"[^{WHITESPACE}'\"\\$<}}/]+")
_ARROWS = Lazy(r"<<[\t\r ]*")
_SPACE = Lazy(f"[{WHITESPACE}]")
_VARIABLE = Lazy(r"[0-9]+|[@*#?$!-]|[^\W\d]\w*|")
_QUOTE, _BRACE, _PATTERN = '"', "}", "/"


class Asked(NamedTuple):
    """A here-document asked for on a line."""

    name: str
    descriptor: int
    expand: bool
    strip_tabs: bool


def asked(line: str) -> list[Asked]:
    """The here-documents of a line, in order.

    Raises:
        ValueError: a name whose quotes do not close.
    """
    return [found for word in shell_words(line) if (found := parse_word(word)) is not None]


def parse_word(word: str) -> Asked | None:
    """The here-document that a word asks for, if any.

    Raises:
        ValueError: a name whose quotes do not close.
    """
    match = _WORD.fullmatch(word) if "<<" in word else None
    if match is None:
        return None
    digits, dash, rest = match.groups()
    name, quoted = (rest, False) if _NAME.fullmatch(rest) else _unquote(rest.strip(WHITESPACE))
    if not name:
        return None
    return Asked(name, int(digits) if 0 < len(digits) < 10 else 0, not quoted, bool(dash))


def _unquote(text: str) -> tuple[str, bool]:
    name, at, quoted = [], 0, False
    while at < len(text):
        character = text[at]
        if character in "'\"":
            quoted = True
            close = _close_quote(text, at)
            body = text[at + 1 : close]
            name.append(re.sub(r'\\(["$\\])', r"\1", body) if character == '"' else body)
            at = close + 1
        elif character == "\\":
            name.append(text[at + 1 : at + 2])
            at += 2
        elif character in WHITESPACE:
            return "", False  # several words: a command that reads a here-document
        else:
            name.append(character)
            at += 1
    return "".join(name), quoted


def _close_quote(text: str, at: int) -> int:
    close = at + 1
    while close < len(text) and text[close] != text[at]:
        close += 2 if text[close] == "\\" and text[at] == '"' else 1
    if close >= len(text):
        raise ValueError("a quote in the name of a here-document is not closed")
    return close


def shell_words(line: str) -> list[str]:
    """The words of a line as a shell sees them, quotes and all; none at all when quotes or braces do not close.

    ``${…}`` outside quotes is split at white space even where quotes stand inside it; so does BuildKit.
    """
    cuts: list[int] = []  # the white space between words
    nesting: list[str] = []  # what closes each open quote, ${…} or pattern, innermost last
    brace, at, end = -1, 0, len(line)
    while at < end:
        inside = nesting[-1] if nesting else ""
        character = line[at]
        if character == "\\":
            at += 2 if inside != _QUOTE or line[at + 1 : at + 2] in ('"', "$", "\\") else 1
        elif character == "$":
            brace = brace if nesting else at
            at, opened = _variable(line, at)
            if at < 0:
                return []
            nesting += opened
        elif character == inside:
            nesting.pop()
            at += 1
        elif character == "'" and inside != _QUOTE:
            at = line.find("'", at + 1) + 1
            if not at:
                return []
        elif character == _QUOTE:
            nesting.append(character)
            at += 1
        elif not nesting and character in WHITESPACE:
            cuts.append(at)
            at += 1
        else:
            piece = (_PIECE if nesting or character != "<" else _ARROWS).match(line, at)
            at = piece.end() if piece else at + 1
        if not nesting and brace >= 0:
            cuts += [match.start() for match in _SPACE.finditer(line, brace, at)]
            brace = -1
    if nesting:
        return []
    return [line[before + 1 : cut] for before, cut in zip([-1, *cuts], [*cuts, end], strict=True) if cut > before + 1]


def _variable(line: str, at: int) -> tuple[int, list[str]]:
    """Past ``$NAME``, or into ``${NAME…`` and what closes that; -1 for what a shell would reject."""
    at += 1
    if not line.startswith("{", at):
        match = _VARIABLE.match(line, at)
        return (match.end() if match else at), []
    at += 1
    if line[at : at + 1] in ("", "{", "}", ":"):
        return -1, []
    match = _VARIABLE.match(line, at)
    at = match.end() if match else at
    modifier = line[at : at + 1]
    if modifier == "}":
        return at + 1, []
    if modifier == ":":
        return (-1, []) if line[at + 1 : at + 2] in ("", "#", "%") else (at + 2, [_BRACE])
    if modifier == "/":
        return at + (2 if line.startswith("/", at + 1) else 1), [_BRACE, _PATTERN]
    return (at + 1, [_BRACE]) if modifier and modifier in "+-?#%" else (-1, [])
