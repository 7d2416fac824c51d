"""Chunks that a thread of its own makes ready while those before are looked at, once a core has nothing else to do.

While every core has a layer of its own to read, a thread only takes turns with the one that looks.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from contextlib import suppress
from queue import Empty, Queue
from threading import Thread

DEPTH = 8
"""Chunks that are ready at most."""
SHORT = 0.01
"""Seconds after which a thread that should end is asked again."""


def ahead(chunks: Iterator[bytes], spare: Callable[[], bool]) -> Generator[bytes, None, None]:
    """The same chunks, and whatever they raise, from a thread as soon as there is a ``spare`` core.

    Closed, it waits until the thread has let go of them.
    """
    for chunk in chunks:
        yield chunk
        if spare():
            yield from _ahead(chunks)


def _ahead(chunks: Iterator[bytes]) -> Generator[bytes, None, None]:
    ready: Queue[bytes | Exception] = Queue(DEPTH)
    closed = False

    def make() -> None:
        try:
            for chunk in chunks:
                ready.put(chunk)
                if closed:
                    return
            ready.put(b"")
        except Exception as error:
            ready.put(error)

    thread = Thread(target=make, daemon=True)
    thread.start()
    try:
        while chunk := ready.get():
            if isinstance(chunk, Exception):
                raise chunk
            yield chunk
    finally:
        closed = True
        while thread.is_alive():
            with suppress(Empty):
                ready.get_nowait()
            thread.join(SHORT)
