"""Compiled rules, kept in the user's cache folder.

A file is MAGIC, the lengths of key and body, the body's CRC-32, the key, and the body (``marshal``). The key says what
the body was made from; a body is unmarshalled only when key and checksum are right and nobody else could have written
the file, since ``marshal`` trusts its input. Whatever is wrong with a kept file, the answer is to compile again.
"""

from __future__ import annotations

import marshal
import os
import stat
import sys
import zlib
from typing import Any

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
    path = _path(folder)
    try:
        file = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except (OSError, ValueError):
        return None
    try:
        status = os.fstat(file)
        if not (stat.S_ISREG(status.st_mode) and _ours(status) and status.st_size <= MAX_BYTES):
            return None
        data = _read(file, status.st_size)
    except OSError:
        return None
    finally:
        os.close(file)
    if len(data) < _HEAD or data[: len(MAGIC)] != MAGIC:
        return None
    key_size, body_size, crc = (int.from_bytes(data[at : at + 4], "little") for at in range(len(MAGIC), _HEAD, 4))
    body = memoryview(data)[_HEAD + key_size :]
    if data[_HEAD : _HEAD + key_size] != _whole(key) or len(body) != body_size or zlib.crc32(body) != crc:
        return None
    return marshal.loads(body)  # noqa: S302


def put(folder: str, key: bytes, value: Any) -> None:
    """Keep something for a rule folder; when that cannot be done, nothing is."""
    path = _path(folder)
    key, body = _whole(key), marshal.dumps(value)
    sizes = (len(key), len(body), zlib.crc32(body))
    data = b"".join((MAGIC, *(size.to_bytes(4, "little") for size in sizes), key, body))
    temporary = f"{path}.{os.getpid()}"
    try:
        os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
        if not _ours(os.stat(os.path.dirname(path))):
            return
        file = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        try:
            with open(file, "wb") as out:
                out.write(data)
            os.replace(temporary, path)
        except OSError:
            os.unlink(temporary)
    except (OSError, ValueError):
        return


def _whole(key: bytes) -> bytes:
    return f"{sys.version}\n".encode() + key


def _ours(status: os.stat_result) -> bool:
    """Nobody but this user can have written it."""
    return status.st_uid == os.getuid() and not status.st_mode & (stat.S_IWGRP | stat.S_IWOTH)


def _path(folder: str) -> str:
    home = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    name = f"rules-{zlib.crc32(os.path.abspath(folder).encode('utf-8', 'surrogateescape')):08x}"
    return os.path.join(home, "hullcheck", f"{name}.{sys.implementation.cache_tag}")


def _read(file: int, size: int) -> bytes:
    parts = []
    while size > 0:
        part = os.read(file, size)
        if not part:
            break
        parts.append(part)
        size -= len(part)
    return b"".join(parts)
