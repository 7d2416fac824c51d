"""The ways a Dockerfile splits a line into words, each with its offsets.

Held to BuildKit (moby/buildkit, ``frontend/dockerfile/parser``, v0.34).
"""

from __future__ import annotations

import re
from functools import cache

from scanner.model.location import Word
from scanner.parsers.lazy import Lazy

WHITESPACE = (
    "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029"
    "\u202f\u205f\u3000"
)
"""What BuildKit trims at the ends of a line (Go's ``unicode.IsSpace``); Python's ``str.strip`` takes four more."""

SEPARATORS = "\t\v\f\r "
"""What separates the keyword, and the words of most instructions."""

_PLAIN = Lazy(rf"[^{SEPARATORS}]+")
_BEFORE_ARRAY = WHITESPACE + "["
_JSON_SPACE = " \t\r\n"
_JSON_STRING = Lazy(r'"([^"\\\x00-\x1f]*+(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\x00-\x1f]*+)*+)"')
_JSON_OTHER = Lazy(r"-?[0-9]|true|false|null|[\[{]")
_JSON_ESCAPE = Lazy(r"\\(?:u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|(.))")
_JSON_SHORT = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}


def plain_words(value: str, start: int) -> tuple[Word, ...]:
    """The words of ``value[start:]`` between tabs and spaces; quotes mean nothing."""
    return tuple([Word(match[0], match.start(), match.end()) for match in _PLAIN.finditer(value, start)])


def quoted_words(value: str, start: int, escape: str) -> tuple[Word, ...]:
    """The words of ``value[start:]``, where quotes and the escape character protect white space; both are kept."""
    return tuple([Word(match[0], match.start(), match.end()) for match in _quoted(escape).finditer(value, start)])


@cache
def _quoted(escape: str) -> re.Pattern[str]:
    e = re.escape(escape)
    return re.compile(
        rf"""(?:[^{WHITESPACE}'"{e}]++|{e}.|'[^']*+(?:'|\Z)|"(?:[^"{e}]++|{e}.)*+(?:"|(?={e}?\Z)))++""", re.DOTALL
    )


def json_words(value: str, start: int) -> tuple[Word, ...] | None:
    """The strings of the JSON array ``value[start:]``, unescaped; offsets include the quotes. None: not an array.

    Raises:
        ValueError: a JSON array that holds something else than strings.
    """
    if value[start : start + 1] not in _BEFORE_ARRAY:
        return None
    at = _skip(value, start, WHITESPACE)
    if not value.startswith("[", at):
        return None
    words: list[Word] = []
    opening, at = at, _skip(value, at + 1, _JSON_SPACE)
    if value.startswith("]", at):
        return () if _skip(value, at + 1, _JSON_SPACE) == len(value) else None
    while match := _JSON_STRING.match(value, at):
        words.append(Word(_unescape(match[1]), match.start(), match.end()))
        at = _skip(value, match.end(), _JSON_SPACE)
        if value.startswith("]", at):
            return tuple(words) if _skip(value, at + 1, _JSON_SPACE) == len(value) else None
        if not value.startswith(",", at):
            return None
        at = _skip(value, at + 1, _JSON_SPACE)
    if _JSON_OTHER.match(value, at) and _is_json(value[opening:]):
        raise ValueError("the JSON form takes strings only: put every element in double quotes")
    return None


def _skip(value: str, at: int, characters: str) -> int:
    while at < len(value) and value[at] in characters:
        at += 1
    return at


def _unescape(text: str) -> str:
    return _JSON_ESCAPE.sub(_character, text) if "\\" in text else text


def _character(match: re.Match[str]) -> str:
    high, low, single, short = match.groups()
    if high:
        return chr(0x10000 + (int(high, 16) - 0xD800) * 0x400 + int(low, 16) - 0xDC00)
    if single:
        code = int(single, 16)
        return "\ufffd" if 0xD800 <= code < 0xE000 else chr(code)
    return _JSON_SHORT.get(short, short)


def _is_json(text: str) -> bool:
    from json import loads

    def refuse(constant: str) -> None:
        raise ValueError(constant)

    try:
        loads(text, parse_constant=refuse, parse_int=len, parse_float=len)
    except (ValueError, RecursionError):
        return False
    return True
