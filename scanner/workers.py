"""Worker processes: copies of this one, each of which does one thing after the other.

They leave Ctrl-C to the process that started them, and end with it, however that ends. Pipes and ``fork`` are all they
need: the pools of Python's library take as long to import and to start as two thousand files of a layer to read.
"""

from __future__ import annotations

import os
import pickle
import select
import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from queue import SimpleQueue
from threading import Thread
from traceback import format_exc
from typing import Any, Generic, NoReturn, Self, TypeVar

QUOTA = "/sys/fs/cgroup/cpu.max"
"""Microseconds of all cores together, and in how many: https://docs.kernel.org/admin-guide/cgroup-v2.html"""
FORKS = hasattr(os, "fork")
"""Whether there can be workers here."""
_SIZE = 8
"""Bytes of the size in front of an answer."""
_CHUNK = 1 << 20

Task = TypeVar("Task")
Result = TypeVar("Result")


def cores() -> int:
    """How many this process may use; of a container, as many as its share of their time amounts to, at least one."""
    try:
        most = len(os.sched_getaffinity(0))
    except AttributeError:  # only Linux says
        return os.cpu_count() or 1
    try:
        with open(QUOTA) as file:
            quota, period = file.read().split()
        return max(1, min(most, round(int(quota) / int(period))))
    except (OSError, ValueError, ZeroDivisionError):  # none, or "max"
        return most


class _Worker:
    """A process, from outside: the pipe to it, and the one from it, by whose number it is known."""

    def __init__(self, pid: int, tasks: int, answers: int) -> None:
        self.pid, self.tasks, self.answers = pid, tasks, answers
        self._answer = bytearray()

    def give(self, task: object) -> None:
        """Have it do something; that it cannot any longer shows in its answer."""
        with suppress(BrokenPipeError), open(self.tasks, "wb", closefd=False) as pipe:
            pipe.write(pickle.dumps(task))

    def take(self) -> tuple[Any, Exception | None] | None:
        """A result or an error, once all of it has arrived. Raises EOFError when the process is gone."""
        part = os.read(self.answers, _CHUNK)
        if not part:
            raise EOFError
        self._answer += part
        if len(self._answer) < _SIZE + int.from_bytes(self._answer[:_SIZE], "little"):
            return None
        whole, self._answer = memoryview(self._answer)[_SIZE:], bytearray()
        answer: tuple[Any, Exception | None] = pickle.loads(whole)  # noqa: S301
        return answer

    def stop(self) -> None:
        """Whatever it does."""
        os.kill(self.pid, signal.SIGTERM)

    def clear(self) -> None:
        """Once it stops."""
        os.waitpid(self.pid, 0)
        os.close(self.answers)
        os.close(self.tasks)


class Workers(Generic[Task, Result]):
    """Up to ``count`` processes that do ``work`` for one task after the other; a context manager, which ends them."""

    def __init__(self, count: int, work: Callable[[Task], Result], tasks: Iterable[Task]) -> None:
        self._count, self._waiting = count, deque(tasks)
        self._workers: dict[int, _Worker] = {}
        self._busy: dict[int, Task] = {}
        self._poll = select.poll()
        for _ in range(min(count, len(self._waiting))):
            worker = _started(work, self._workers.values())
            self._workers[worker.answers] = worker
            self._poll.register(worker.answers, select.POLLIN)

    def add(self, task: Task) -> None:
        """One more."""
        self._waiting.append(task)

    @property
    def spare(self) -> bool:
        """Whether fewer things are left to be done than there may be processes."""
        return len(self._waiting) + len(self._busy) < self._count

    def results(self, every: float | None = None) -> Iterator[tuple[Task, Result | None] | None]:
        """Each task with its result, as they come; None whenever none has for so many seconds.

        A task whose process was killed has no result, and neither have those that no process is left for. Raises what
        the work raises.
        """
        while self._waiting or self._busy:
            for number in self._workers.keys() - self._busy.keys():
                if self._waiting:
                    self._busy[number] = self._waiting.popleft()
                    self._workers[number].give(self._busy[number])
            if not self._workers:
                yield self._waiting.popleft(), None
                continue
            ready = self._poll.poll(every and every * 1000)
            if not ready:
                yield None
            for number, _ in ready:
                yield from self._taken(number)

    def _taken(self, number: int) -> Iterator[tuple[Task, Result | None]]:
        try:
            answer = self._workers[number].take()
        except EOFError:
            self._poll.unregister(number)
            self._workers.pop(number).clear()
            answer = None, None
        if answer is not None and number in self._busy:
            result, error = answer
            if error is not None:
                raise error
            yield self._busy.pop(number), result

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for worker in self._workers.values():
            worker.stop()
        for worker in self._workers.values():
            worker.clear()


def _started(work: Callable[[Task], Result], others: Iterable[_Worker]) -> _Worker:
    tasks, to_tasks = os.pipe()
    answers, to_answers = os.pipe()
    pid = os.fork()
    if not pid:
        try:
            for each in (to_tasks, answers, *(number for other in others for number in (other.tasks, other.answers))):
                os.close(each)
            _serve(work, tasks, to_answers)
        finally:
            os._exit(1)
    os.close(tasks)
    os.close(to_answers)
    return _Worker(pid, to_tasks, answers)


def _serve(work: Callable[[Task], Result], tasks: int, answers: int) -> NoReturn:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    waiting: SimpleQueue[Task] = SimpleQueue()
    Thread(target=_listen, args=(tasks, waiting), daemon=True).start()
    while True:
        task = waiting.get()
        try:
            answer = pickle.dumps((work(task), None), pickle.HIGHEST_PROTOCOL)
        except Exception as error:
            answer = _failure(error)
        rest = memoryview(len(answer).to_bytes(_SIZE, "little") + answer)
        while rest:
            rest = rest[os.write(answers, rest) :]


def _failure(error: Exception) -> bytes:
    """An error as an answer; not all can be pickled, and of those that can, not all be made again."""
    error.add_note(f"In a worker process:\n{format_exc()}")
    try:
        answer = pickle.dumps((None, error))
        pickle.loads(answer)  # noqa: S301
    except Exception:
        answer = pickle.dumps((None, RuntimeError(f"{type(error).__name__}: {error}")))
    return answer


def _listen(tasks: int, waiting: SimpleQueue[Task]) -> None:
    """Hear of tasks, and of the end of who gives them, while the work is done."""
    try:
        with open(tasks, "rb") as pipe:
            while True:
                waiting.put(pickle.load(pipe))  # noqa: S301
    finally:
        os._exit(0)
