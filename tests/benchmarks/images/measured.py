"""What a command takes: time, memory of all its processes, and disk that it uses meanwhile."""

from __future__ import annotations

import os
import stat
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

EVERY = 0.05
"""Seconds between two looks at what it holds."""
ROUNDS = 3
"""Further runs, of which the fastest counts."""
ENOUGH = 30.0
"""Seconds after which there is no further round."""

_PAGE = os.sysconf("SC_PAGESIZE")


class Used(NamedTuple):
    """Seconds, and megabytes at the peak."""

    wall: float
    cpu: float
    process: float
    """Resident memory of the largest process."""
    tree: float
    """Resident memory of all processes together, what they share counted in each."""
    disk: float
    """Temporary files, those without a name as well."""
    status: int
    """The worst exit code."""


def measure(command: Sequence[str], env: Mapping[str, str]) -> Used:
    """The fastest times and the highest peaks of a few runs, each in an empty folder for temporary and cached files.

    The first is looked at while it runs, which takes a tenth of a second from one that takes a second.
    """
    start = time.monotonic()
    rounds = [_once(command, env, watched=True)]
    while len(rounds) <= ROUNDS and time.monotonic() - start < ENOUGH:
        rounds.append(_once(command, env, watched=False))
    wall, cpu, *_ = map(min, zip(*rounds, strict=True))
    _, _, process, tree, disk, status = map(max, zip(*rounds, strict=True))
    return Used(wall, cpu, process, tree, disk, int(status))


def _once(command: Sequence[str], env: Mapping[str, str], *, watched: bool) -> Used:
    with tempfile.TemporaryDirectory() as scratch:
        env = {**os.environ, "TMPDIR": scratch, "XDG_CACHE_HOME": f"{scratch}/cache", **env}
        tree = disk = 0.0
        start = time.perf_counter()
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=env)
        while True:
            pid, status, used = os.wait4(process.pid, os.WNOHANG if watched else 0)
            if pid:
                break
            running = list(_tree(process.pid))
            tree = max(tree, sum(map(_resident, running)))
            disk = max(disk, sum(map(_unnamed, running)) + _stored(Path(scratch)))
            time.sleep(EVERY)
        wall = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        disk = max(disk, _stored(Path(scratch)))
        peak = used.ru_maxrss / 1024
        return Used(
            wall, used.ru_utime + used.ru_stime, peak, max(tree / 1e6, peak), disk / 1e6, abs(process.returncode)
        )


def _tree(pid: int) -> Iterator[int]:
    """A process and all below it."""
    yield pid
    with suppress(OSError):
        for thread in os.listdir(f"/proc/{pid}/task"):
            with suppress(OSError):
                for child in Path(f"/proc/{pid}/task/{thread}/children").read_text().split():
                    yield from _tree(int(child))


def _resident(pid: int) -> int:
    with suppress(OSError, IndexError):
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE
    return 0


def _unnamed(pid: int) -> int:
    """Bytes on disk of the files that a process has open and that have no name any more."""
    total = 0
    with suppress(OSError):
        for number in os.listdir(f"/proc/{pid}/fd"):
            with suppress(OSError):
                path = f"/proc/{pid}/fd/{number}"
                status = os.stat(path)
                if stat.S_ISREG(status.st_mode) and not status.st_nlink and not os.readlink(path).startswith("/memfd:"):
                    total += status.st_blocks * 512
    return total


def _stored(folder: Path) -> int:
    total = 0
    for place, _, names in os.walk(folder):
        for name in names:
            with suppress(OSError):
                total += os.lstat(os.path.join(place, name)).st_blocks * 512
    return total
