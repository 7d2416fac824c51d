"""Files of archives that are read here and there; one that comes as a stream becomes a temporary file."""

from __future__ import annotations

import os
import shutil
import stat
import sys
import tempfile
import time
from collections.abc import Iterable
from functools import partial

from scanner.errors import TargetError

SPARE = 1 << 28
"""Bytes to leave free on the disk."""
EVERY = 1 << 26
"""Bytes after which the disk is looked at again."""
CHUNK = 1 << 20
"""Bytes that are taken from a stream at a time."""
SETTLED = 2
"""Seconds after which a change of a file shows in its times, however coarse they are."""


class Shared:
    """An open file that several read at once, each at a place of its own; closed when nobody does any longer."""

    def __init__(self, number: int) -> None:
        self._number = number
        status = os.fstat(number)
        self.regular, self.size = stat.S_ISREG(status.st_mode), status.st_size
        settled = self.regular and max(status.st_ctime, status.st_mtime) < time.time() - SETTLED
        known = (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)
        self.identity = ":".join(map(str, ("file", *known))) if settled else ""
        """Another when the file is changed or is another one; "" for one that was changed a moment ago."""

    def read(self, size: int, at: int) -> bytes:
        """Up to ``size`` bytes from there."""
        return os.pread(self._number, size, at)

    def __del__(self) -> None:
        os.close(self._number)


def spooled(name: str, parts: Iterable[bytes], needed: int = 0) -> Shared:
    """All the parts as a file without a name, gone when nobody reads it; ``needed`` are the bytes to expect, if known.

    Raises TargetError when they do not fit, and what ``parts`` raises.
    """
    folder = tempfile.gettempdir()
    _check(name, needed, f"{needed >> 20:,} MiB", folder)
    size = checked = 0
    with tempfile.TemporaryFile() as file:
        for part in parts:
            size += len(part)
            if size - checked > EVERY:
                _check(name, 0, f"more than {size >> 20:,} MiB", folder)
                checked = size
            try:
                file.write(part)
                file.flush()
            except OSError as error:
                raise TargetError(f"{name}: cannot be written to {folder}: {error.strerror}") from None
        return Shared(os.dup(file.fileno()))


def standard_input(name: str) -> Shared:
    """What comes from standard input: a file as it is, all else spooled. Raises TargetError."""
    stream = sys.stdin.buffer
    if stream.isatty():
        raise TargetError(
            f"{name}: nothing comes from standard input", hint=f"docker save IMAGE | hullcheck scan {name}"
        )
    try:
        shared = Shared(os.dup(stream.fileno()))
        return shared if shared.regular else spooled(name, iter(partial(stream.read, CHUNK), b""))
    except OSError as error:
        raise TargetError(f"{name}: {error.strerror}") from None


def _check(name: str, left: int, size: str, folder: str) -> None:
    free = shutil.disk_usage(folder).free
    if left + SPARE > free:
        raise TargetError(
            f"{name}: {size} do not fit into {folder}, where {free >> 20:,} MiB are free ({SPARE >> 20} are left so)",
            hint="let TMPDIR name a folder with more space",
        )
