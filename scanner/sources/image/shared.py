"""A file of an archive that is read here and there."""

from __future__ import annotations

import os
import stat
import time

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

    def readinto(self, buffer: memoryview, at: int) -> int:
        """The bytes from there into a buffer, and how many."""
        return os.preadv(self._number, [buffer], at)

    def __del__(self) -> None:
        os.close(self._number)
