"""Files in the user's cache folder, safe for several processes at once.

A file is read only when nobody but this user can have written it. Whatever is wrong with one, the answer is that there
is none; when one cannot be written, nothing is kept.
"""

from __future__ import annotations

import os
import stat


def read(name: str, limit: int) -> bytes | None:
    """What is kept under a name; None for nothing, and for more than ``limit`` bytes."""
    try:
        file = os.open(_path(name), os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
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


def _ours(status: os.stat_result) -> bool:
    """Nobody but this user can have written it."""
    return status.st_uid == os.getuid() and not status.st_mode & (stat.S_IWGRP | stat.S_IWOTH)


def _path(name: str) -> str:
    home = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return os.path.join(home, "hullcheck", name)


def _read(file: int, size: int) -> bytes:
    parts = []
    while size > 0:
        part = os.read(file, size)
        if not part:
            break
        parts.append(part)
        size -= len(part)
    return b"".join(parts)
