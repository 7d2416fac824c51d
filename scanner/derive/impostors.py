"""Packages and base images that are not what they seem: releases on record as malicious, and names that nearly are
another's.

The records are those of ``rules/tables/malicious-releases.tsv``, the names those of ``rules/lists/ai-libraries.txt``
and ``rules/lists/ai-base-images.txt``; ``rules/lists/like-ai-libraries.txt`` has honest packages with such a name.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from scanner import knowledge
from scanner.model.facts import BaseImage, Fact, InstalledPackage, LookAlike, MaliciousRelease, Requirement

if TYPE_CHECKING:
    from typing import Literal

SHORT = 8
"""Letters below which many an honest name is one off, so that only slips count: letters swapped, or doubled."""
TOO_SHORT = 5
"""Letters below which a word of a name is like too many others."""
_PUBLIC = frozenset({"docker.io", "ghcr.io", "quay.io", "nvcr.io"})


def derive(facts: Sequence[Fact], _today: str) -> Iterator[MaliciousRelease | LookAlike]:
    """What Python packages and base images turn out to be."""
    asked = {fact.name for fact in facts if isinstance(fact, Requirement)}
    for fact in facts:
        if isinstance(fact, Requirement):
            if fact.ecosystem == "pypi" and fact.origin == "index":
                yield from _package(fact)
        elif isinstance(fact, InstalledPackage):
            if fact.ecosystem == "pypi":
                yield from _copy(fact, asked=fact.name in asked)
        elif isinstance(fact, BaseImage) and fact.repository and fact.registry in _PUBLIC:
            yield from _image(fact, fact.repository)


def _copy(fact: InstalledPackage, *, asked: bool) -> Iterator[MaliciousRelease | LookAlike]:
    """What is installed already, whoever asked for it; a name is told of where it is asked for, if anywhere."""
    releases, advisory, original = _records().get(fact.name, ("", "", ""))
    if releases == "*" or fact.version in releases.split(", "):
        yield MaliciousRelease(
            evidence=fact.evidence,
            ships=fact.ships,
            name=fact.name,
            release=fact.version,
            asked=f"{fact.name}=={fact.version}",
            advisory=advisory,
        )
    elif original and not asked:
        yield _like(fact, "package", fact.name, original, advisory)


def _package(fact: Requirement) -> Iterator[MaliciousRelease | LookAlike]:
    record = _records().get(fact.name)
    if record is None:
        if original := nearly(fact.name):
            yield _like(fact, "package", fact.name, original)
        return
    releases, advisory, original = record
    every = releases == "*"
    release = "" if every else _asked(fact, releases.split(", "))
    if every or release:
        yield MaliciousRelease(
            evidence=fact.evidence,
            ships=fact.ships,
            name=fact.name,
            release=release,
            asked=f"{fact.name}{fact.specifier}",
            advisory=advisory,
        )
    elif original:
        yield _like(fact, "package", fact.name, original, advisory)


def _asked(fact: Requirement, releases: list[str]) -> str:
    """Which of these releases it asks for; "" for none, or when no version is known."""
    if fact.version is None or fact.pinned is None:
        return ""
    from scanner.parsers.manifests import specifier

    return specifier.newest(f"=={fact.version}" if fact.version else fact.specifier, releases)


def _image(fact: BaseImage, repository: str) -> Iterator[LookAlike]:
    publisher, _, image = repository.partition("/")
    if publisher in _publishers():
        return
    for name, images in _publishers().items():
        if image in images and _one_off(publisher, name) and publisher.replace("-", "") != name.replace("-", ""):
            yield _like(fact, "image", repository, f"{name}/{image}")
            return


def _like(fact: Fact, what: Literal["package", "image"], name: str, original: str, advisory: str = "") -> LookAlike:
    return LookAlike(
        evidence=fact.evidence,
        ships=fact.ships,
        what=what,
        name=name,
        original=original,
        advisory=advisory,
    )


@lru_cache(maxsize=4096)
def nearly(name: str) -> str:
    """The AI library whose name this nearly is; "" for none, and for a name that has a right of its own."""
    if len(name) < TOO_SHORT or name in _honest():
        return ""
    words = name.split("-")
    for original in (*_ends().get(name[:2], []), *_ends().get("-" + name[-2:], [])):
        if original.replace("-", "") == name.replace("-", ""):
            return original
        theirs = original.split("-")
        differ = [pair for pair in zip(words, theirs, strict=False) if pair[0] != pair[1]]
        if len(words) == len(theirs) and len(differ) == 1:
            word, right = differ[0]
            if len(right) >= TOO_SHORT and _one_off(word, right) and (len(original) >= SHORT or _slip(word, right)):
                return original
    return ""


def _slip(word: str, right: str) -> bool:
    """Whether two letters are swapped, or one is there twice or only once."""
    if len(word) == len(right):
        return sorted(word) == sorted(right)
    start, longer = _same(word, right), max(word, right, key=len)
    return start > 0 and longer[start] == longer[start - 1]


def _one_off(word: str, right: str) -> bool:
    """Whether one letter is another, too much or missing, or two are swapped.

    A word with a number and one with another, or with none, are siblings: ``cu11`` and ``cu12``, ``torch2``.
    """
    mine, theirs = _letters(word), _letters(right)
    if abs(len(word) - len(right)) > 1 or mine == theirs or (mine != word and theirs != right):
        return False
    start = _same(word, right)
    mine, theirs = word[start:], right[start:]
    swapped = mine[:2] == theirs[1::-1] and mine[2:] == theirs[2:]
    return swapped or mine[1:] == theirs[1:] or mine[1:] == theirs or mine == theirs[1:]


def _same(word: str, right: str) -> int:
    """How many letters at their beginning are the same."""
    pairs = enumerate(zip(word, right, strict=False))
    return next((at for at, (mine, theirs) in pairs if mine != theirs), min(len(word), len(right)))


def _letters(word: str) -> str:
    return "".join(char for char in word if not char.isdigit())


@cache
def _records() -> dict[str, tuple[str, str, str]]:
    """By package, its malicious releases (``*``: all), the advisory, and the name that it borrows."""
    rows = knowledge.rows("malicious-releases")
    return {name: (releases, advisory, original) for name, releases, advisory, original in rows}


@cache
def _honest() -> frozenset[str]:
    lists = ("ai-libraries", "unmaintained-ai-libraries", "like-ai-libraries")
    return frozenset().union(*(knowledge.names(name) for name in lists))


@cache
def _ends() -> dict[str, list[str]]:
    """AI libraries by their first two letters, and by a hyphen and their last two: a slip spares one of the two."""
    found: dict[str, list[str]] = {}
    for name in sorted(knowledge.names("ai-libraries")):
        found.setdefault(name[:2], []).append(name)
        found.setdefault("-" + name[-2:], []).append(name)
    return found


@cache
def _publishers() -> dict[str, set[str]]:
    """The AI base images of each publisher."""
    found: dict[str, set[str]] = {}
    for repository in sorted(knowledge.names("ai-base-images")):
        publisher, _, image = repository.partition("/")
        found.setdefault(publisher, set()).add(image)
    return found
