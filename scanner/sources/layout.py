"""What lies where in the image while it is built, as far as the Dockerfile and its context tell."""

from __future__ import annotations

import posixpath
from collections.abc import Callable
from fnmatch import fnmatchcase

from scanner.model.record import Record
from scanner.model.target import File
from scanner.sources.context import Context

Finder = Callable[[str], File | None]

MAX_DEPTH = 40
"""Stages that copy from stages that copy from stages: further back than this nothing is looked up."""


class Copied(Record, kw_only=False):
    """``COPY sources destination`` from the context or from another stage."""

    sources: tuple[str, ...]
    destination: str
    """Absolute; with a trailing slash when it must be a folder."""
    origin: Context | Layout


class Placed(Record, kw_only=False):
    """One file at one path: written by a RUN or a here-document; None when its content is not known."""

    path: str
    file: File | None


class Layout:
    """Files of one stage by their path in the image; later entries hide earlier ones."""

    def __init__(self, base: Layout | None = None) -> None:
        self._base = base
        self._entries: list[Copied | Placed] = []

    def add(self, entry: Copied | Placed) -> None:
        """Something is put into the image now."""
        self._entries.append(entry)

    def finder(self, workdir: str, home: str = "") -> Finder:
        """Look-up of paths as the image is now; relative ones start at ``workdir``, ``~`` is ``home``."""
        count = len(self._entries)

        def find(path: str) -> File | None:
            full = absolute(path, workdir, home)
            return self.find(full, count) if full is not None else None

        return find

    def find(self, path: str, count: int | None = None, depth: int = 0) -> File | None:
        """The file at an absolute path after the first ``count`` entries (None: all)."""
        for entry in reversed(self._entries[:count]):
            if isinstance(entry, Placed):
                if entry.path == path:
                    return entry.file
            elif depth < MAX_DEPTH:
                found = _copied(entry, path, depth)
                if found is not None:
                    return found
        return self._base.find(path, None, depth + 1) if self._base is not None and depth < MAX_DEPTH else None


def absolute(path: str, workdir: str, home: str = "") -> str | None:
    """A path of the image, normalized; None when that is not known. ``~`` is ``home``, when that is given."""
    if home and path[:2] in {"~", "~/"}:
        path = home + path[1:]
    if path.startswith("~") or "$" in path:
        return None
    if not path.startswith("/"):
        path = posixpath.join(workdir, path)
    return posixpath.normpath("/" + path.lstrip("/"))


def _copied(entry: Copied, path: str, depth: int) -> File | None:
    folder = posixpath.normpath(entry.destination)
    below = path == folder or path.startswith(folder.rstrip("/") + "/")
    if not below:
        return None
    rest = path[len(folder.rstrip("/")) + 1 :]
    for source in entry.sources:
        for candidate in _candidates(entry, source, rest):
            found = (
                entry.origin.file(candidate)
                if isinstance(entry.origin, Context)
                else entry.origin.find(posixpath.normpath("/" + candidate.lstrip("/")), None, depth + 1)
            )
            if found is not None:
                return found
    return None


def _candidates(entry: Copied, source: str, rest: str) -> list[str]:
    """Paths in the origin that could have become ``destination/rest``."""
    name = posixpath.basename(posixpath.normpath(source))
    if any(char in source for char in "*?["):
        first, _, deeper = rest.partition("/")
        matched = posixpath.join(posixpath.dirname(source), first)
        if not first or not fnmatchcase(first, name):
            return []
        return [posixpath.join(matched, deeper) if deeper else matched]
    if not rest:
        return [] if entry.destination.endswith("/") else [source]
    if isinstance(entry.origin, Context) and not entry.origin.is_folder(source):
        return [source] if rest == name else []
    return [posixpath.join(source, rest), *([source] if rest == name else [])]
