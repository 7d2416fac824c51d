"""Compiled rules, kept in the user's cache folder.

A body (``marshal``) is unmarshalled only when key and checksum are right and nobody else could have written the file,
since ``marshal`` trusts its input. Whatever is wrong with a kept file, the answer is to compile again.
"""

from __future__ import annotations

import marshal
import os
import sys
import zlib
from typing import Any

from scanner import kept

MAX_BYTES = 64_000_000
_APART = (".", "__pycache__", "detectors")
"""Beginnings of names that no rule is made from."""
_SOURCES = (".yaml", ".yml", ".txt", ".py")


def stamp(folder: str) -> bytes:
    """The path, size and time of every file below a folder that rules are made from: changes when one of them does."""
    lines = []
    waiting = [folder]
    while waiting:
        try:
            with os.scandir(waiting.pop()) as entries:
                for entry in entries:
                    if entry.name.startswith(_APART):
                        continue
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(entry.path)
                    elif entry.name.endswith(_SOURCES):
                        status = entry.stat()
                        lines.append(f"{entry.path}\0{status.st_size}\0{status.st_mtime_ns}")
        except OSError:
            continue
    return "\n".join(sorted(lines)).encode("utf-8", "surrogateescape")


def get(folder: str, key: bytes) -> Any:
    """What was kept for a rule folder under this key, or None."""
    body = kept.unseal(_name(folder), _whole(key), MAX_BYTES)
    return None if body is None else marshal.loads(body)  # noqa: S302


def put(folder: str, key: bytes, value: Any) -> None:
    """Keep something for a rule folder; when that cannot be done, nothing is."""
    kept.seal(_name(folder), _whole(key), marshal.dumps(value))


def _whole(key: bytes) -> bytes:
    return f"{sys.version}\n".encode() + key


def _name(folder: str) -> str:
    number = zlib.crc32(os.path.abspath(folder).encode("utf-8", "surrogateescape"))
    return f"rules-{number:08x}.{sys.implementation.cache_tag}"
