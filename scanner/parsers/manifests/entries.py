"""What the package lists of all tools have in common."""

from __future__ import annotations

from typing import Literal

from scanner.model.record import Record

MAX_ENTRIES = 20_000
"""Requirements of one file; the largest lock files have some thousands. What comes after is an error, not read."""
TOO_MANY = f"more than {MAX_ENTRIES:,} requirements; the rest was not read"

Declared = Literal["requirements", "constraints", "pyproject", "lock", "environment"]


class Spec(Record):
    """What one requirement says. A part that is not known stays as written (``${VERSION}``)."""

    name: str
    """Normalized; "" when it does not say (``.``)."""
    specifier: str = ""
    version: str | None = ""
    """The one version asked for; "" for none or several."""
    pinned: bool | None = False
    bounded: bool | None = False
    hashed: bool | None = False
    origin: Literal["index", "vcs", "url", "local"] = "index"
    url: str = ""
    """For vcs and url, credentials masked; the path of a local one."""
    commit_pinned: bool | None = None
    extras: tuple[str, ...] = ()
    marker: str = ""
    elsewhere: bool = False
    """Its marker says that it is for another system than Linux."""
    ecosystem: Literal["pypi", "conda"] = "pypi"


class Entry(Record, kw_only=False):
    """A requirement at ``start:end`` of the file's text."""

    spec: Spec
    start: int
    end: int


class Include(Record, kw_only=False):
    """Another file that this one takes in; a ``constraint`` only limits versions."""

    path: str
    constraint: bool
    start: int
    end: int


class Index(Record, kw_only=False):
    """A place to take packages from: a URL, a path, or the name of a conda channel."""

    url: str
    role: Literal["primary", "extra", "find-links", "channel"]
    start: int
    end: int


class Manifest(Record):
    """What a file asks for. ``errors`` are (start, end, reason) for what could not be read."""

    declared: Declared
    name: str = ""
    """The project's own name, for a file that has one."""
    entries: tuple[Entry, ...] = ()
    includes: tuple[Include, ...] = ()
    indexes: tuple[Index, ...] = ()
    prerelease: bool = False
    hashes_required: bool = False
    strategy: str = ""
    """uv's index strategy, when the file sets one."""
    errors: tuple[tuple[int, int, str], ...] = ()
