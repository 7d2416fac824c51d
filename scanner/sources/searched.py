"""Which text of a build context is searched for credentials, and how much of it."""

from __future__ import annotations

import os
from collections.abc import Iterator

from scanner.model.finding import Problem
from scanner.model.location import Location
from scanner.model.target import File, Part
from scanner.parsers.secrets.skipped import MAX_CONTEXT, MAX_FILES, MAX_TEXT, is_skipped
from scanner.sources.search import HEAD, parts

HERE = "./"
"""In front of a path of the context, which begins at no root: what the user calls ``lib/`` is no folder of a system."""
NAMED = 3
"""Files that a problem names."""


class Searched:
    """The files of one context that are searched, within the limits for all of them together."""

    def __init__(self) -> None:
        self._files = self._bytes = 0
        self._left: list[tuple[int, str]] = []
        """Bytes that were not searched, by file."""

    def parts(self, name: str, file: File) -> Iterator[Part]:
        """The parts of a file, by its path in the context. Raises ValueError for what cannot be read."""
        path = os.fsencode(name)
        if is_skipped(os.fsencode(HERE) + path, path[path.rfind(b"/") + 1 :]):
            return
        if self._files == MAX_FILES or self._bytes >= MAX_CONTEXT:
            self._left.append((file.size, file.at.path))
            return
        self._files += 1
        for part in parts(HERE + name, file.size, file.part(0, HEAD), file.part, 0):
            yield part
            self._bytes += len(part.data)
            end = part.start + len(part.data)
            if not part.last and (end >= MAX_TEXT or self._bytes >= MAX_CONTEXT):
                self._left.append((file.size - end, file.at.path))
                return

    def problem(self, folder: str) -> Problem | None:
        """What was not searched; None when everything was."""
        if not self._left:
            return None
        largest = ", ".join(path for _, path in sorted(self._left, reverse=True)[:NAMED])
        more = f" and {len(self._left) - NAMED:,} others" if len(self._left) > NAMED else ""
        size = sum(size for size, _ in self._left)
        reason = (
            f"{size:,} bytes were not searched for credentials, in {largest}{more}: at most {MAX_TEXT:,} of a file, "
            f"{MAX_CONTEXT:,} of all text and {MAX_FILES:,} files are"
        )
        remedy = "Keep what the image does not need out with a .dockerignore; data is better mounted than copied."
        return Problem(at=Location(folder), reason=reason, remedy=remedy)
