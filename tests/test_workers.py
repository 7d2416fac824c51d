"""Worker processes do all there is to do, say when one was killed, and end with the one that started them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import pytest

from scanner import workers
from scanner.errors import ConfigError, TargetError
from scanner.workers import FORKS, Workers

pytestmark = pytest.mark.skipif(not FORKS, reason="nothing is forked here")

START = """
import os, time
from scanner.workers import Workers

with Workers(3, lambda task: os.getpid() if task else time.sleep(60), [1, 1, 1, 0]) as workers:
    for task, pid in workers.results():
        print(pid, flush=True)
"""


@pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="only Linux says how many cores are meant")
@pytest.mark.parametrize(
    ("said", "found"),
    [("max 100000\n", 8), ("200000 100000\n", 2), ("150000 100000", 2), ("50000 100000", 1), ("9900000 100000", 8)]
    + [(wrong, 8) for wrong in ("", "x", "1", "1 0", None)],
)
def test_a_container_has_as_many_cores_as_its_share_of_their_time(said, found, monkeypatch, tmp_path):
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: set(range(8)))
    monkeypatch.setattr(workers, "QUOTA", str(tmp_path / "cpu.max"))
    if said is not None:
        (tmp_path / "cpu.max").write_text(said)
    assert workers.cores() == found


def runs(pid):
    """Whether a process is there and not dead."""
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def results(count, work, tasks):
    with Workers(count, work, tasks) as running:
        return sorted(running.results())


@pytest.mark.parametrize("count", [1, 3, 9])
def test_each_task_has_its_result(count):
    """However large, from this process or another."""
    assert results(count, bytes, [0, 5, 3_000_000, 7]) == [
        (0, b""), (5, bytes(5)), (7, bytes(7)), (3_000_000, bytes(3_000_000))
    ]  # fmt: skip
    assert results(count, abs, []) == []


def test_they_are_other_processes_which_know_what_this_one_knows():
    here = os.getpid()
    pids = dict(results(2, lambda task: (os.getpid(), here), [1, 2]))
    assert {there for _, there in pids.values()} == {here}
    assert here not in {pid for pid, _ in pids.values()}
    assert len(set(pids.values())) == 2
    for pid, _ in pids.values():
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


def test_more_can_be_added_meanwhile():
    with Workers(2, lambda task: task * 2, [1, 2]) as running:
        assert not running.spare
        seen = []
        for task, result in running.results():
            seen.append(result)
            if task < 50:
                running.add(task + 50)
        assert sorted(seen) == [2, 4, 102, 104]
        assert running.spare


def test_it_tells_that_nothing_has_come_for_a_while():
    with Workers(1, lambda task: time.sleep(0.3), ["task"]) as running:
        *nothing, last = running.results(0.01)
    assert set(nothing) == {None}
    assert last == ("task", None)


def test_what_one_was_killed_at_has_no_result_and_the_others_go_on():
    def work(task):
        if task == 2:
            os.kill(os.getpid(), signal.SIGKILL)
        return "done"

    assert results(2, work, [1, 2, 3, 4]) == [(1, "done"), (2, None), (3, "done"), (4, "done")]
    assert results(1, work, [2, 3, 4]) == [(2, None), (3, None), (4, None)]
    assert results(2, lambda task: os._exit(0), [1, 2, 3]) == [(1, None), (2, None), (3, None)]


def test_one_that_dies_with_nothing_to_do_costs_nothing():
    with Workers(2, lambda task: os.getpid(), [1, 2]) as running:
        pids = dict(running.results())
        os.kill(pids[1], signal.SIGKILL)
        running.add(3)
        running.add(4)
        assert [result for _, result in running.results() if result is not None] == [pids[2]]


@pytest.mark.parametrize(
    ("error", "raised"),
    [
        (TargetError("x is gone", hint="look"), TargetError),
        (ConfigError("a.toml:1", "wrong"), RuntimeError),
        (ValueError(lambda: 0), RuntimeError),
    ],
)
def test_an_error_is_raised_here_and_says_where_it_was(error, raised):
    def work(task):
        raise error

    with pytest.raises(raised, match=r"x is gone|ConfigError: a.toml:1: wrong|ValueError") as caught:
        results(2, work, [1, 2, 3])
    if raised is TargetError:
        assert caught.value.hint == "look"
        assert "in work" in caught.value.__notes__[0]


def test_ctrl_c_is_left_to_the_process_that_started_them():
    def work(task):
        os.kill(os.getpid(), signal.SIGINT)
        return "done"

    assert results(1, work, [1]) == [(1, "done")]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into /proc")
def test_workers_end_when_the_process_that_started_them_is_killed():
    """One of them in the middle of its work."""
    with subprocess.Popen([sys.executable, "-c", START], stdout=subprocess.PIPE, text=True) as parent:
        pids = [int(parent.stdout.readline()) for _ in range(3)]
        assert any(map(runs, pids))
        parent.kill()
    end = time.monotonic() + 20
    while any(map(runs, pids)) and time.monotonic() < end:
        time.sleep(0.02)
    assert [runs(pid) for pid in pids] == [False] * 3
