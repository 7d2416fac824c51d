"""What the detectors find in text. A pattern is compiled when its keyword is met first; most texts have none."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache

from scanner.model.detector import Detector, Provider
from scanner.parsers.lazy import Lazy
from scanner.parsers.secrets.table import DETECTORS, HEADS, IN_FILES, KEYWORDS, PROVIDERS
from scanner.parsers.secrets.values import real, written_out

Hit = tuple[int, int, Detector]
"""Start and end of the value, and what found it."""

MAX_LENGTH = 24_000
"""Characters of the longest match: of a private key."""
_WORD = Lazy(r"[A-Za-z0-9_-]")
_ESCAPED = Lazy(
    r"(?: \\[nrt] | (?:%|\\x)[0-9A-Fa-f]{2} | \\u[0-9A-Fa-f]{4} | (?:\x1b|\\(?:u001b|x1b|033|e))\[[\d;]{0,16}m )\Z",
    re.VERBOSE | re.IGNORECASE,
)
"""What ends with a letter or digit and is none of a word: a character of JSON or a URL, a colour of a terminal."""
_LONGEST = 28
"""Characters of it."""
_STEMS = ("_KEY", "_key", "_TOKEN", "_token", "_v1_", "dp.", "gh", "gl", "hv", "shp", "sk-", "sl.", "sntry", "xox")
"""What several keywords have in common."""


@cache
def detector(number: int) -> Detector:
    """The detector of this number in the table."""
    return Detector.of(DETECTORS[number])


@cache
def provider(id: str) -> Provider | None:
    """Who issues credentials by this id; None for nobody in particular."""
    return Provider.of(PROVIDERS[id]) if id in PROVIDERS else None


@cache
def compiled(number: int) -> re.Pattern[str]:
    """Its pattern."""
    return re.compile(detector(number).pattern, re.ASCII | re.MULTILINE)


@cache
def _by_stem() -> dict[str, list[str]]:
    """The keywords by what many of them share, so that one look at a text does for these."""
    found: dict[str, list[str]] = {}
    for keyword in KEYWORDS:
        found.setdefault(next((stem for stem in _STEMS if stem in keyword), keyword), []).append(keyword)
    return found


@cache
def headless() -> frozenset[str]:
    """The keywords, in lower case, of detectors that a search for ``HEADS`` does not find."""
    return frozenset(word.lower() for word, numbers in KEYWORDS.items() if any(each not in HEADS for each in numbers))


def detected(text: str, path: str = "") -> Iterator[Hit]:
    """What the detectors find in the text of a file, in no order."""
    for stem, keywords in _by_stem().items():
        if stem in text:
            for keyword in keywords:
                if keyword in text:
                    for number in KEYWORDS[keyword]:
                        yield from _behind(text, keyword, number, path)
    yield from _in_file(text, path)


def detected_by(text: str, path: str, numbers: Sequence[int]) -> Iterator[Hit]:
    """What some detectors find, and those that are for this file."""
    for number in (*numbers, *(each for each in of_file(path) if each not in numbers)):
        for keyword in detector(number).keywords:
            yield from _behind(text, keyword, number, path)
    yield from _in_file(text, path)


def of_file(path: str) -> tuple[int, ...]:
    """The detectors that look at the whole of a file of this name."""
    lower = path.lower()
    return IN_FILES.get(lower[lower.rfind("/") + 1 :], ())


def _in_file(text: str, path: str) -> Iterator[Hit]:
    for number in of_file(path):
        if not detector(number).keywords and _is_at(detector(number), path):
            for match in compiled(number).finditer(text):
                yield from _hit(number, match)


def _behind(text: str, keyword: str, number: int, path: str) -> Iterator[Hit]:
    """The matches at the places of a keyword that begin with a word."""
    form = detector(number)
    if (form.needs and form.needs not in text) or (form.files and not _is_at(form, path)):
        return
    pattern, done = compiled(number), 0
    at = text.find(keyword)
    while at >= 0:
        if form.inside:
            match = pattern.search(text, max(done, at - form.inside), at + MAX_LENGTH)
            if match is not None and not (match.start() <= at < match.end() and _begins(text, match.start())):
                match = None
        else:
            match = pattern.match(text, at) if not keyword[0].isalnum() or _begins(text, at) else None
        if match is not None:
            yield from _hit(number, match)
            done = match.end()
        at = text.find(keyword, at + len(keyword))


def _begins(text: str, at: int) -> bool:
    r"""Whether a word begins there: behind ``\n`` in JSON and ``%22`` in a URL one does, and behind other letters."""
    if not at or not _WORD.match(text, at - 1):
        return True
    return _ESCAPED.search(text, max(0, at - _LONGEST), at) is not None


def _hit(number: int, match: re.Match[str]) -> Iterator[Hit]:
    form = detector(number)
    start, end = match.span("v") if match.re.groups else match.span()
    value = match.string[start:end]
    good = written_out(value, password=True) if form.kind == "password" else real(value, form.entropy)
    if good and (not form.check or _passes(form.check, match)):
        yield start, end, form


def _passes(check: str, match: re.Match[str]) -> bool:
    from scanner.parsers.secrets.checks import CHECKS

    return CHECKS[check](match)


def _is_at(form: Detector, path: str) -> bool:
    lower = path.lower()
    return any(lower == end or lower.endswith(f"/{end}") for end in form.files)
