"""Model files on disk: one, or all in a folder, as a target. Whether they are models, their content says."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from itertools import islice

from scanner.errors import TargetError
from scanner.model.finding import Problem
from scanner.model.location import Location, Text
from scanner.model.target import File, Target
from scanner.sources.masking import masked

MAX_FILES = 100_000
"""Files of one folder that are looked at."""
MAX_TEXT = 4 << 20
"""Bytes of the largest file that is read as text."""
MAX_SOUGHT = 2_000
"""Files of a folder that are looked at to find out whether it has models."""
_SKIPPED = frozenset({".git", ".hg", ".svn", ".venv", "venv", "node_modules", "__pycache__", ".tox", ".nox"})
"""Folders that hold other people's files, or none of a model."""


def is_model(path: str, head: bytes, size: int) -> bool:
    """Whether a file is a model by its first bytes, or something else under the name of one."""
    from scanner.parsers.models.recognize import EXECUTABLES, format_of, format_of_name

    found = format_of(head, size)
    return (found is not None and found not in EXECUTABLES) or bool(format_of_name(path))


def has_models(folder: str) -> bool:
    """Whether one of the first files in a folder is a model."""
    from scanner.parsers.models.limits import HEAD

    for file in islice(_files(folder, []), MAX_SOUGHT):
        try:
            if file.link is None and is_model(file.at.path, file.part(0, HEAD), file.size):
                return True
        except OSError:
            continue
    return False


def open_models(path: str) -> Target:
    """The target of a model file, or of a folder of them; repositories' and environments' own folders are left out.

    Links are told of, not followed, but for the path itself. Raises TargetError when there is no such file or folder.
    """
    if not os.path.exists(path):
        raise TargetError(f"{path}: no such file or folder", hint="name a model file, or a folder of them")
    problems: list[Problem] = []
    return Target(
        name=f"model:{path}", config=None, files=_files(path, problems), lines={}, may_ignore=False, problems=problems
    )


def _files(path: str, problems: list[Problem]) -> Iterator[File]:
    if not os.path.isdir(path):
        yield _file(path, os.stat(path), None)
        return
    count = 0
    for root, folders, names in os.walk(path, onerror=lambda error: problems.append(_unread(error))):
        folders[:] = sorted(name for name in folders if name not in _SKIPPED)
        for name in sorted(names):
            count += 1
            if count > MAX_FILES:
                reason = f"more than {MAX_FILES:,} files in the folder; the rest was not looked at"
                problems.append(Problem(at=Location(path), reason=reason, remedy="Name a folder below it."))
                return
            full = os.path.join(root, name)
            try:
                status = os.lstat(full)
                if stat.S_ISLNK(status.st_mode):
                    yield _file(full, status, os.readlink(full))
                elif stat.S_ISREG(status.st_mode):
                    yield _file(full, status, None)
            except OSError as error:
                problems.append(_unread(error))


def _file(path: str, status: os.stat_result, link: str | None) -> File:
    def part(start: int, size: int) -> bytes:
        with open(path, "rb") as file:
            file.seek(start)
            return file.read(size)

    def whole() -> bytes:
        if status.st_size > MAX_TEXT:
            raise ValueError(f"{status.st_size:,} bytes; at most {MAX_TEXT:,} are read at once")
        return part(0, MAX_TEXT)

    def text() -> Text:
        return masked(path, whole().decode("utf-8", "replace"))[0]

    return File(
        at=Location(os.path.normpath(path)),
        size=0 if link is not None else status.st_size,
        mode=stat.S_IMODE(status.st_mode),
        link=link,
        given=True,
        read=whole,
        part=part,
        text=text,
    )


def _unread(error: OSError) -> Problem:
    return Problem(at=Location(str(error.filename)), reason=f"it cannot be read: {error.strerror}")
