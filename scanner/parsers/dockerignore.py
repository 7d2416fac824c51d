"""Read a .dockerignore and decide what it keeps out of a build context.

The rules are those of Moby's patternmatcher: a pattern matches a path or one of its parents, the last pattern that
matches wins, ``!`` lets back in, ``**`` spans folders (https://docs.docker.com/build/concepts/context/#syntax).
"""

from __future__ import annotations

import posixpath
import re

from scanner.model.record import Record

MAX_PATTERNS = 5_000
"""More than this is refused: each file of the context is held against every pattern."""


class IgnoreFile(Record):
    """A parsed .dockerignore: (exclude, regular expression over the slash-separated path), in file order."""

    patterns: tuple[tuple[bool, re.Pattern[str]], ...]

    def ignores(self, path: str) -> bool:
        """Whether a path (relative to the context, no leading ``/``) is kept out of the build context."""
        ignored = False
        for exclude, pattern in self.patterns:
            if exclude != ignored and pattern.match(path):
                ignored = exclude
        return ignored


def parse(text: str) -> IgnoreFile:
    """Read the file's text. Raises ValueError when it has too many patterns."""
    patterns = []
    for raw in text.removeprefix("\ufeff").split("\n"):
        line = raw.strip()
        if not line or line.startswith("#"):
            continue
        exclude = not line.startswith("!")
        cleaned = posixpath.normpath(line.removeprefix("!").strip()).lstrip("/")
        if cleaned in {"", "."}:
            continue
        patterns.append((exclude, _compile(cleaned)))
    if len(patterns) > MAX_PATTERNS:
        raise ValueError(f"{len(patterns)} patterns in .dockerignore; at most {MAX_PATTERNS} are read")
    return IgnoreFile(patterns=tuple(patterns))


def _compile(pattern: str) -> re.Pattern[str]:
    out, at = [], 0
    while at < len(pattern):
        char = pattern[at]
        if pattern.startswith("**", at):
            at += 2
            while pattern.startswith("*", at):
                at += 1
            if pattern.startswith("/", at):
                at += 1
                out.append("(?:.*/)?")
            else:
                out.append(".*")
            continue
        if char == "[" and (end := pattern.find("]", at + 2)) > 0:
            inside = pattern[at + 1 : end].replace("\\", "\\\\").replace("[", "\\[")
            out.append("[" + inside + "]")
            at = end
        elif char == "\\" and at + 1 < len(pattern):
            at += 1
            out.append(re.escape(pattern[at]))
        else:
            out.append({"*": "[^/]*", "?": "[^/]"}.get(char, re.escape(char)))
        at += 1
    try:
        return re.compile("".join(out) + r"(?:/.*)?\Z", re.DOTALL)
    except re.error as error:
        raise ValueError(f"{pattern!r} in .dockerignore is no pattern: {error}") from error


def glob(pattern: str) -> re.Pattern[str]:
    """A COPY source with wildcards, as a regular expression over paths of the context; parents match too."""
    return _compile(posixpath.normpath(pattern).lstrip("/"))
