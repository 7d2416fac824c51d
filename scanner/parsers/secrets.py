r"""Credentials in text: where their values stand, and the text with these masked.

Three ways to tell one: by the format of its provider, by the name beside it (``HF_TOKEN=…``, ``--password …``), and by
the command that takes it (``echo user:word | chpasswd``). What only stands in for a value (``$HF_TOKEN``,
``<your key>``, ``changeme``, ``xxxx``) is none.

Time is linear in the length of the text: repeats in patterns are bounded, and a pattern is tried only where a literal
of it is found.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator

from scanner.model.record import Record
from scanner.parsers.credentials import ai_provider, is_credential
from scanner.parsers.lazy import Lazy
from scanner.parsers.secret_formats import AI, COMMANDS, ECHOED, FORMATS, HINTS, compiled
from scanner.parsers.secret_values import JUDGED, code, machine_made, real, written_out

__all__ = ["AI", "Found", "ai_provider", "find", "is_credential", "mask"]

SHOWN = 4
"""How many characters of a value stay readable, at most; never more than a quarter of it."""
NESTED = 8
"""How many names inside the value of another are looked at (``--set=token=…``)."""

_CONTINUATION = Lazy(r"\\[ \t]{0,64}\r?\n(?=\S)")
_KEYWORDS = ("pass", "secret", "token", "key", "credential", "pwd", "_pat")
_LEFT = Lazy(r"[\w.-]{0,64}\Z", re.ASCII)
_WORD = Lazy(r"[\w.-]{0,64}", re.ASCII)
_GIVES = Lazy(
    r"""["']?\]?[ \t]{0,4}(?:(?P<equals>:?=)|(?P<colon>:)(?=[ \t]))[ \t]{0,4}
      | ["'](?P<comma>,)[ \t]{0,8}(?=["'])
      | (?P<space>[ \t]{1,16})(?:\\[ \t]{0,8}\r?\n[ \t]{0,32})?""",
    re.ASCII | re.VERBOSE,
)
_VALUE = Lazy(
    r"""\\?"(?P<double>[^"\n]{0,4096}?)\\?" | '(?P<single>[^'\n]{0,4096})'
      | (?P<bare>[^\s"'`;|&<>(),\\]{1,4096}(?:\\[ \t]{0,8}\r?\n[^\s"'`;|&<>(),\\\#]{1,4096}){0,8})""",
    re.VERBOSE,
)
_URL_PASSWORD = Lazy(r"://[^\s/:@\"'`\\]{0,256}+:(?P<v>[^\s/@\"'`\\]{1,1024}+)@")
_URL_USER = Lazy(r"://(?P<v>[^\s/:@\"'`\\]{16,512}+)@")
_KEPT = Lazy(r"""\\(?:u[0-9A-Fa-f]{4}|["\\/bfnrt]|)|[\s"'`]""")
_PASSWORDS = ("pass", "passwd", "password", "pword", "passphrase", "pwd")

_Hit = tuple[int, int, str, str]
"""Start, end, provider, name."""


class Found(Record):
    """A credential at ``start:end`` of the text. ``name`` is the variable, option or command it is given to, or ""."""

    start: int
    end: int
    provider: str
    """Who issued it, by its format (or by name and format together); "" when only the name tells."""
    name: str
    hint: str
    """Where to revoke it: a URL, or ""."""


def find(text: str) -> list[Found]:
    """The credentials in raw text, in order, none overlapping another."""
    joined, origin = _joined(text)
    found: list[Found] = []
    hits = sorted((*_formats(joined), *_commands(joined), *_urls(joined), *_named(joined)))
    for start, end, provider, name in hits:
        one = Found(
            start=origin(start), end=origin(end - 1) + 1, provider=provider, name=name, hint=HINTS.get(provider, "")
        )
        found.append(_merged(found.pop(), one) if found and one.start < found[-1].end else one)
    return found


def _merged(one: Found, other: Found) -> Found:
    return one.replace(
        end=max(one.end, other.end),
        provider=one.provider or other.provider,
        name=one.name or other.name,
        hint=one.hint or other.hint,
    )


def mask(text: str, found: list[Found]) -> str:
    """The text, same length, with the found values hidden behind ``*``.

    Quotes, white space, backslashes and JSON escapes stay, so that the text is still read the same way.
    """
    pieces: list[str] = []
    at = 0
    for one in found:
        shown = 0 if one.provider == "private-key" else min(SHOWN, (one.end - one.start) // 4)
        pieces.append(text[at : one.start + shown])
        at = one.start + shown
        for kept in _KEPT.finditer(text, at, one.end):
            pieces += "*" * (kept.start() - at), kept.group()
            at = kept.end()
        pieces.append("*" * (one.end - at))
        at = one.end
    pieces.append(text[at:])
    return "".join(pieces)


def _formats(text: str) -> Iterator[_Hit]:
    for form in FORMATS:
        for match in _behind(text, form.sign, form.rest):
            start, end = match.span("v") if match.re.groups else (match.start() - len(form.sign), match.end())
            if real(text[start:end], form.entropy):
                yield start, end, form.provider, ""


def _commands(text: str) -> Iterator[_Hit]:
    found = [(name, match) for sign, name, rest in COMMANDS for match in _behind(text, sign, rest)]
    for sign, name, rest in ECHOED:
        if sign in text:
            found += [(name, match) for match in _behind(text, "echo ", rest)]
    for name, match in found:
        if written_out(match["v"], password=True):
            yield *match.span("v"), "", name


def _behind(text: str, sign: str, rest: str) -> Iterator[re.Match[str]]:
    """The matches of a pattern behind a sign that stands at the beginning of a word."""
    at = text.find(sign)
    while at >= 0:
        before = text[at - 1] if at else " "
        if not (before.isalnum() or before in "_-") or not sign[0].isalnum():
            match = compiled(rest).match(text, at + len(sign))
            if match is not None:
                yield match
        at = text.find(sign, at + len(sign))


def _urls(text: str) -> Iterator[_Hit]:
    if "://" in text and "@" in text:
        for match in _URL_PASSWORD.finditer(text):
            if written_out(match["v"], password=True):
                yield *match.span("v"), "", "URL"
        for match in _URL_USER.finditer(text):
            if machine_made(match["v"]):
                yield *match.span("v"), "", "URL"


def _named(text: str) -> Iterator[_Hit]:
    """Values beside a name that says credential."""
    line = done = rejected = inside = 0
    for at in _keywords(text):
        if at < done:
            continue
        line = max(line, text.rfind("\n", line, at) + 1)
        left = _LEFT.search(text, max(at - 64, line), at)
        begin = left.start() if left else at
        end = _WORD.match(text, at).end()  # type: ignore[union-attr]
        name = text[begin:end]
        done = end
        if not is_credential(name) or (rejected >= NESTED and at < inside):
            continue
        gives = _GIVES.match(text, end)
        if (
            gives is None
            or _ends_word(text, begin, gives)
            or not (head := _expects(text[line : min(begin, line + JUDGED)].lstrip(), name, gives))
        ):
            continue
        value = _VALUE.match(text, gives.end())
        if value is None or value.lastgroup is None:
            continue
        kind = value.lastgroup
        if not _is_value(name, head, value[kind], kind):
            rejected = rejected + 1 if at < inside else 0
            inside = max(inside, value.end())
            continue
        done = value.end()
        provider = ai_provider(name)
        yield *value.span(kind), provider if provider and machine_made(value[kind], 20) else "", name


def _ends_word(text: str, begin: int, gives: re.Match[str]) -> bool:
    """Whether the quote behind ``=`` closes the one in front of the name: ``["--token=", "--port=80"]`` gives none."""
    quote = text[gives.end() : gives.end() + 1]
    return quote in {'"', "'"} and gives.group()[0] in "=:" and text[max(0, begin - 1) : begin] == quote


def _keywords(text: str) -> list[int]:
    """Where a word that may be part of a credential's name begins."""
    lower = text if text.islower() else text.lower()
    if len(lower) != len(text):
        lower = "".join(c.lower() if c.isascii() else c for c in text)
    places: list[int] = []
    for word in _KEYWORDS:
        at = lower.find(word)
        while at >= 0:
            places.append(at)
            at = lower.find(word, at + len(word))
    return sorted(places)


def _expects(head: str, name: str, gives: re.Match[str]) -> str:
    """What must be true of the value that follows a name: ``any``, ``quoted`` or ``random``; "" when none follows.

    ``head`` is what stands in front of the name on its line.
    """
    comment = head.startswith("#")
    if gives["comma"]:
        return "option" if name.startswith("-") else ""
    if gives["space"]:
        if head.rstrip().upper() == "ENV":
            return "any"
        return ("random" if comment else "option") if name.startswith("--") or "_auth" in name.lower() else ""
    if comment:
        return "random"
    if gives["colon"] or gives.group() != "=":
        return "quoted"
    upper = name == name.upper() or name.startswith("-") or head[:4].upper() in {"ENV ", "ARG "}
    return "any" if upper else "code"


def _is_value(name: str, expected: str, value: str, kind: str) -> bool:
    password = name.lower().rstrip("0123456789").endswith(_PASSWORDS)
    if not written_out(value, password=password, verbatim=kind == "single"):
        return False
    if expected == "option":
        return not value.startswith(("-", "id=", "src=", "type=", "env="))
    if expected == "any" or (kind != "bare" and expected != "random"):
        return kind != "bare" or not code(value)
    return machine_made(value, 8 if expected == "code" else 12)


def _joined(text: str) -> tuple[str, Callable[[int], int]]:
    """The text with words put together that a continuation splits, and where its characters come from."""
    cuts = [cut for cut in _CONTINUATION.finditer(text) if not text[max(0, cut.start() - 1)].isspace()]
    if not cuts:
        return text, lambda offset: offset
    pieces, starts, origins, at, length = [], [0], [0], 0, 0
    for cut in cuts:
        pieces.append(text[at : cut.start()])
        length += cut.start() - at
        at = cut.end()
        starts.append(length)
        origins.append(at)
    pieces.append(text[at:])

    def origin(offset: int) -> int:
        run = bisect_right(starts, offset) - 1
        return origins[run] + offset - starts[run]

    return "".join(pieces), origin
