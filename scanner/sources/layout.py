"""What lies where in the image while it is built, as far as the Dockerfile and its context tell."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from fnmatch import fnmatchcase

from scanner.model.record import Record
from scanner.model.target import File
from scanner.parsers import dockerignore
from scanner.sources.context import Context

Finder = Callable[[str], File | None]

MAX_DEPTH = 40
"""Stages that copy from stages that copy from stages: further back than this nothing is looked up."""
MAX_TAKEN = 200
"""Sources of COPY --from that one stage is held against; of a stage that more are taken from, all counts as taken."""


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

    def taken(self, stages: Sequence[Layout]) -> dict[Layout, list[str]]:
        """What of each stage gets in here by COPY --from, by way of others or not; ``stages`` are all, in their order.

        As sources: paths of that stage, perhaps with wildcards. Of those that this one is made from, everything.
        """
        found = {stage: ["/"] for stage in self._made_from()}
        for stage in reversed(stages):  # each takes from earlier ones only
            wanted = found.get(stage, [])
            takes = below(wanted)
            for entry in stage._entries if wanted else ():
                if isinstance(entry, Copied) and isinstance(entry.origin, Layout):
                    whole = takes(posixpath.normpath(entry.destination))
                    sources = entry.sources if whole else _passed_on(entry, wanted)
                    for other in entry.origin._made_from():
                        known = found.setdefault(other, [])
                        known += sources if len(known) <= MAX_TAKEN else ()
        return found

    def _made_from(self) -> Iterator[Layout]:
        layout: Layout | None = self
        for _ in range(MAX_DEPTH):
            if layout is not None:
                yield layout
                layout = layout._base

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


def below(sources: Sequence[str]) -> Callable[[str], bool]:
    """Whether one of the sources of a COPY --from, wildcards allowed, takes an absolute path along."""
    if len(sources) > MAX_TAKEN:
        return lambda _: True
    patterns = []
    for source in sources:
        with suppress(ValueError):
            patterns.append(dockerignore.glob(posixpath.normpath("/" + source).lstrip("/") or "**"))
    return lambda path: any(pattern.match(path.lstrip("/")) for pattern in patterns)


def _copied(entry: Copied, path: str, depth: int) -> File | None:
    rest = _within(path, entry.destination)
    if rest is None:
        return None
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


def _passed_on(entry: Copied, taken: Sequence[str]) -> list[str]:
    """What is taken from where a COPY gets its files, when these are taken from where it puts them, but not all."""
    found: list[str] = []
    for path in taken:
        plain = posixpath.normpath("/" + _plain(path).lstrip("/"))
        rest = _within(plain, entry.destination)
        if rest is not None:
            found += (each for source in entry.sources for each in _candidates(entry, source, rest))
        elif any(char in path for char in "*?[") and _within(entry.destination, plain) is not None:
            found += entry.sources
    return found


def _within(path: str, folder: str) -> str | None:
    """What of a path is below a folder, "" for the folder itself; None when it is elsewhere."""
    path, folder = posixpath.normpath(path), posixpath.normpath(folder).rstrip("/")
    return path[len(folder) + 1 :] if path == (folder or "/") or path.startswith(f"{folder}/") else None


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
