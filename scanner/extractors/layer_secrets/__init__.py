"""Credentials in the text of files: a first look at each, and an exact one where that finds something."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from scanner.extractors.layer_secrets.matcher import Matcher, matcher, patient
from scanner.extractors.layer_secrets.places import (
    MAX_SETTINGS,
    holds_settings,
    is_plain,
    is_sample,
    may_hold_settings,
    whose,
)
from scanner.fingerprint import fingerprint, key_id
from scanner.model.facts.base import Fact
from scanner.model.facts.secrets import HeldSecret
from scanner.model.finding import Problem
from scanner.model.location import Evidence, Layer, Location, Span
from scanner.model.target import OVERLAP, Part
from scanner.parsers import secrets
from scanner.parsers.secrets.detect import of_file
from scanner.parsers.secrets.skipped import is_skipped

MAX_IN_FILE = 100
"""Credentials of one file that are told."""
MAX_QUOTE = 60
"""Characters of a quote."""


class HeldSecrets:
    """Credentials in text files, UTF-16 too, in the text members of zips, and in SQLite databases."""

    skips = staticmethod(is_skipped)

    def version(self) -> str:
        """Fingerprints depend on the key."""
        return key_id()

    def quiet(self, path: str, data: bytes) -> bool:
        """By its heads and, of what may be a file of settings, by words."""
        engine = matcher()
        if engine.hits(data):
            return False
        return is_plain(path) or not (of_file(path) or _is_settings(path, data, engine))

    def search(self, part: Part, layer: Layer | None) -> Iterable[Fact | Problem]:
        """A fact for each credential."""
        hits = _engine(layer).hits(part.data)
        if hits or not is_plain(part.path):
            return _looked_at(part, hits, layer)
        return ()


def _engine(layer: Layer | None) -> Matcher:
    return matcher() if layer is not None else patient()


def _looked_at(part: Part, hits: Iterable[tuple[int, int]], layer: Layer | None) -> Iterable[Fact | Problem]:
    """What a part says: the detectors that may find something in it look, and those that are for its file."""
    detectors = sorted({detector for _, detector in hits})
    settings = _is_settings(part.path, part.data, None if detectors else _engine(layer))
    if detectors or settings or of_file(part.path):
        return _exactly(part, detectors, layer, settings=settings)
    return ()


def _is_settings(path: str, data: bytes, engine: Matcher | None) -> bool:
    """Whether names of variables count in it; with an engine, only if it says something that tells."""
    if len(data) > MAX_SETTINGS or not may_hold_settings(path, data):
        return False
    return (engine is None or engine.tells(data)) and holds_settings(path, data)


def _exactly(part: Part, detectors: Sequence[int], layer: Layer | None, *, settings: bool) -> Iterator[Fact | Problem]:
    text = part.data.decode("latin-1")  # a character a byte, so that places are those of the bytes
    named = settings and part.placed
    found = secrets.find(text, part.path) if named else secrets.find_by(text, part.path, detectors)
    known: set[tuple[str, str]] = set()
    for each in found:
        value = text[each.start : each.end]
        if _elsewhere(part, each) or (each.detector, value) in known:
            continue
        if len(known) == MAX_IN_FILE:
            at = Location(part.path, None, layer)
            yield Problem(at=at, reason=f"more than {MAX_IN_FILE} credentials; the others are not told")
            return
        known.add((each.detector, value))
        yield _fact(part, each, text, layer)


def _elsewhere(part: Part, found: secrets.Found) -> bool:
    """Whether the part before or behind has all of it, or more."""
    if part.start and (found.start == 0 or found.end < OVERLAP):
        return True
    return not part.last and found.end == len(part.data)


def _fact(part: Part, found: secrets.Found, text: str, layer: Layer | None) -> HeldSecret:
    value = text[found.start : found.end]
    at = Location(part.path, _span(part, found, text) if part.placed else None, layer)
    issuer = secrets.provider(found.provider)
    hint = f"revoke it at {found.hint}" if found.hint else issuer.how if issuer else ""
    made = secrets.looks_made(found, value)
    return HeldSecret(
        evidence=(Evidence(at, _quote(found, value), hint),),
        path=part.path,
        detector=found.detector,
        title=secrets.title(found),
        provider=found.provider,
        ai=secrets.is_ai(found),
        name=found.name,
        form=secrets.form(found),
        made=made,
        whose=whose(part.path),
        sample=is_sample(part.path),
        fingerprint=fingerprint(value, made=made),
    )


def _quote(found: secrets.Found, value: str) -> str:
    hidden = secrets.mask(value, [found.replace(start=0, end=len(value))])
    return " ".join(hidden.split())[:MAX_QUOTE]


def _span(part: Part, found: secrets.Found, text: str) -> Span:
    first = _place(part, text, found.start)
    last = _place(part, text, found.end - 1)
    return Span(*first, last[0], last[1] + 1)


def _place(part: Part, text: str, offset: int) -> tuple[int, int]:
    """Line and column, counted from 1."""
    line = text.count("\n", 0, offset)
    begin = text.rfind("\n", 0, offset) + 1
    before = len(text[begin:offset].encode("latin-1").decode("utf-8", "replace"))
    return part.line + line, before + (1 if line else part.column)


SEARCHERS = (HeldSecrets(),)
