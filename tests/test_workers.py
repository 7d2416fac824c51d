"""Worker processes end with the one that started them, however that ends."""

from __future__ import annotations

import multiprocessing
import subprocess
import sys
import time

import pytest

START = """
import multiprocessing, time
from concurrent.futures import ProcessPoolExecutor
from scanner import workers

pool = ProcessPoolExecutor(3, multiprocessing.get_context("fork"), workers.begin)
pool.submit(abs, 1).result()
print(*(child.pid for child in multiprocessing.active_children()), flush=True)
time.sleep(60)
"""


def runs(pid):
    """Whether a process is there and not dead."""
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.skipif("fork" not in multiprocessing.get_all_start_methods(), reason="nothing is forked here")
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into /proc")
def test_workers_end_when_the_process_that_started_them_is_killed():
    with subprocess.Popen([sys.executable, "-c", START], stdout=subprocess.PIPE, text=True) as parent:
        pids = list(map(int, parent.stdout.readline().split()))
        assert [runs(pid) for pid in pids] == [True] * 3
        parent.kill()
    end = time.monotonic() + 20
    while any(map(runs, pids)) and time.monotonic() < end:
        time.sleep(0.02)
    assert [runs(pid) for pid in pids] == [False] * 3
