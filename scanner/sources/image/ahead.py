"""Chunks that a thread of its own makes ready while those before are looked at."""

from __future__ import annotations

from collections.abc import Generator, Iterable
from contextlib import suppress
from queue import Empty, Queue
from threading import Thread

DEPTH = 8
"""Chunks that are ready at most."""
SHORT = 0.01
"""Seconds after which a thread that should end is asked again."""


def ahead(chunks: Iterable[bytes]) -> Generator[bytes, None, None]:
    """The same chunks, and whatever they raise; closed, it waits until the thread has let go of them."""
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
