r"""Lists of strings as Go prints them: ``["a" "b"]`` with ``%q``, ``[a b]`` and ``map[a:{} b:{}]`` with ``%v``."""

from __future__ import annotations

import re

from scanner.model.location import Word
from scanner.parsers.lazy import Lazy

_STRING = Lazy(r'"((?:[^"\\]|\\.)*+)"')
_ESCAPE = Lazy(r"\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(.))")
_SHORT = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
_PLAIN = Lazy(r"[^\s\]\[]+")


def quoted(text: str, start: int) -> tuple[tuple[Word, ...], int] | None:
    """The strings of ``["a" "b"]`` at an offset, at the places of their quotes, and where it ends; None when none is.

    Commas between them are taken too, so that a JSON list is read the same way.
    """
    if not text.startswith("[", start):
        return None
    words: list[Word] = []
    at = start + 1
    while match := _STRING.match(text, at):
        words.append(Word(_ESCAPE.sub(_character, match[1]), match.start(), match.end()))
        at = match.end()
        while text[at : at + 1] in {" ", ","}:
            at += 1
    return (tuple(words), at + 1) if text.startswith("]", at) else None


def plain(text: str, start: int) -> tuple[Word, ...] | None:
    """The words of ``[a b]`` or ``map[a:{} b:{}]`` that is all of the text from an offset on; None when it is not."""
    opened = start + (4 if text.startswith("map[", start) else 1)
    if text[opened - 1 : opened] != "[" or not text.endswith("]"):
        return None
    words = []
    for match in _PLAIN.finditer(text, opened, len(text) - 1):
        word = match[0].removesuffix(":{}")
        words.append(Word(word, match.start(), match.start() + len(word)))
    return tuple(words)


def _character(match: re.Match[str]) -> str:
    byte, short, long, other = match.groups()
    if other:
        return _SHORT.get(other, other)
    code = int(byte or short or long, 16)
    return chr(code) if code < 0x110000 and not 0xD800 <= code < 0xE000 else "\ufffd"
