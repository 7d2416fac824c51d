"""Compiled rules, kept in the user's cache folder.

A file is MAGIC, the lengths of key and body, the body's CRC-32, the key, and the body (``marshal``). The key says what
the body was made from; a body is unmarshalled only when key and checksum are right and nobody else could have written
the file, since ``marshal`` trusts its input. Whatever is wrong with a kept file, the answer is to compile again.
"""

from __future__ import annotations

import marshal
import os
import sys
import zlib
from typing import Any

from scanner import kept

MAGIC = b"hullcheck rules 1\n"
MAX_BYTES = 64_000_000
_HEAD = len(MAGIC) + 12
_SOURCES = (".yaml", ".yml", ".txt", ".py")


def stamp(folder: str) -> bytes:
    """The path, size and time of every file below a folder that rules are made from: changes when one of them does."""
    lines = []
    waiting = [folder]
    while waiting:
        try:
            with os.scandir(waiting.pop()) as entries:
                for entry in entries:
                    if entry.name.startswith((".", "__pycache__")):
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
    data = kept.read(_name(folder), MAX_BYTES)
    if data is None or len(data) < _HEAD or data[: len(MAGIC)] != MAGIC:
        return None
    key_size, body_size, crc = (int.from_bytes(data[at : at + 4], "little") for at in range(len(MAGIC), _HEAD, 4))
    body = memoryview(data)[_HEAD + key_size :]
    if data[_HEAD : _HEAD + key_size] != _whole(key) or len(body) != body_size or zlib.crc32(body) != crc:
        return None
    return marshal.loads(body)  # noqa: S302


def put(folder: str, key: bytes, value: Any) -> None:
    """Keep something for a rule folder; when that cannot be done, nothing is."""
    key, body = _whole(key), marshal.dumps(value)
    sizes = (len(key), len(body), zlib.crc32(body))
    kept.write(_name(folder), b"".join((MAGIC, *(size.to_bytes(4, "little") for size in sizes), key, body)))


def _whole(key: bytes) -> bytes:
    return f"{sys.version}\n".encode() + key


def _name(folder: str) -> str:
    number = zlib.crc32(os.path.abspath(folder).encode("utf-8", "surrogateescape"))
    return f"rules-{number:08x}.{sys.implementation.cache_tag}"
