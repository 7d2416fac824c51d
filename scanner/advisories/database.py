"""The compiled database: one SQLite file, opened for reading only; an update puts another in its place.

An open database stays what it was: its file is replaced as a whole, never changed.
"""

from __future__ import annotations

import json
import os
import sqlite3
import zlib
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any
from urllib.parse import quote

from scanner.errors import TargetError
from scanner.model.record import Record

VERSION = 1
"""Of the layout below; a database of another one is compiled anew."""
APPLICATION = 0x48756C6C
"""By which a file is known as such a database ("Hull")."""
HEAD = b"SQLite format 3\0"
MAX_DETAILS = 1 << 20
"""Bytes of the details of one record, unpacked."""

LAYOUT = """
CREATE TABLE feed(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, url TEXT NOT NULL, etag TEXT NOT NULL, changed TEXT NOT NULL, fetched INTEGER NOT NULL, records INTEGER NOT NULL);
CREATE TABLE ecosystem(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE record(id INTEGER PRIMARY KEY, feed INTEGER NOT NULL, name TEXT NOT NULL, modified TEXT NOT NULL, details BLOB NOT NULL);
CREATE TABLE affected(ecosystem INTEGER NOT NULL, name TEXT NOT NULL, record INTEGER NOT NULL, part INTEGER NOT NULL, versions TEXT NOT NULL, rating TEXT NOT NULL, PRIMARY KEY(ecosystem, name, record, part)) WITHOUT ROWID;
CREATE TABLE exploited(cve TEXT PRIMARY KEY, added TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE likelihood(cve TEXT PRIMARY KEY, probability REAL NOT NULL) WITHOUT ROWID
"""  # noqa: E501
"""``feed``: what was fetched or imported, and when. ``record``: advisories, their details as zlib of JSON.
``affected``: the versions of a package that a record affects, as ``ranges.Affects.text``, and the rating of its own.
"""


class Details(Record):
    """What a record says beside versions."""

    name: str
    aliases: tuple[str, ...] = ()
    upstream: tuple[str, ...] = ()
    summary: str = ""
    disputed: bool = False
    rating: str = ""
    score: str = ""
    vector: str = ""
    references: tuple[str, ...] = ()

    def packed(self) -> bytes:
        """As it is stored."""
        values = [getattr(self, field) for field in self.field_names()[1:]]
        return zlib.compress(json.dumps(values, separators=(",", ":")).encode(), 9)

    @classmethod
    def unpacked(cls, name: str, data: bytes) -> Details:
        """Raises ValueError."""
        try:
            plain = zlib.decompressobj().decompress(data, MAX_DETAILS)
        except zlib.error as error:
            raise ValueError(str(error)) from None
        values = [tuple(value) if isinstance(value, list) else value for value in json.loads(plain)]
        return cls.of((name, *values))


class Entry(Record, kw_only=False):
    """A record about a package: ``versions`` as in the database."""

    ecosystem: str
    name: str
    record: int
    versions: str
    rating: str


class Feed(Record, kw_only=False):
    """One source of advisories in the database."""

    name: str
    url: str
    etag: str
    changed: str
    fetched: int
    """Seconds since 1970."""
    records: int


class Database:
    """An open database, closed when nobody asks it any longer. Raises TargetError for none, and for a damaged one."""

    def __init__(self, path: str) -> None:
        self.path = path
        self._connection = _opened(path)
        self._details: dict[int, Details] = {}

    def close(self) -> None:
        """No more questions."""
        self._connection.close()

    def __del__(self) -> None:
        if "_connection" in vars(self):
            self.close()

    @cached_property
    def ecosystems(self) -> dict[str, int]:
        """All that it has advisories for, and their numbers."""
        return dict(self.ask("SELECT name, id FROM ecosystem"))

    def entries(self, ecosystems: Sequence[str], names: Sequence[str]) -> Iterator[Entry]:
        """The records about packages of these names in these ecosystems."""
        for ecosystem in ecosystems:
            number = self.ecosystems.get(ecosystem)
            if number is not None:
                for name in names:
                    for row in self.ask(
                        "SELECT record, versions, rating FROM affected WHERE ecosystem = ? AND name = ?", number, name
                    ):
                        yield Entry(ecosystem, name, *row)

    def details(self, record: int) -> Details:
        """What a record says. Raises ValueError for a damaged one."""
        if record not in self._details:
            rows = self.ask("SELECT name, details FROM record WHERE id = ?", record)
            if not rows:
                raise ValueError(f"the database has no record {record}")
            self._details[record] = Details.unpacked(*rows[0])
        return self._details[record]

    def feeds(self) -> list[Feed]:
        """By name."""
        return [
            Feed(*row) for row in self.ask("SELECT name, url, etag, changed, fetched, records FROM feed ORDER BY name")
        ]

    def exploited(self, names: Sequence[str]) -> bool | None:
        """Whether one of these ids is in CISA's catalogue; None without the catalogue."""
        if not self._has("exploited"):
            return None
        return any(self.ask("SELECT 1 FROM exploited WHERE cve = ?", name) for name in names)

    def likelihood(self, names: Sequence[str]) -> float | None:
        """The highest probability of an attack on one of these ids (EPSS); None where nobody says."""
        if not self._has("likelihood"):
            return None
        found = [row[0] for name in names for row in self.ask("SELECT probability FROM likelihood WHERE cve = ?", name)]
        return max(found, default=None)

    def _has(self, table: str) -> bool:
        return bool(self._filled[table])

    @cached_property
    def _filled(self) -> dict[str, list[Any]]:
        return {table: self.ask(f"SELECT 1 FROM {table} LIMIT 1") for table in ("exploited", "likelihood")}  # noqa: S608

    def ask(self, query: str, *values: object) -> list[Any]:
        """The rows of an answer. Raises TargetError for a damaged database."""
        try:
            return self._connection.execute(query, values).fetchall()
        except sqlite3.Error as error:
            raise _damaged(self.path, error) from None


def _opened(path: str) -> sqlite3.Connection:
    if not os.path.isfile(path):
        raise TargetError(f"{path} is no advisory database", hint="'hullcheck db update' fetches one")
    try:
        connection = sqlite3.connect(f"file:{quote(os.path.abspath(path))}?mode=ro&immutable=1", uri=True)
        try:
            _check(connection, path)
        except BaseException:
            connection.close()
            raise
    except sqlite3.Error as error:
        raise _damaged(path, error) from None
    return connection


def _check(connection: sqlite3.Connection, path: str) -> None:
    application, version = (
        connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("application_id", "user_version")
    )
    if application != APPLICATION:
        raise TargetError(f"{path} is no advisory database", hint="'hullcheck db update' makes one")
    if version != VERSION:
        raise TargetError(
            f"{path} was made by another version of hullcheck", hint="'hullcheck db update' makes it anew"
        )
    connection.execute("PRAGMA trusted_schema = OFF")


def _damaged(path: str, error: Exception) -> TargetError:
    return TargetError(f"{path} is damaged: {error}", hint="'hullcheck db update --force' makes it anew")
