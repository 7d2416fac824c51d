"""What lies where in the image while it is built, as far as the Dockerfile and its context tell."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable
from fnmatch import fnmatchcase

from scanner.model.record import Record
from scanner.model.target import File
from scanner.parsers import dockerignore
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

    def takes(self, other: Layout) -> Callable[[str], bool]:
        """Whether a COPY --from brings what is at an absolute path of another stage, or of one made from it."""
        patterns = []
        layout: Layout | None = self
        while layout is not None:
            for entry in layout._entries:
                if isinstance(entry, Copied) and isinstance(entry.origin, Layout) and entry.origin._is_made_from(other):
                    patterns += [pattern for source in entry.sources if (pattern := _below(source)) is not None]
            layout = layout._base
        return lambda path: any(pattern.match(path.lstrip("/")) for pattern in patterns)

    def _is_made_from(self, other: Layout) -> bool:
        layout: Layout | None = self
        while layout is not None and layout is not other:
            layout = layout._base
        return layout is other

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


def landed(name: str, source: str, folder: str, *, into: bool) -> str:
    """Where a file of the context gets to that a COPY takes with ``source``; ``into``: the destination is a folder."""
    source = posixpath.normpath(source).lstrip("/") or "."
    if name == source:
        return posixpath.join(folder, posixpath.basename(name)) if into else folder
    return posixpath.join(folder, posixpath.relpath(name, _plain(source)))


def _plain(source: str) -> str:
    """The folder in front of the first wildcard of a source, the source itself without one."""
    at = min((source.find(char) for char in "*?[" if char in source), default=-1)
    return source if at < 0 else posixpath.dirname(source[:at]) or "."


def _below(source: str) -> re.Pattern[str] | None:
    """What a source of a COPY --from takes along, wildcards allowed, by paths without a slash in front."""
    try:
        return dockerignore.glob(posixpath.normpath("/" + source).lstrip("/") or "**")
    except ValueError:
        return None


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
