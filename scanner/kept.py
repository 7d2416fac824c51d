"""Files of the user's: what is kept in the cache folder, safe for several processes at once, and where the rest is.

A file is read only when nobody but this user can have written it. Whatever is wrong with one, the answer is that there
is none; when one cannot be written, nothing is kept. A sealed file is MAGIC, the lengths of key and body, the body's
CRC-32, the key, which says what the body was made from, and the body.
"""

from __future__ import annotations

import os
import stat
import zlib

MAGIC = b"hullcheck kept 1\n"
DATABASE = "advisories.db"
_HEAD = len(MAGIC) + 12


def folder() -> str:
    """The cache folder of this program, which need not exist."""
    home = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return os.path.join(home, "hullcheck")


def database() -> str:
    """The advisory database of this user, in a folder for data: what is there is not made again by itself."""
    home = os.environ.get("XDG_DATA_HOME") or os.path.join(os.path.expanduser("~"), ".local", "share")
    return os.path.join(home, "hullcheck", DATABASE)


def read(name: str, limit: int) -> bytes | None:
    """What is kept under a name; None for nothing, and for more than ``limit`` bytes."""
    try:
        file = os.open(_path(name), os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
    except (OSError, ValueError):
        return None
    try:
        status = os.fstat(file)
        usable = stat.S_ISREG(status.st_mode) and _ours(status) and status.st_size <= limit
        return _read(file, status.st_size) if usable else None
    except OSError:
        return None
    finally:
        os.close(file)


def write(name: str, data: bytes) -> None:
    """Keep some bytes under a name, in place of what was there."""
    path = _path(name)
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


def unseal(name: str, key: bytes, limit: int) -> memoryview | None:
    """The body of a sealed file; None for one that is damaged, or was sealed with another key."""
    data = read(name, limit)
    if data is None or len(data) < _HEAD or data[: len(MAGIC)] != MAGIC:
        return None
    key_size, body_size, crc = (int.from_bytes(data[at : at + 4], "little") for at in range(len(MAGIC), _HEAD, 4))
    body = memoryview(data)[_HEAD + key_size :]
    if data[_HEAD : _HEAD + key_size] != key or len(body) != body_size or zlib.crc32(body) != crc:
        return None
    return body


def seal(name: str, key: bytes, body: bytes) -> None:
    """Keep a body, under 4 GiB, that was made from what ``key`` says."""
    sizes = (len(key), len(body), zlib.crc32(body))
    write(name, b"".join((MAGIC, *(size.to_bytes(4, "little") for size in sizes), key, body)))


def touch(name: str) -> None:
    """Count a file as used now."""
    try:
        os.utime(_path(name), follow_symlinks=False)
    except (OSError, NotImplementedError):
        return


def listed(part: str = "") -> list[tuple[float, int, str]]:
    """The files below a part of the folder, the one that was used longest ago first: (time, bytes, path)."""
    found, waiting = [], [os.path.join(folder(), part)]
    while waiting:
        try:
            with os.scandir(waiting.pop()) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(entry.path)
                    else:
                        status = entry.stat(follow_symlinks=False)
                        found.append((status.st_mtime, status.st_size, entry.path))
        except OSError:
            continue
    return sorted(found)


def shrink(part: str, limit: int) -> int:
    """Delete what was used longest ago until the rest has at most ``limit`` bytes; how many files are gone."""
    files = listed(part)
    left, gone = sum(size for _, size, _ in files), 0
    for _, size, path in files:
        if left <= limit:
            break
        try:
            os.unlink(path)
            gone += 1
        except FileNotFoundError:
            pass
        except OSError:
            continue
        left -= size
    return gone


def _ours(status: os.stat_result) -> bool:
    """Nobody but this user can have written it."""
    return status.st_uid == os.getuid() and not status.st_mode & (stat.S_IWGRP | stat.S_IWOTH)


def _path(name: str) -> str:
    return os.path.join(folder(), name)


def _read(file: int, size: int) -> bytes:
    parts = []
    while size > 0:
        part = os.read(file, size)
        if not part:
            break
        parts.append(part)
        size -= len(part)
    return b"".join(parts)
