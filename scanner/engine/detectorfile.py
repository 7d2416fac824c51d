"""One file of detectors, read and checked; ``docs/generate.py`` makes the table of them all that scans use."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from typing import Any, cast

from scanner import knowledge
from scanner.engine.document import Document
from scanner.engine.grammar import ID
from scanner.engine.pattern import parts
from scanner.engine.yamlfile import Node
from scanner.errors import RuleError
from scanner.model.detector import Detector, Kind, Provider
from scanner.model.record import Record
from scanner.parsers.secrets.checks import CHECKS

FOLDER = "detectors"
"""The folder of such files, in ``rules/secrets/``; no rules are looked for in a folder of this name."""
KINDS = ("token", "password", "private-key", "encrypted-key")
ENDS = ("word", "any")
FILE_REQUIRED = ("title",)
FILE_OPTIONAL = ("provider", "revoke", "how", "ai", "names", "detectors")
REQUIRED = ("id", "title", "pattern", "examples")
OPTIONAL = ("kind", "name", "keywords", "needs", "inside", "files", "ends", "entropy", "check", "quiet")
LEAST_KEYWORD = 2
"""Characters of the shortest keyword: a shorter one is in every text."""
MADE = "{}"
"""Stands in an example for a text that matches, made when it is needed, so that no file holds a whole token."""
_END = r"(?![A-Za-z0-9_-])"
_ENTROPY = 3.0


class DetectorFile(Record):
    """A provider, its detectors, and for each the texts in which it finds one and those in which it does not."""

    provider: Provider
    detectors: tuple[Detector, ...]
    examples: tuple[tuple[str, ...], ...]
    quiet: tuple[tuple[str, ...], ...]
    path: str


def detector_files(folder: str = "") -> tuple[DetectorFile, ...]:
    """The files of ``secrets/detectors`` in a rule folder, by name. Raises RuleError."""
    where = os.path.join(folder or knowledge.folder(), "secrets", FOLDER)
    names = sorted(name for name in os.listdir(where) if name.endswith((".yaml", ".yml")))
    files = tuple(read(os.path.join(where, name)) for name in names)
    _apart(files)
    return files


def read(path: str) -> DetectorFile:
    """The detectors in a file. Raises RuleError."""
    document = Document(path, RuleError)
    keys = document.mapping(document.read(), "a file of detectors", FILE_REQUIRED, FILE_OPTIONAL)
    provider = Provider(
        id=_id(document, keys["provider"], "'provider'") if "provider" in keys else "",
        title=document.text(keys["title"], "'title'"),
        ai=document.truth(keys["ai"], "'ai'") if "ai" in keys else False,
        revoke=_url(document, keys["revoke"]) if "revoke" in keys else "",
        how=document.text(keys["how"], "'how'") if "how" in keys else "",
        names=_names(document, keys["names"]) if "names" in keys else (),
    )
    stem = os.path.splitext(os.path.basename(path))[0]
    if provider.id not in {"", stem}:
        raise document.fail(keys["provider"], f"'provider' should be the file's name, {stem!r}")
    nodes = document.items(keys["detectors"], "'detectors'") if "detectors" in keys else ()
    if not nodes and not provider.names:
        raise document.fail(1, "a file of detectors needs 'detectors' or 'names'")
    found = [_detector(document, node, provider.id) for node in nodes]
    return DetectorFile(
        provider=provider,
        detectors=tuple(each for each, _, _ in found),
        examples=tuple(texts for _, texts, _ in found),
        quiet=tuple(texts for _, _, texts in found),
        path=path,
    )


def _detector(document: Document, node: Node, provider: str) -> tuple[Detector, tuple[str, ...], tuple[str, ...]]:
    keys = document.mapping(node, "a detector", REQUIRED, OPTIONAL)

    def texts(key: str) -> tuple[str, ...]:
        return document.texts(keys[key], f"'{key}'") if key in keys else ()

    def choice(key: str, options: Sequence[str], default: str) -> str:
        return document.choice(keys[key], f"'{key}'", options) if key in keys else default

    files, inside = texts("files"), _number(document, keys["inside"]) if "inside" in keys else 0
    pattern = _pattern(document, keys["pattern"]) + (_END if choice("ends", ENDS, "word") == "word" else "")
    first = literal(pattern)
    keywords = texts("keywords") or ((first,) if len(first) >= LEAST_KEYWORD else ())
    for word in keywords:
        if len(word) < LEAST_KEYWORD:
            raise document.fail(keys.get("keywords", node), f"the keyword {word!r} is too short: it is in every text")
    if not keywords and not files:
        hint = "give 'keywords', of which one begins each match, or 'files'"
        raise document.fail(keys["pattern"], "'pattern' begins with no literal", hint)
    detector = Detector(
        id=_id(document, keys["id"], "'id'"),
        title=document.text(keys["title"], "'title'"),
        provider=provider,
        kind=cast(Kind, choice("kind", KINDS, "token")),
        name=document.text(keys["name"], "'name'") if "name" in keys else "",
        pattern=pattern,
        keywords=keywords,
        inside=inside,
        needs=document.text(keys["needs"], "'needs'") if "needs" in keys else "",
        files=tuple(name.lower() for name in files),
        entropy=_entropy(document, keys["entropy"]) if "entropy" in keys else _ENTROPY,
        check=choice("check", tuple(CHECKS), ""),
    )
    return detector, texts("examples"), texts("quiet")


def literal(pattern: str) -> str:
    """The literal that every match of a pattern begins with, "" for none."""
    from re import _parser  # type: ignore[attr-defined]

    found = ""
    for operation, argument in _parser.parse(pattern):
        if str(operation) != "LITERAL":
            break
        found += chr(argument)
    return found


def _pattern(document: Document, node: Node) -> str:
    text = document.text(node, "'pattern'")
    from re import _parser  # type: ignore[attr-defined]

    try:
        groups = re.compile(text).groupindex
        endless = _endless(_parser.parse(text))
    except re.error as error:
        raise document.fail(node, f"'pattern' is no regular expression: {error}") from None
    if set(groups) - {"v"} or re.compile(text).groups != len(groups):
        raise document.fail(node, "'pattern' has groups other than 'v'", "write (?:…) for what is not the value")
    if endless:
        raise document.fail(node, "'pattern' has a repeat without an upper bound", "write {1,64} instead of + or *")
    return text


def _endless(sequence: Any) -> bool:
    """Whether any repeat that could be tried again has no upper bound."""
    from re import _constants  # type: ignore[attr-defined]

    return any(
        (str(operation) in {"MAX_REPEAT", "MIN_REPEAT"} and argument[1] is _constants.MAXREPEAT)
        or any(map(_endless, parts(argument)))
        for operation, argument in sequence
    )


def _id(document: Document, node: Node, what: str) -> str:
    text = document.text(node, what)
    if not re.fullmatch(ID, text):
        raise document.fail(node, f"{what} should be words in lower case with hyphens, found {text!r}")
    return text


def _url(document: Document, node: Node) -> str:
    text = document.text(node, "'revoke'")
    if not re.fullmatch(r"https://\S+", text):
        raise document.fail(node, f"'revoke' should be an https:// address, found {text!r}")
    return text


def _names(document: Document, node: Node) -> tuple[str, ...]:
    names = document.words(node, "'names'")
    for item, name in zip(node.value, names, strict=True):
        if not re.fullmatch(r"[a-z]+[0-9]*[a-z]*", name):
            raise document.fail(item, f"each of 'names' should be one word in lower case, found {name!r}")
    return names


def _number(document: Document, node: Node) -> int:
    if type(node.value) is not int or not 0 < node.value <= 128:
        raise document.fail(node, "'inside' should be a number from 1 to 128")
    return node.value


def _entropy(document: Document, node: Node) -> float:
    if type(node.value) not in {int, float} or not 0 <= node.value <= 6:
        raise document.fail(node, "'entropy' should be a number from 0 to 6, in bits a character")
    return float(node.value)


def _apart(files: Sequence[DetectorFile]) -> None:
    """No two detectors share an id, and no two providers a name."""
    seen: dict[str, str] = {}
    for file in files:
        for what in (*(each.id for each in file.detectors), *(f"the name {each}" for each in file.provider.names)):
            if what in seen:
                raise RuleError(f"{file.path}:1", f"{what} is in {seen[what]} as well")
            seen[what] = file.path
