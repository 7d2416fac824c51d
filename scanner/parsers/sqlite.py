"""SQLite databases in memory. Nothing is written, no extension is loaded, and what a database asks for is bounded."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlite3 import Connection

MAX_STEPS = 50_000_000
"""Instructions of SQLite's machine for one database; one of 3,000 rpm packages takes 50,000."""
MAX_TABLES = 200
"""Tables whose values are read."""


@contextmanager
def opened(data: bytes, longest: int) -> Iterator[Connection]:
    """A database; ``longest`` are the bytes of its longest value. Raises ValueError for what is none, or too much."""
    import sqlite3

    if not data.startswith(b"SQLite format 3\0") or len(data) < 100:
        raise ValueError("not an SQLite database")
    connection = sqlite3.connect(":memory:")
    steps = iter(range(MAX_STEPS // 10_000))
    try:
        connection.set_progress_handler(lambda: next(steps, None) is None, 10_000)
        connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, longest)
        connection.deserialize(data[:18] + b"\1\1" + data[20:])  # as if it kept no log beside it, which is not there
        connection.execute("PRAGMA trusted_schema = OFF")
        yield connection
    except (sqlite3.Error, OverflowError) as error:
        raise ValueError(f"an SQLite database that cannot be read: {error}") from None
    finally:
        connection.close()


def values(data: bytes, longest: int) -> Iterator[bytes]:
    """The texts and blobs in the tables of a database. Raises ValueError."""
    with opened(data, longest) as connection:
        connection.text_factory = bytes
        tables = connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND rootpage > 0 ORDER BY name LIMIT ?", (MAX_TABLES,)
        ).fetchall()
        for (name,) in tables:
            quoted = name.decode("utf-8", "replace").replace('"', '""')
            for row in connection.execute(f'SELECT * FROM "{quoted}"'):  # noqa: S608  (a name cannot be a parameter)
                yield from (value for value in row if isinstance(value, bytes))
