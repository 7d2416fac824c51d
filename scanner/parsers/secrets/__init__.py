r"""Credentials in text: where their values stand, and the text with these masked.

Two ways to tell one: by a detector (the format of its provider, a command or file that has a place for it), and by the
name beside it (``HF_TOKEN=…``, ``--password …``). What only stands in for a value (``$HF_TOKEN``, ``<your key>``,
``changeme``, ``xxxx``) is none.

Time is linear in the length of the text: repeats in patterns are bounded, and a pattern is tried only where a literal
of it is found.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from typing import Literal

from scanner.model.record import Record
from scanner.parsers.lazy import Lazy
from scanner.parsers.secrets.detect import Hit, detected, detected_by, headless, provider
from scanner.parsers.secrets.names import ai_provider, is_credential
from scanner.parsers.secrets.table import FORMS, KEYS, MADE, TITLES
from scanner.parsers.secrets.values import JUDGED, code, machine_made, written_out

__all__ = [
    "Found",
    "ai_provider",
    "find",
    "find_by",
    "form",
    "is_ai",
    "is_credential",
    "looks_made",
    "mask",
    "provider",
    "telling",
    "title",
]

SHOWN = 4
"""How many characters of a value stay readable, at most; never more than a quarter of it."""
NESTED = 8
"""How many names inside the value of another are looked at (``--set=token=…``)."""

_CONTINUATION = Lazy(r"\\[ \t]{0,64}\r?\n(?=\S)")
_KEYWORDS = ("pass", "secret", "token", "key", "credential", "pwd", "_pat")
_LEFT = Lazy(r"[\w.-]{0,64}\Z", re.ASCII)
_WORD = Lazy(r"[\w.-]{0,64}", re.ASCII)
_GIVES = Lazy(
    r"""\\{0,3}["']?(?P<pair>[\s,]{1,64}\\{0,3}["']?value\\{0,3}["']?[ \t]{0,4}[:=][ \t]{0,4})
      | (?:\\{0,3}["'])?\]?[ \t]{0,4}(?:(?P<equals>:?=)|(?P<colon>:)(?=[ \t]))[ \t]{0,4}
      | ["'](?P<comma>,)[ \t]{0,8}(?=["'])
      | (?P<space>[ \t]{1,16})(?:\\[ \t]{0,8}\r?\n[ \t]{0,32})?""",
    re.ASCII | re.VERBOSE,
)
_PAIRED = Lazy(r"\bname\W{1,8}\Z")
_SETS = Lazy(r"\b(?:setx|set[ \t]{1,4}-\w{1,4})[ \t]{1,4}\Z")
_VALUE = Lazy(
    r"""\\{0,3}"(?P<double>[^"\n]{0,4096}?)\\{0,3}" | '(?P<single>[^'\n]{0,4096})'
      | (?P<bare>[^\s"'`;|&<>(),\\]{1,4096}(?:\\[ \t]{0,8}\r?\n[^\s"'`;|&<>(),\\\#]{1,4096}){0,8})""",
    re.VERBOSE,
)
_URL_PASSWORD = Lazy(r"://[^\s/:@\"'`\\]{0,256}+:(?P<v>[^\s/@\"'`\\]{1,1024}+)@")
_URL_USER = Lazy(r"://(?P<v>[^\s/:@\"'`\\]{16,512}+)@")
_KEPT = Lazy(r"""\\(?:u[0-9A-Fa-f]{4}|["\\/bfnrt]|)|[\s"'`]""")
_PASSWORDS = ("pass", "passwd", "password", "pword", "passphrase", "pwd")

_Hit = tuple[int, int, str, str, str]
"""Start, end, provider, name, detector."""
NAMED, IN_URL = "named", "url"
Form = Literal["token", "password", "private-key", "encrypted-key", "named", "url"]
"""What stands for a detector where only a name beside the value, or a URL around it, tells."""


class Found(Record):
    """A credential at ``start:end`` of the text. ``name`` is the variable, option or command it is given to, or ""."""

    start: int
    end: int
    provider: str
    """Who issued it, by its format (or by name and format together); "" when only the name tells."""
    name: str
    hint: str
    """Where to revoke it: a URL, or ""."""
    detector: str
    """What told it: the id of a detector, ``NAMED`` or ``IN_URL``."""


def find(text: str, path: str = "") -> list[Found]:
    """The credentials in the raw text of a file, in order, none overlapping another."""
    joined, origin = _joined(text)
    return _apart((*_plain(detected(joined, path)), *_urls(joined), *_named(joined)), origin)


@cache
def telling() -> tuple[bytes, ...]:
    """In lower case, of what one stands in each text in which ``find`` finds more than a search for heads does."""
    words = {*_KEYWORDS, *headless(), "@", "\\\n", "\\\r"}
    return tuple(word.encode() for word in sorted(words) if not any(other in word for other in words - {word}))


def find_by(text: str, path: str, detectors: Sequence[int]) -> list[Found]:
    """The same by some detectors, and those that are for this file, alone."""
    return _apart(_plain(detected_by(text, path, detectors)), lambda offset: offset)


def _plain(hits: Iterable[Hit]) -> Iterator[_Hit]:
    return ((start, end, each.provider, each.name, each.id) for start, end, each in hits)


def _apart(hits: Iterable[_Hit], origin: Callable[[int], int]) -> list[Found]:
    found: list[Found] = []
    for start, end, issuer, name, detector in sorted(hits):
        one = Found(
            start=origin(start),
            end=origin(end - 1) + 1,
            provider=issuer,
            name=name,
            hint=known.revoke if (known := provider(issuer)) else "",
            detector=detector,
        )
        found.append(_merged(found.pop(), one) if found and one.start < found[-1].end else one)
    return found


def is_ai(found: Found) -> bool:
    """Whether it opens an AI service."""
    known = provider(found.provider)
    return (known is not None and known.ai) or bool(found.provider and ai_provider(found.name))


def looks_made(found: Found, value: str) -> bool:
    """Whether a machine made it, by the format that it has, or by its looks."""
    return found.detector in MADE or machine_made(value)


def form(found: Found) -> Form:
    """What kind of credential it is."""
    return found.detector if found.detector in {NAMED, IN_URL} else FORMS[found.detector]  # type: ignore[return-value]


def title(found: Found) -> str:
    """What it is, in words: ``Hugging Face: a user's access token``."""
    issuer = provider(found.provider)
    what = TITLES.get(found.detector) or {NAMED: "a value of that name", IN_URL: "a login in a URL"}[found.detector]
    return f"{issuer.title}: {what}" if issuer else what


def _merged(one: Found, other: Found) -> Found:
    """Of two that overlap: the whole of them, and what the better of the two detectors says."""
    best, rest = (other, one) if _told(other) > _told(one) else (one, other)
    return best.replace(start=one.start, end=max(one.end, other.end), name=best.name or rest.name)


def _told(found: Found) -> tuple[bool, bool]:
    """How much is known of it."""
    return bool(found.provider), found.detector not in {NAMED, IN_URL}


def mask(text: str, found: list[Found]) -> str:
    """The text, same length, with the found values hidden behind ``*``.

    Quotes, white space, backslashes and JSON escapes stay, so that the text is still read the same way.
    """
    pieces: list[str] = []
    at = 0
    for one in found:
        shown = 0 if one.detector in KEYS else min(SHOWN, (one.end - one.start) // 4)
        pieces.append(text[at : one.start + shown])
        at = one.start + shown
        for kept in _KEPT.finditer(text, at, one.end):
            pieces += "*" * (kept.start() - at), kept.group()
            at = kept.end()
        pieces.append("*" * (one.end - at))
        at = one.end
    pieces.append(text[at:])
    return "".join(pieces)


def _urls(text: str) -> Iterator[_Hit]:
    if "://" in text and "@" in text:
        for match in _URL_PASSWORD.finditer(text):
            if written_out(match["v"], password=True):
                yield *match.span("v"), "", "URL", IN_URL
        for match in _URL_USER.finditer(text):
            if machine_made(match["v"]):
                yield *match.span("v"), "", "URL", IN_URL


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
        if gives is None or _ends_word(text, begin, gives) or not (head := _expects(text, line, begin, name, gives)):
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
        issuer = ai_provider(name)
        yield *value.span(kind), issuer if issuer and machine_made(value[kind], 20) else "", name, NAMED


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


def _expects(text: str, line: int, begin: int, name: str, gives: re.Match[str]) -> str:
    """What must be true of the value that follows a name: ``any``, ``quoted`` or ``random``; "" when none follows.

    The name stands at ``begin`` on a line that begins at ``line``.
    """
    if gives["pair"]:
        return "quoted" if _PAIRED.search(text, max(line, begin - 16), begin) else ""
    head = text[line : min(begin, line + JUDGED)].lstrip()
    comment = head.startswith("#")
    if gives["comma"]:
        return "option" if name.startswith("-") else ""
    if gives["space"]:
        return _behind_space(head, name, comment=comment)
    if comment:
        return "random"
    if gives["colon"] or gives.group() != "=":
        return "quoted"
    upper = name == name.upper() or name.startswith("-") or head[:4].upper() in {"ENV ", "ARG "}
    return "any" if upper else "code"


def _behind_space(head: str, name: str, *, comment: bool) -> str:
    if head.rstrip().upper() == "ENV":
        return "any"
    if _SETS.search(head) and not comment:
        return "random"
    if not (name.startswith("--") or "_auth" in name.lower()):
        return ""
    return "random" if comment else "option"


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
    found = _CONTINUATION.finditer(text) if "\\" in text else ()
    cuts = [cut for cut in found if not text[max(0, cut.start() - 1)].isspace()]
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
