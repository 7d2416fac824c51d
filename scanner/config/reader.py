"""Settings from the configuration file and the environment: checked, every mistake told with its line."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Literal

from scanner.config import PREFIX, argument, read
from scanner.engine.document import Document, shown
from scanner.engine.suppress import Ignore
from scanner.engine.yamlfile import Node
from scanner.errors import ConfigError, UsageError
from scanner.model.location import Location, Span
from scanner.model.rule import Severity
from scanner.parsers.pragmas import is_date

if TYPE_CHECKING:
    from scanner.advisories.corrections import Correction

FORMATS = ("text", "json", "sarif", "oscal", "requirements", "openvex")
SERVICES = ("osv", "pypi")
PROFILES = ("default", "strict")
SEVERITIES = tuple(str(severity) for severity in Severity)
MAX_JOBS = 256
MAX_CACHE = 1 << 20
"""MiB."""

Kind = Literal[
    "severity",
    "profile",
    "formats",
    "words",
    "word",
    "paths",
    "path",
    "arguments",
    "mirrors",
    "count",
    "size",
    "truth",
    "only",
    "corrections",
    "service",
]

KEYS: Mapping[str, Kind] = {
    "fail-on": "severity",
    "profile": "profile",
    "select": "words",
    "ignore": "words",
    "rules": "paths",
    "framework": "words",
    "vex": "paths",
    "baseline": "path",
    "build-args": "arguments",
    "target": "word",
    "context": "path",
    "resolve-bases": "truth",
    "base-layouts": "paths",
    "mirrors": "mirrors",
    "exclude": "words",
    "format": "formats",
    "shellcheck": "truth",
    "online": "truth",
    "online-service": "service",
    "platform": "word",
    "dockerfile": "path",
    "base": "word",
    "only": "only",
    "no-verify": "truth",
    "jobs": "count",
    "no-cache": "truth",
    "cache-limit": "size",
    "db": "path",
    "no-vulnerabilities": "truth",
    "only-fixed": "truth",
    "db-url": "word",
    "db-ecosystems": "words",
    "kev-url": "word",
    "epss-url": "word",
    "corrections": "corrections",
    "allow-incomplete": "truth",
    "exit-zero": "truth",
    "show-undecided": "truth",
    "show-suppressed": "truth",
}
"""The keys of the file, and what each holds. In the file ``ignore`` takes {rule, path, fingerprint, reason,
until} too."""

_TRUTHS = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}


def file(path: str) -> dict[str, Any]:
    """The settings of a configuration file, by their field's name. Raises ConfigError."""
    document = Document(path, ConfigError)
    root = _toml(document) if path.endswith(".toml") else document.read()
    keys = document.mapping(root, "the configuration", (), KEYS) if root.value is not None else {}
    found = {key.replace("-", "_"): _value(document, key, node) for key, node in keys.items() if key != "ignore"}
    if "ignore" in keys:
        names, entries = [], []
        for item in document.items(keys["ignore"], "'ignore'"):
            if isinstance(item.value, dict):
                entries.append(_ignore(document, item))
            else:
                names.append(document.text(item, "each of 'ignore'"))
        found |= {"ignore": tuple(names), "ignores": tuple(entries)}
    return found


def _ignore(document: Document, node: Node) -> Ignore:
    secret = isinstance(node.value, dict) and "fingerprint" in node.value
    needed = ("fingerprint", "reason") if secret else ("rule", "reason")
    keys = document.mapping(node, "an ignore", needed, ("rule", "path", "until", "fingerprint"))
    fingerprint = document.word(keys["fingerprint"], "'fingerprint'") if secret else ""
    if secret and not re.fullmatch("[0-9a-f]{24}", fingerprint):
        hint = "a JSON report has it in the fact of a finding"
        raise document.fail(keys["fingerprint"], "'fingerprint' should be 24 hexadecimal digits", hint)
    until = document.word(keys["until"], "'until'") if "until" in keys else ""
    if until and not is_date(until):
        raise document.fail(keys["until"], f"'until' should be a date, found {until!r}", "write it YYYY-MM-DD")
    return Ignore(
        rule=document.text(keys["rule"], "'rule'") if "rule" in keys else "*",
        fingerprint=fingerprint,
        path=document.text(keys["path"], "'path'") if "path" in keys else "**",
        reason=document.text(keys["reason"], "'reason'"),
        until=until,
        folder=_folder(document),
        at=Location(document.path, Span(node.line, 1, node.line, 1)),
    )


def _corrections(document: Document, node: Node, what: str) -> tuple[Correction, ...]:
    """What advisories say wrongly: ``{advisory, package, versions, reason}``; ``ecosystem`` if it is not PyPI."""
    from scanner.advisories import corrections

    if isinstance(document, _Variable):
        raise document.fail(node, f"{what} can only stand in the file")
    found = []
    for item in document.items(node, what):
        keys = document.mapping(item, "a correction", ("advisory", "package", "versions", "reason"), ("ecosystem",))
        said = {name: document.text(value, f"'{name}'") for name, value in keys.items()}
        try:
            corrections.versions(said["versions"])
        except ValueError as error:
            raise document.fail(keys["versions"], f"'versions': {error}") from None
        found.append(corrections.Correction(**said))
    return tuple(found)


def _folder(document: Document) -> str:
    return os.path.dirname(os.path.abspath(document.path))


