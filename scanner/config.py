"""Settings: flags before environment before file before defaults.

The file is ``.hullcheck.yaml`` (or ``.yml``), or ``[tool.hullcheck]`` of a ``pyproject.toml``, in the current folder or
one above it up to the repository's root. The environment says the same as the flags: ``HULLCHECK_FAIL_ON=high``,
lists with commas. Build arguments from all of them add up, name by name.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from typing import Any, Literal

from scanner.engine.document import Document, shown
from scanner.engine.suppress import Ignore
from scanner.engine.yamlfile import MAX_BYTES, Node
from scanner.errors import ConfigError, UsageError
from scanner.model.location import Location, Span
from scanner.model.record import Record
from scanner.model.rule import Profile, Severity
from scanner.parsers.pragmas import is_date

FILES = (".hullcheck.yaml", ".hullcheck.yml")
FORMATS = ("text", "json", "sarif")
PROFILES = ("default", "strict")
SEVERITIES = tuple(str(severity) for severity in Severity)
MAX_JOBS = 256


class Settings(Record):
    """What a scan is to do. Relative paths in the file are seen from the file's folder."""

    fail_on: Severity = Severity.LOW
    profile: Profile = "default"
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    ignores: tuple[Ignore, ...] = ()
    """The ignores of the file that have a reason; no flag takes them back."""
    rules: tuple[str, ...] = ()
    baseline: str | None = None
    build_args: Mapping[str, str]
    target: str | None = None
    context: str | None = None
    exclude: tuple[str, ...] = ()
    format: tuple[str, ...] = ("text",)
    jobs: int = 1
    allow_incomplete: bool = False
    exit_zero: bool = False
    show_undecided: bool = False
    show_suppressed: bool = False
    file: str = ""
    """The configuration file that was read; "" for none."""


Kind = Literal["severity", "profile", "formats", "words", "word", "paths", "path", "arguments", "count", "truth"]

KEYS: Mapping[str, Kind] = {
    "fail-on": "severity",
    "profile": "profile",
    "select": "words",
    "ignore": "words",
    "rules": "paths",
    "baseline": "path",
    "build-args": "arguments",
    "target": "word",
    "context": "path",
    "exclude": "words",
    "format": "formats",
    "jobs": "count",
    "allow-incomplete": "truth",
    "exit-zero": "truth",
    "show-undecided": "truth",
    "show-suppressed": "truth",
}
"""The keys of the file, and what each holds. In the file ``ignore`` takes {rule, path, reason, until} too."""

_TRUTHS = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}


def settings(
    flags: Mapping[str, Any], *, config: str | None = None, folder: str = ".", environ: Mapping[str, str] = os.environ
) -> Settings:
    """The settings of a run.

    ``flags`` are the options as given, by their field's name (``build_args`` as ``NAME=value``); None and () mean not
    given. ``config`` is the file to read instead of looking for one from ``folder`` upward. Raises ConfigError for a
    wrong file or variable, UsageError for a wrong build argument.
    """
    path = config or _find(folder)
    layers = [_file(path) if path else {}, _environment(environ), _flags(flags)]
    build_args: dict[str, str] = {}
    for layer in layers:
        for name, value in layer.pop("build_args", {}).items():
            if value is not None or name in environ:
                build_args[name] = environ[name] if value is None else value
    return Settings(**layers[0] | layers[1] | layers[2], build_args=build_args, file=path or "")


def _find(folder: str) -> str | None:
    """The nearest configuration file; outside a repository only the folder itself is looked at."""
    first = os.path.abspath(folder)
    above = [first]
    while not os.path.exists(os.path.join(above[-1], ".git")):
        parent = os.path.dirname(above[-1])
        if parent == above[-1]:
            above = [first]
            break
        above.append(parent)
    for each in above:
        found = [path for path in (os.path.join(each, name) for name in FILES) if os.path.isfile(path)]
        project = os.path.join(each, "pyproject.toml")
        if len(found) > 1:
            raise ConfigError(os.path.relpath(found[0]), f"{FILES[1]} stands beside it", hint="keep one of the two")
        if not found and os.path.isfile(project) and b"[tool.hullcheck" in _read(project):
            found = [project]
        if found:
            return os.path.relpath(found[0])
    return None


def _read(path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read(MAX_BYTES)
    except OSError as error:
        raise ConfigError(path, f"cannot be read: {error.strerror}") from None


def _file(path: str) -> dict[str, Any]:
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
    keys = document.mapping(node, "an ignore", ("rule", "reason"), ("path", "until"))
    until = document.word(keys["until"], "'until'") if "until" in keys else ""
    if until and not is_date(until):
        raise document.fail(keys["until"], f"'until' should be a date, found {until!r}", "write it YYYY-MM-DD")
    return Ignore(
        rule=document.text(keys["rule"], "'rule'"),
        path=document.text(keys["path"], "'path'") if "path" in keys else "**",
        reason=document.text(keys["reason"], "'reason'"),
        until=until,
        folder=_folder(document),
        at=Location(document.path, Span(node.line, 1, node.line, 1)),
    )


def _folder(document: Document) -> str:
    return os.path.dirname(os.path.abspath(document.path))


def _toml(document: Document) -> Node:
    """``[tool.hullcheck]`` of a pyproject.toml. TOML's reader keeps no lines, so keys are looked up in the text."""
    import tomllib

    try:
        text = _read(document.path).decode()
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


def _environment(environ: Mapping[str, str]) -> dict[str, Any]:
    found = {}
    for key, kind in KEYS.items():
        name = key.replace("-", "_")
        variable = f"HULLCHECK_{name.upper()}"
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
    if kind in {"formats", "words", "paths", "arguments"}:
        return Node(tuple(Node(word, 0, word) for word in map(str.strip, words.split(",")) if word), 0)
    value: object = words
    if kind == "truth":
        value = _TRUTHS.get(words.lower(), words)
    elif kind == "count" and re.fullmatch("[0-9]{1,9}", words):
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
    if type(node.value) is not int or not 0 < node.value <= MAX_JOBS:
        raise document.fail(node, f"{what} should be a number from 1 to {MAX_JOBS}, found {shown(node)}")
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
            name, found[name] = _argument(words)
        except UsageError as error:
            raise document.fail(item, str(error)) from None
    return found


def _argument(words: str) -> tuple[str, str | None]:
    name, equals, value = words.partition("=")
    if not name.strip():
        raise UsageError(f"build argument {words!r} should be NAME=value")
    return name.strip(), value if equals else None


_READERS: Mapping[Kind, Callable[[Document, Node, str], Any]] = {
    "severity": _severity,
    "profile": lambda document, node, what: document.choice(node, what, PROFILES),
    "formats": _formats,
    "words": Document.texts,
    "word": Document.word,
    "paths": _paths,
    "path": _path,
    "arguments": _arguments,
    "count": _count,
    "truth": Document.truth,
}


def _flags(flags: Mapping[str, Any]) -> dict[str, Any]:
    found = {name: value for name, value in flags.items() if value is not None and value != ()}
    if "fail_on" in found:
        found["fail_on"] = Severity[str(found["fail_on"]).upper()]
    if "build_args" in found:
        found["build_args"] = dict(_argument(words) for words in found["build_args"])
    return found
