"""Backslash escapes as ``$'…'``, ``printf`` and ``echo -e`` know them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scanner.parsers.lazy import Lazy

if TYPE_CHECKING:
    from scanner.parsers.shell.draft import Part

ESCAPES = Lazy(r"(?s)\\(?:x[0-9a-fA-F]{1,2}|u[0-9a-fA-F]{1,4}|U[0-9a-fA-F]{1,8}|[0-7]{1,3}|c.|.)")
_LETTERS = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "f": "\f", "v": "\v", "e": "\x1b", "E": "\x1b"}


def unescape(escape: str) -> str:
    r"""What ``\n``, ``\x41``, ``\u263a`` or ``\101`` stands for in ``$'…'``, ``printf`` and ``echo -e``."""
    kind, digits = escape[1], escape[2:]
    if kind in "xuU" and digits:
        code = int(digits, 16)
        return chr(code) if code < 0x110000 and not 0xD800 <= code < 0xE000 else escape
    if kind in "01234567":
        return chr(int(escape[1:], 8) & 255)
    if kind == "c" and digits:
        return chr(ord(digits) & 31)
    return _LETTERS.get(kind) or (kind if kind in "\\'\"?" else escape)


def unescaped(source: str, start: int, end: int) -> list[Part]:
    """``source[start:end]`` with its backslash escapes resolved."""
    parts: list[Part] = []
    for match in ESCAPES.finditer(source, start, end):
        if match.start() > start:
            parts.append((start, match.start()))
        parts.append((unescape(match[0]), match.start()))
        start = match.end()
    if start < end:
        parts.append((start, end))
    return parts
