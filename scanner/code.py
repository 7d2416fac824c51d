"""The program's own source: what is kept of a module's results is worth something until that source changes."""

from __future__ import annotations

import os
import re
import sys
from functools import cache
from hashlib import sha256

from scanner import knowledge

_PACKAGE = __name__.partition(".")[0]
_IMPORT = re.compile(
    rf"^[ \t]*(?:from[ \t]+({_PACKAGE}[\w.]*)[ \t]+import[ \t]+(\([^)]*\)|[^\n]*)|import[ \t]+({_PACKAGE}[\w.]*))",
    re.MULTILINE,
)
_OTHERS = {"scanner.parsers.models.templates": "jinja2"}
"""Modules that have another package read files of layers, whose version counts then."""
_TOLD = ("lists", "tables")
"""Folders of what ``knowledge`` knows."""


@cache
def stamp(*modules: str) -> str:
    """Changes with the source of these modules, or of anything of this package that they import, and with Python.

    With a module that asks ``knowledge``, it changes with every list and table as well. Raises OSError when a source
    is not there.
    """
    found = sorted(imported(modules))
    parts = [sys.version.encode(), *(part for module in found for part in (module.encode(), _source(_file(module))))]
    if knowledge.__name__ in found:
        parts.append(_tables())
    parts += [_version(package) for module, package in _OTHERS.items() if module in found]
    return sha256(b"\0".join(sha256(part).digest() for part in parts)).hexdigest()


def imported(modules: tuple[str, ...]) -> set[str]:
    """These modules and all of this package that they import, wherever in their source that stands; but not this one.

    A package counts when something other than its modules is taken from it.
    """
    found: set[str] = set()
    waiting = list(modules)
    while waiting:
        module = waiting.pop()
        if module not in found and module != __name__:
            found.add(module)
            waiting += _imports(module)
    return found


@cache
def _version(package: str) -> bytes:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version(package).encode()
    except PackageNotFoundError:
        return b""


@cache
def _imports(module: str) -> tuple[str, ...]:
    names: list[str] = []
    for source, taken, plain in _IMPORT.findall(_source(_file(module)).decode()):
        said = [f"{source}.{name}" for name in re.findall(r"\w+", re.sub(r"#.*|\bas\s+\w+", "", taken))] or [plain]
        modules = [name for name in said if os.path.isfile(_file(name))]
        names += modules if len(modules) == len(said) else [*modules, source or plain]
    return tuple(name for name in names if name != _PACKAGE)


@cache
def _file(module: str) -> str:
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), *module.split(".")[1:])
    return os.path.join(path, "__init__.py") if os.path.isdir(path) else f"{path}.py"


@cache
def _source(path: str) -> bytes:
    with open(path, "rb") as file:
        return file.read()


@cache
def _tables() -> bytes:
    found = []
    for folder in _TOLD:
        with os.scandir(os.path.join(knowledge.folder(), folder)) as entries:
            found += [f"{entry.name}\0".encode() + _source(entry.path) for entry in entries if entry.is_file()]
    return b"\0".join(sorted(found))
