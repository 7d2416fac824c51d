"""The build context: the folder that COPY and ADD take files from."""

from __future__ import annotations

import os
import posixpath
import stat
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING

from scanner.model.finding import Problem
from scanner.model.instruction import Copy
from scanner.model.location import Evidence, Location, Text, Word
from scanner.model.secret import SecretHit
from scanner.model.target import File, Part
from scanner.parsers import dockerignore
from scanner.parsers.lazy import Lazy
from scanner.sources.masking import masked

if TYPE_CHECKING:
    from scanner.sources.searched import Searched

MAX_TEXT = 4 << 20
"""Bytes of the largest file that is read as text (requirements, scripts, lock files)."""
MAX_FILES = 20_000
"""Files of one context that are looked at by name."""

LEAVES = "a symbolic link that leaves the build context; it was not followed"
_KEEPS = Lazy(
    r"\.ipynb$|(?:^|/)wandb/[^/]{1,80}/(?:files/)?(?:config\.yaml|wandb-metadata\.json|output\.log)$"
    r"|(?:^|/)mlruns/[^/]{1,80}/[^/]{1,80}/params/[^/]{1,80}$|(?:^|/)hparams\.yaml$"
)
"""Notebooks, and what experiment trackers write down of a run's arguments, settings and output."""

Lines = dict[str, tuple[str, ...]]


