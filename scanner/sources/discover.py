"""Find the Dockerfiles that a path means."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from fnmatch import fnmatch

from scanner.errors import TargetError

STDIN = "-"
_SKIPPED = frozenset({".git", ".hg", ".svn", ".venv", "venv", "node_modules", "__pycache__", ".tox", ".nox"})


def discover(paths: Sequence[str], exclude: Sequence[str] = ()) -> Iterator[str]:
    """The Dockerfiles that these paths mean, each once: a file is itself, a folder is searched, ``-`` is stdin.

    ``exclude`` are glob patterns over paths found in folders. Raises TargetError for a path that does not exist and
    for a folder without any Dockerfile.
    """
    seen: set[str] = set()
    for path in paths:
        found = False
        for name in _search(path, exclude) if os.path.isdir(path) else [path]:
            if name != STDIN and not os.path.exists(name):
                raise TargetError(f"{name}: no such file or folder")
            found = True
            if (key := os.path.realpath(name) if len(paths) > 1 else name) not in seen:
                seen.add(key)
                yield name
        if not found:
            raise TargetError(
                f"{path}: no Dockerfile in this folder",
                hint="Looked for Dockerfile, Dockerfile.*, *.dockerfile and Containerfile; name other files.",
            )


def is_dockerfile_name(name: str) -> bool:
    """Whether a file is a Dockerfile by its base name."""
    lower = name.lower()
    return lower in {"dockerfile", "containerfile"} or (
        (lower.startswith(("dockerfile.", "containerfile.")) or lower.endswith((".dockerfile", ".containerfile")))
        and not lower.endswith(
            (".dockerignore", ".md", ".txt", ".orig", ".bak", ".swp", "~", ".j2", ".jinja", ".tmpl", ".template")
        )
    )


def _search(folder: str, exclude: Sequence[str]) -> Iterator[str]:
    for root, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if name not in _SKIPPED)
        for name in sorted(names):
            if is_dockerfile_name(name):
                path = os.path.normpath(os.path.join(root, name))
                if not any(fnmatch(path, pattern) for pattern in exclude):
                    yield path
