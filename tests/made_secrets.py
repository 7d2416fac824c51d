"""Fresh values that look like credentials, made when a test asks: no file of the project holds one.

``made(detector, seed)`` is a text that the detector finds, with the value in it; ``all_made(seed)`` has one for each.
"""

from __future__ import annotations

import base64
import functools
import json
import random
import re
import zlib
from collections.abc import Iterable, Iterator, Mapping
from re import _constants, _parser
from typing import NamedTuple

from scanner.engine.detectorfile import DetectorFile, detector_files
from scanner.model.detector import Detector
from scanner.parsers.secrets.checks import CHECKS, base62
from scanner.parsers.secrets.detect import detected_by
from scanner.parsers.secrets.table import DETECTORS

WORDS = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789"
ALL = "".join(map(chr, range(33, 127)))
NUMBERS = {row[0]: number for number, row in enumerate(DETECTORS)}
_SEEN: dict[str, str] = {}
"""The characters of each class, since working them out takes long."""


class Made(NamedTuple):
    """A text that matches a detector's pattern, and the value in it. ``path`` is one at which the detector looks."""

    detector: Detector
    text: str
    value: str
    path: str


@functools.cache
def files() -> tuple[DetectorFile, ...]:
    """All files of detectors."""
    return detector_files()


@functools.cache
def detectors() -> Mapping[str, Detector]:
    """All detectors by id."""
    return {each.id: each for file in files() for each in file.detectors}


@functools.cache
def made(detector: Detector | str, seed: int = 1) -> Made:
    """A value for a detector, the same for the same seed."""
    form = detectors()[detector] if isinstance(detector, str) else detector
    number = NUMBERS[form.id]
    choose = random.Random(f"{form.id} {seed}")
    path = form.files[0] if form.files else "file.txt"
    for _ in range(200):
        text = _checked(form, _text(form, choose), choose)
        for start, end, found in detected_by(text, path, [number]):
            if found.id == form.id:
                return Made(form, text, text[start:end], path)
        for start, end, found in detected_by(text, path, ()):
            if found.id == form.id:
                return Made(form, text, text[start:end], path)
    raise AssertionError(f"no value for {form.id}: {form.pattern}")


def all_made(seed: int = 1) -> Iterator[Made]:
    """One for every detector there is."""
    for detector in detectors().values():
        yield made(detector, seed)


def filled(example: str, detector: Detector, seed: int = 1) -> str:
    """An example of a detector file with a made text in its place."""
    return example.replace("{}", made(detector, seed).text)


def _text(form: Detector, choose: random.Random) -> str:
    return _any(_parser.parse(form.pattern, re.ASCII | re.MULTILINE), choose)


def _any(sequence, choose: random.Random) -> str:
    return "".join(_one(str(operation), argument, choose) for operation, argument in sequence)


def _one(operation: str, argument, choose: random.Random) -> str:
    match operation:
        case "LITERAL":
            return chr(argument)
        case "NOT_LITERAL":
            return choose.choice(WORDS)
        case "ANY":
            return choose.choice(WORDS)
        case "IN":
            return choose.choice(_members(argument))
        case "BRANCH":
            return _any(choose.choice(argument[1]), choose)
        case "SUBPATTERN":
            return _any(argument[-1], choose)
        case "MAX_REPEAT" | "MIN_REPEAT" | "POSSESSIVE_REPEAT":
            least, most, inner = argument
            most = least + 40 if most is _constants.MAXREPEAT else most
            short = 12 if most > 60 else least
            wanted = short if least <= 3 else choose.randint(least, min(most, least + 20))
            return "".join(_any(inner, choose) for _ in range(max(least, wanted)))
        case _:
            return ""


def _members(items) -> str:
    key = str(items)
    if key not in _SEEN:
        _SEEN[key] = _worked_out(items)
    return _SEEN[key]


def _worked_out(items) -> str:
    wanted = [chosen for chosen in ALL if _within(ord(chosen), items)]
    nice = [chosen for chosen in wanted if chosen in WORDS]
    return "".join(nice or wanted or " ")


def _within(code: int, items) -> bool:
    held, negated = False, False
    for operation, argument in items:
        match str(operation):
            case "NEGATE":
                negated = True
            case "LITERAL":
                held |= code == argument
            case "RANGE":
                held |= argument[0] <= code <= argument[1]
            case "CATEGORY":
                kinds = {
                    "CATEGORY_WORD": r"\w",
                    "CATEGORY_DIGIT": r"\d",
                    "CATEGORY_SPACE": r"\s",
                    "CATEGORY_NOT_SPACE": r"\S",
                }
                held |= re.match(kinds[str(argument)], chr(code), re.ASCII) is not None
    return held != negated


def _checked(form: Detector, text: str, choose: random.Random) -> str:
    """The text with what its further test looks at put right."""
    match form.check:
        case "crc32":
            prefix, _, body = text.partition("_")
            return f"{prefix}_{body[:-6]}{base62(zlib.crc32(body[:-6].encode()))}"
        case "jwt":
            body = {"sub": _words(choose, 8), "iat": choose.randrange(10**9)}
            return f"{_encoded({'alg': 'HS256', 'typ': 'JWT'})}.{_encoded(body)}.{_words(choose, 43)}"
        case "base64-json":
            return _encoded({"api_address": "https://h.example.org", "key": _words(choose, 30)})
        case "basic-auth":
            login = base64.b64encode(f"{_words(choose, 6)}:{_words(choose, 15)}".encode()).decode()
            return f'"auth": "{login}"'
        case "open-key" | "locked-key":
            return private_key(choose.randrange(10**9), locked=form.check == "locked-key")
    assert not form.check or form.check in CHECKS
    return text


def told_apart(values: Iterable[str]) -> Iterator[str]:
    """Of each value its longest line without what may be shown of it; short ones may stand anywhere by chance."""
    for value in values:
        line = max(value.split("\n"), key=len)
        if len(line) > 12:
            yield line[5:]


def private_key(seed: int = 1, *, locked: bool = False, lines: int = 12) -> str:
    """A PEM file that holds no key."""
    choose = random.Random(seed)
    label = ("ENCRYPTED " if locked else "") + "PRIVATE"
    body = "\n".join(_words(choose, 64) for _ in range(lines))
    return f"-----BEGIN {label} KEY-----\n{body}\n-----END {label} KEY-----\n"


def openssh_key(seed: int = 1, *, cipher: str = "none") -> str:
    """A key file of OpenSSH that holds no key."""
    choose = random.Random(seed)
    data = b"openssh-key-v1\0" + len(cipher).to_bytes(4, "big") + cipher.encode() + choose.randbytes(240)
    text = base64.b64encode(data).decode()
    body = "\n".join(text[at : at + 70] for at in range(0, len(text), 70))
    return f"-----BEGIN OPENSSH PRIVATE KEY-----\n{body}\n-----END OPENSSH PRIVATE KEY-----\n"


def _words(choose: random.Random, length: int) -> str:
    return "".join(choose.choice(WORDS) for _ in range(length))


def _encoded(value) -> str:
    return base64.urlsafe_b64encode(json.dumps(value, separators=(",", ":")).encode()).decode().rstrip("=")