class Context:
    """A build context: a folder, or files given by name (for tests and rule examples).

    Paths are relative to it and slash-separated. What .dockerignore keeps out is not there. Symbolic links that
    leave the folder are not followed: ``problems`` says so. Texts are masked, and their lines kept in ``lines``; files
    that ``walk`` yields after they were read (scripts that something starts) know the credentials found in them, others
    that ship what of them is to be searched.
    """

    def __init__(
        self,
        folder: str | None,
        files: Mapping[str, bytes] | None = None,
        *,
        ignore_name: str = "",
        lines: Lines,
        problems: list[Problem],
    ) -> None:
        self.folder = folder
        self._given = {posixpath.normpath(name): data for name, data in (files or {}).items()}
        self._lines, self._problems = lines, problems
        self._root = os.path.realpath(folder) if folder is not None else ""
        self._opened: dict[str, File | None] = {}
        self._found: dict[str, tuple[SecretHit, ...]] = {}
        self._known_inside: dict[str, bool] = {}
        self._searched: Searched | None = None
        self._ignore = self._read_ignore_file((ignore_name, ".dockerignore"))

    @property
    def has_ignore_file(self) -> bool:
        """A .dockerignore keeps something out."""
        return self._ignore is not None and bool(self._ignore.patterns)

    def kept_out(self, copy: Copy) -> tuple[Word, ...]:
        """The sources of a COPY or ADD, wildcards apart, that .dockerignore keeps out with all that is in them."""
        if self._ignore is None or copy.flag("from") is not None:
            return ()
        return tuple(word for word in copy.sources if word.known and self._keeps_out(word.text))

    def _keeps_out(self, path: str) -> bool:
        path = posixpath.normpath(path).lstrip("/")
        return path not in {"", "."} and not any(char in path for char in "*?[<:") and self._skips(path)

    def file(self, path: str) -> File | None:
        """The regular file at a path, or None."""
        path = posixpath.normpath(path).lstrip("/")
        if path not in self._opened:
            self._opened[path] = self._open(path)
        return self._opened[path]

    def is_folder(self, path: str) -> bool:
        """Whether a path is a folder ("." is)."""
        path = posixpath.normpath(path).lstrip("/")
        if path in {".", ""}:
            return True
        if self.folder is None:
            return any(name.startswith(path + "/") for name in self._given)
        return self._inside(path) and os.path.isdir(os.path.join(self.folder, path))

    def walk(self, path: str, copied_by: Evidence, *, ships: bool | Callable[[str], bool]) -> Iterator[File]:
        """Every file at or below a path, wildcards allowed, that .dockerignore lets through.

        ``ships`` may depend on the file's path in the context.
        """
        pattern = None
        path = posixpath.normpath(path).lstrip("/") or "."
        if any(char in path for char in "*?["):
            try:
                pattern = dockerignore.glob(path)
            except ValueError:
                return
            path = posixpath.dirname(path.split("*", 1)[0].split("?", 1)[0].split("[", 1)[0] + "x") or "."
        for name in self._names(path):
            if pattern is None or pattern.match(name):
                file = self.file(name)
                if file is not None:
                    self._look_into(name, file)
                    known = self._found.get(file.at.path)
                    shipped = ships if isinstance(ships, bool) else ships(name)
                    search = shipped and known is None and file.link is None and file.size
                    yield file.replace(
                        copied_by=copied_by,
                        ships=shipped,
                        secrets=known or (),
                        parts=partial(self._parts, name, file) if search else None,
                    )

    def close(self) -> None:
        """All files that are wanted were read: what was not searched of them becomes a problem."""
        problem = self._searched and self._searched.problem(self.folder or ".")
        if problem:
            self._problems.append(problem)

    def _parts(self, name: str, file: File) -> Iterator[Part]:
        if self._searched is None:
            from scanner.sources.searched import Searched

            self._searched = Searched()
        return self._searched.parts(name, file)

    def _look_into(self, name: str, file: File) -> None:
        """Have a notebook or a record of an experiment read, since they keep what was printed."""
        if file.at.path not in self._found and _KEEPS.search(name):
            try:
                file.text()
            except (OSError, ValueError) as error:
                self._problem(file.at.path, f"not searched for credentials: {error}")

    def _names(self, path: str) -> Iterator[str]:
        if self.folder is None:
            yield from (name for name in self._given if path in (".", name) or name.startswith(path + "/"))
            return
        full = os.path.join(self.folder, path)
        if not self._inside(path):
            if not path.startswith(".."):
                self._problem(full, LEAVES)
            return
        if os.path.isfile(full):
            yield path
            return
        count = 0
        for root, folders, names in os.walk(full):
            here = os.path.relpath(root, self.folder).replace(os.sep, "/")
            prefix = "" if here == "." else here + "/"
            folders[:] = sorted(name for name in folders if name != ".git" and not self._skips(prefix + name))
            for name in sorted(names):
                count += 1
                if count > MAX_FILES:
                    self._problem(
                        full,
                        f"more than {MAX_FILES:,} files in the build context; the rest was not looked at",
                        "Keep what the image does not need out with a .dockerignore.",
                    )
                    return
                yield prefix + name

    def _skips(self, folder: str) -> bool:
        """The folder is ignored, and no ``!`` pattern could let something in it back in."""
        ignore = self._ignore
        return ignore is not None and ignore.ignores(folder) and all(exclude for exclude, _ in ignore.patterns)

    def _open(self, path: str) -> File | None:
        if path.startswith("..") or (self._ignore is not None and self._ignore.ignores(path)):
            return None
        if self.folder is None:
            data = self._given.get(path)
            return None if data is None else self._file(path, len(data), 0o644, None, _within(data))
        full = os.path.join(self.folder, path)
        try:
            status = os.lstat(full)
            link = os.readlink(full) if stat.S_ISLNK(status.st_mode) else None
            if link is not None:
                if not self._inside(path):
                    self._problem(full, LEAVES)
                    return None
                status = os.stat(full)
        except (OSError, ValueError):
            return None
        if not stat.S_ISREG(status.st_mode) or not self._inside(posixpath.dirname(path)):
            return None
        mode = stat.S_IMODE(status.st_mode)
        return self._file(full, status.st_size, mode, link, lambda start, size: _part(full, start, size))

    def _inside(self, path: str) -> bool:
        """Whether a path stays in the context when all links on its way are followed."""
        if path not in self._known_inside:
            try:
                real = os.path.realpath(os.path.join(self._root, path))
            except (OSError, ValueError):
                return False
            self._known_inside[path] = real == self._root or real.startswith(self._root.rstrip("/") + "/")
        return self._known_inside[path]

    def _file(self, path: str, size: int, mode: int, link: str | None, part: Callable[[int, int], bytes]) -> File:
        shown = os.path.normpath(path)

        def whole() -> bytes:
            if size > MAX_TEXT:
                raise ValueError(f"{size:,} bytes; at most {MAX_TEXT:,} are read")
            return part(0, MAX_TEXT + 1)

        def text() -> Text:
            data = whole()
            if b"\0" in data[:8192]:
                raise ValueError("not a text file")
            raw = data.decode("utf-8", "replace").removeprefix("\ufeff")
            found, self._found[shown] = masked(shown, raw)
            self._lines[shown] = tuple(found.value.split("\n"))
            return found

        return File(at=Location(shown), size=size, mode=mode, link=link, read=whole, part=part, text=text)

    def _read_ignore_file(self, names: tuple[str, ...]) -> dockerignore.IgnoreFile | None:
        self._ignore = None
        for name in names:
            file = self._open(name) if name else None
            if file is not None:
                try:
                    return dockerignore.parse(file.read().decode("utf-8", "replace"))
                except (OSError, ValueError) as error:
                    self._problem(file.at.path, str(error))
        return None

    def _problem(self, path: str, reason: str, remedy: str = "") -> None:
        problem = Problem(at=Location(os.path.normpath(path)), reason=reason, remedy=remedy)
        if problem not in self._problems:
            self._problems.append(problem)


def _within(data: bytes) -> Callable[[int, int], bytes]:
    return lambda start, size: data[start : start + size]


def _part(path: str, start: int, size: int) -> bytes:
    with open(path, "rb") as file:
        file.seek(start)
        return file.read(size)
