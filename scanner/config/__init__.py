"""Settings: flags before environment before file before defaults.

The file is ``.hullcheck.yaml`` (or ``.yml``), or ``[tool.hullcheck]`` of a ``pyproject.toml``, in the current folder or
one above it up to the repository's root. The environment says the same as the flags: ``HULLCHECK_FAIL_ON=high``,
lists with commas. Build arguments from all of them add up, name by name.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from scanner.errors import ConfigError, UsageError
from scanner.model.record import Record
from scanner.model.rule import Profile, Severity

if TYPE_CHECKING:
    from scanner.advisories.corrections import Correction
    from scanner.engine.suppress import Ignore

FILES = (".hullcheck.yaml", ".hullcheck.yml")
MAX_BYTES = 1_000_000
PREFIX = "HULLCHECK_"
"""Of the variables that are settings."""


class Settings(Record):
    """What a scan is to do. Relative paths in the file are seen from the file's folder."""

    fail_on: Severity = Severity.LOW
    profile: Profile = "default"
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    ignores: tuple[Ignore, ...] = ()
    """The ignores of the file that have a reason; no flag takes them back."""
    rules: tuple[str, ...] = ()
    framework: tuple[str, ...] = ()
    """The compliance frameworks to report on."""
    vex: tuple[str, ...] = ()
    baseline: str | None = None
    build_args: Mapping[str, str]
    target: str | None = None
    context: str | None = None
    resolve_bases: bool = False
    base_layouts: tuple[str, ...] = ()
    mirrors: Mapping[str, tuple[str, ...]] = {}
    """Hosts to ask before a registry, by the registry; () for none, whatever Docker and Podman are told."""
    exclude: tuple[str, ...] = ()
    format: tuple[str, ...] = ("text",)
    shellcheck: bool = False
    online: bool = False
    online_service: str = "osv"
    platform: str | None = None
    dockerfile: str | None = None
    base: str | None = None
    only: str | None = None
    no_verify: bool = False
    jobs: int | None = None
    """Processes to scan with; None: one, and for layers as many as there are cores, four at most."""
    no_cache: bool = False
    cache_limit: int = 1024
    """MiB that the facts of layers may take in the cache folder."""
    db: str | None = None
    """The advisory database; None: that of the user."""
    no_vulnerabilities: bool = False
    only_fixed: bool = False
    db_url: str | None = None
    db_ecosystems: tuple[str, ...] = ()
    """Empty: all that are known."""
    kev_url: str | None = None
    epss_url: str | None = None
    corrections: tuple[Correction, ...] = ()
    """What the file knows better than advisories."""
    allow_incomplete: bool = False
    exit_zero: bool = False
    show_undecided: bool = False
    show_suppressed: bool = False
    file: str = ""
    """The configuration file that was read; "" for none."""


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
        if not found and os.path.isfile(project) and b"[tool.hullcheck" in read(project):
            found = [project]
        if found:
            return os.path.relpath(found[0])
    return None


def read(path: str) -> bytes:
    """A file's first bytes. Raises ConfigError."""
    try:
        with open(path, "rb") as file:
            return file.read(MAX_BYTES)
    except OSError as error:
        raise ConfigError(path, f"cannot be read: {error.strerror}") from None


def _file(path: str) -> dict[str, Any]:
    from scanner.config.reader import file

    return file(path)


def _environment(environ: Mapping[str, str]) -> dict[str, Any]:
    if not any(name.startswith(PREFIX) for name in environ):
        return {}
    from scanner.config.reader import environment

    return environment(environ)


def _flags(flags: Mapping[str, Any]) -> dict[str, Any]:
    found = {name: value for name, value in flags.items() if value is not None and value != ()}
    if "fail_on" in found:
        found["fail_on"] = Severity[str(found["fail_on"]).upper()]
    if "build_args" in found:
        found["build_args"] = dict(argument(words) for words in found["build_args"])
    return found


def argument(words: str) -> tuple[str, str | None]:
    """``NAME=value`` in two; None for a name alone. Raises UsageError."""
    name, equals, value = words.partition("=")
    if not name.strip():
        raise UsageError(f"build argument {words!r} should be NAME=value")
    return name.strip(), value if equals else None