def _toml(document: Document) -> Node:
    """``[tool.hullcheck]`` of a pyproject.toml. TOML's reader keeps no lines, so keys are looked up in the text."""
    import tomllib

    try:
        text = read(document.path).decode()
        tool = tomllib.loads(text).get("tool")
    except (ValueError, RecursionError) as error:
        line = re.search(r"at line (\d+)", str(error))
        raise document.fail(int(line[1]) if line else 1, f"not TOML: {error}") from None
    table = tool.get("hullcheck", {}) if isinstance(tool, dict) else {}
    lines = text.split("\n")
    start = next((number for number, line in enumerate(lines, 1) if line.lstrip().startswith("[tool.hullcheck")), 1)

    def line_of(key: str, default: int) -> int:
        pattern = re.compile(rf"""\s*(?:\[+tool\.hullcheck\.)?["']?{re.escape(key)}\b""")
        return next((n for n, line in enumerate(lines[start - 1 :], start) if pattern.match(line)), default)

    def node(value: Any, line: int) -> Node:
        if isinstance(value, dict):
            return Node({key: node(each, line_of(key, line)) for key, each in value.items()}, line)
        if isinstance(value, list):
            return Node(tuple(node(each, line) for each in value), line)
        return Node(value if isinstance(value, str | bool | int) else str(value), line, str(value))

    return node(table, start)


def environment(environ: Mapping[str, str]) -> dict[str, Any]:
    """The settings that variables name. Raises ConfigError."""
    found = {}
    for key, kind in KEYS.items():
        name = key.replace("-", "_")
        variable = f"{PREFIX}{name.upper()}"
        words = environ.get(variable, "").strip()
        if words:
            found[name] = _value(_Variable(variable, ConfigError), key, _node(kind, words))
    return found


class _Variable(Document):
    """A variable of the environment, which has a name but no lines."""

    def fail(self, where: Node | int, reason: str, hint: str = "") -> ConfigError:
        return ConfigError(self.path, reason, hint=hint)


def _node(kind: Kind, words: str) -> Node:
    """The words of a variable as the file would say them."""
    if kind in {"formats", "words", "paths", "arguments", "mirrors"}:
        return Node(tuple(Node(word, 0, word) for word in map(str.strip, words.split(",")) if word), 0)
    value: object = words
    if kind == "truth":
        value = _TRUTHS.get(words.lower(), words)
    elif kind in {"count", "size"} and re.fullmatch("[0-9]{1,9}", words):
        value = int(words)
    return Node(value, 0, words)


def _value(document: Document, key: str, node: Node) -> Any:
    """What a key holds, checked."""
    return _READERS[KEYS[key]](document, node, f"'{key}'")


def _severity(document: Document, node: Node, what: str) -> Severity:
    return Severity[document.choice(node, what, SEVERITIES).upper()]


def _formats(document: Document, node: Node, what: str) -> tuple[str, ...]:
    return tuple(document.choice(item, what, FORMATS) for item in document.items(node, what))


def _paths(document: Document, node: Node, what: str) -> tuple[str, ...]:
    return tuple(_path(document, item, what) for item in document.items(node, what))


def _path(document: Document, node: Node, what: str) -> str:
    path = document.text(node, what)
    return path if isinstance(document, _Variable) else os.path.join(os.path.dirname(document.path), path)


def _count(document: Document, node: Node, what: str) -> int:
    return _number(document, node, what, 1, MAX_JOBS)


def _number(document: Document, node: Node, what: str, least: int, most: int) -> int:
    if type(node.value) is not int or not least <= node.value <= most:
        raise document.fail(node, f"{what} should be a number from {least} to {most}, found {shown(node)}")
    return node.value


def _arguments(document: Document, node: Node, what: str) -> dict[str, str | None]:
    """``{NAME: value}``, or ``[NAME=value]``; a name alone (None) takes the value of the environment."""
    found: dict[str, str | None] = {}
    if isinstance(node.value, dict):
        for name, value in node.value.items():
            if isinstance(value.value, dict | tuple):
                raise document.fail(value, f"build argument {name} should be one word, found {shown(value)}")
            found[name] = None if value.value is None else value.text
        return found
    for item, words in zip(node.value, document.words(node, what), strict=True):
        try:
            name, found[name] = argument(words)
        except UsageError as error:
            raise document.fail(item, str(error)) from None
    return found


def _mirrors(document: Document, node: Node, what: str) -> dict[str, tuple[str, ...]]:
    """``{registry: mirror}`` or ``{registry: [mirror]}``; in a variable ``[registry=mirror]``."""
    if isinstance(document, _Variable):
        pairs = [words.partition("=") for words in document.words(node, what)]
        if any(not key for key, _, _ in pairs):
            raise document.fail(node, f"each of {what} should be REGISTRY=MIRROR")
        return {key: tuple(mirror for each, _, mirror in pairs if each == key and mirror) for key, _, _ in pairs}
    found: dict[str, tuple[str, ...]] = {}
    for key, each in document.mapping(node, what, optional=None).items():
        several = isinstance(each.value, tuple)
        found[key] = tuple(document.word(item, f"a mirror of {key}") for item in (each.value if several else (each,)))
    return found


_READERS: Mapping[Kind, Callable[[Document, Node, str], Any]] = {
    "severity": _severity,
    "profile": lambda document, node, what: document.choice(node, what, PROFILES),
    "formats": _formats,
    "words": Document.texts,
    "word": Document.word,
    "paths": _paths,
    "path": _path,
    "arguments": _arguments,
    "mirrors": _mirrors,
    "count": _count,
    "size": lambda document, node, what: _number(document, node, what, 0, MAX_CACHE),
    "truth": Document.truth,
    "service": lambda document, node, what: document.choice(node, what, SERVICES),
    "only": lambda document, node, what: document.choice(node, what, ("own",)),
    "corrections": _corrections,
}
