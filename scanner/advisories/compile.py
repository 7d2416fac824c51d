"""Advisories become a database: built beside the old one, and put in its place when it is whole."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from urllib.parse import quote

from scanner.advisories import ecosystems, severity
from scanner.advisories.database import APPLICATION, HEAD, LAYOUT, VERSION, Database, Details
from scanner.advisories.ranges import affects
from scanner.advisories.versions import reader
from scanner.errors import TargetError
from scanner.parsers.advisories import osv

MAX_PROBLEMS = 20
"""Records that could not be read that are told one by one."""
UNNAMED = "\0"
"""A feed whose ecosystem is found out from its records."""


class Compiler:
    """Builds a database. ``problems`` are records that could not be read."""

    def __init__(self, path: str) -> None:
        self.problems: list[str] = []
        self._path = path
        self._db = sqlite3.connect(path, isolation_level=None, uri=True)
        for line in (
            "journal_mode = MEMORY",
            "synchronous = OFF",
            "cache_size = -65536",
            f"application_id = {APPLICATION}",
        ):
            self._db.execute(f"PRAGMA {line}")
        self._db.execute("BEGIN")
        for statement in LAYOUT.split(";"):
            self._db.execute(statement)
        self._ecosystems: dict[str, int] = {}

    @contextmanager
    def all_or_nothing(self) -> Iterator[None]:
        """What goes wrong inside leaves nothing behind."""
        self._db.execute("SAVEPOINT part")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK TO part")
            self._ecosystems.clear()
            raise
        finally:
            self._db.execute("RELEASE part")

    def feed(
        self, name: str, records: Iterable[tuple[str, bytes]], *, url: str = "", etag: str = "", changed: str = ""
    ) -> str:
        """Take in the records of a feed, in place of one of that name; its name.

        A feed that is called after an ecosystem holds that ecosystem's part of each record: the other parts are in
        other feeds. UNNAMED is called after the ecosystem that all its records have, else "imported".
        """
        number = self._id("feed")
        common: frozenset[str] | None = None
        count, first = 0, self._id("record")
        for file, data in records:
            try:
                said = osv.read(data)
            except ValueError as error:
                self._problem(f"{file}: {error}")
                continue
            count += 1
            here = frozenset(each.ecosystem.partition(":")[0] for each in said.affected)
            common = here if common is None else common & here
            if not said.withdrawn:
                self._record(number, said, "" if name in {UNNAMED, "imported"} else name)
        if name == UNNAMED:
            known = sorted(each for each in common or () if each in ecosystems.SCHEMES)
            name = known[0] if len(known) == 1 else "imported"
            if name != "imported":
                foreign = [i for each, i in self._ecosystems.items() if each.partition(":")[0] != name]
                for each in foreign:
                    self._db.execute("DELETE FROM affected WHERE ecosystem = ? AND record >= ?", (each, first))
                orphans = "feed = ? AND id NOT IN (SELECT record FROM affected)"
                self._db.execute(f"DELETE FROM record WHERE {orphans}", (number,))  # noqa: S608
        values = (number, name, url, etag, changed, int(time.time()), count)
        self._db.execute("INSERT INTO feed VALUES (?, ?, ?, ?, ?, ?, ?)", values)
        return name

    def exploited(self, rows: Iterable[tuple[str, str]], url: str = "", etag: str = "", changed: str = "") -> None:
        """Take in CISA's catalogue: pairs of CVE and the date it was added."""
        self._db.executemany("INSERT OR REPLACE INTO exploited VALUES (?, ?)", rows)
        self._single("KEV", "exploited", url, etag, changed)

    def likelihood(self, rows: Iterable[tuple[str, float]], url: str = "", etag: str = "", changed: str = "") -> None:
        """Take in EPSS: pairs of CVE and probability."""
        self._db.executemany("INSERT OR REPLACE INTO likelihood VALUES (?, ?)", rows)
        self._single("EPSS", "likelihood", url, etag, changed)

    def carry(self, path: str, checked: Iterable[str] = ()) -> None:
        """Take over from another database what has no feed of its name here; of those ``checked`` there is nothing new.

        Raises TargetError for a damaged one.
        """
        Database(path).close()
        self._db.execute("COMMIT")
        self._db.execute("ATTACH ? AS old", (f"file:{quote(os.path.abspath(path))}?mode=ro",))
        self._db.execute("BEGIN")
        try:
            self._check()
            self._carried()
            now = int(time.time())
            self._db.executemany("UPDATE main.feed SET fetched = ? WHERE name = ?", [(now, name) for name in checked])
            self._db.execute("COMMIT")
        except sqlite3.Error as error:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            hint = "'hullcheck db update --force' fetches all anew"
            raise TargetError(f"{path} is damaged: {error}", hint=hint) from None
        finally:
            self._db.execute("DETACH old")
            self._db.execute("BEGIN")

    def finish(self) -> None:
        """Write it all; then it is a database."""
        self._db.execute("COMMIT")
        self._db.execute(f"PRAGMA user_version = {VERSION}")
        self.close()
        file = os.open(self._path, os.O_RDONLY)
        try:
            os.fsync(file)
        finally:
            os.close(file)

    def close(self) -> None:
        """Leave it as it is."""
        self._db.close()

    def _record(self, feed: int, said: osv.Advisory, only: str) -> None:
        parts = [each for each in said.affected if not only or each.ecosystem.partition(":")[0] == only]
        parts = [each for each in parts if ecosystems.scheme(each.ecosystem) is not None]
        if not parts:
            return
        rating, score, vector = severity.of(said.vectors, said.word)
        if rating is None and said.id.startswith("MAL-"):
            rating = "critical"  # a package that is an attack has no vector
        details = Details(
            name=said.id,
            aliases=said.aliases,
            upstream=said.upstream,
            summary=said.summary,
            disputed=said.disputed,
            rating=rating or "",
            score=score,
            vector=vector,
            references=said.references,
        )
        number = self._id("record")
        row = (number, feed, said.id, said.modified, details.packed())
        self._db.execute("INSERT INTO record VALUES (?, ?, ?, ?, ?)", row)
        for index, each in enumerate(parts):
            scheme = ecosystems.scheme(each.ecosystem)
            assert scheme is not None
            own = severity.of(each.vectors, each.word).rating
            self._db.execute(
                "INSERT INTO affected VALUES (?, ?, ?, ?, ?, ?)",
                (
                    self._ecosystem(each.ecosystem),
                    ecosystems.name_of(each.ecosystem, each.name),
                    number,
                    index,
                    affects(each, reader(scheme)).text(),
                    own or "",
                ),
            )

    def _ecosystem(self, name: str) -> int:
        if name not in self._ecosystems:
            self._db.execute("INSERT OR IGNORE INTO ecosystem(name) VALUES (?)", (name,))
            self._ecosystems[name] = self._db.execute("SELECT id FROM ecosystem WHERE name = ?", (name,)).fetchone()[0]
        return self._ecosystems[name]

    def _single(self, name: str, table: str, url: str, etag: str, changed: str) -> None:
        count = self._db.execute(f"SELECT COUNT(*) FROM {table}").fetchone()[0]  # noqa: S608
        values = (self._id("feed"), name, url, etag, changed, int(time.time()), count)
        self._db.execute("INSERT INTO feed VALUES (?, ?, ?, ?, ?, ?, ?)", values)

    def _id(self, table: str) -> int:
        return int(self._db.execute(f"SELECT COALESCE(MAX(id), 0) + 1 FROM {table}").fetchone()[0])  # noqa: S608

    def _check(self) -> None:
        """Nothing but our own tables is there: no view, no trigger, no other text."""
        ours, theirs = (
            set(self._db.execute(f"SELECT type, name, sql FROM {name}.sqlite_master WHERE sql IS NOT NULL"))  # noqa: S608
            for name in ("main", "old")
        )
        if ours != theirs:
            raise sqlite3.DatabaseError("its tables are not those of an advisory database")
        verdict = self._db.execute("PRAGMA old.quick_check(1)").fetchone()[0]
        if verdict != "ok":
            raise sqlite3.DatabaseError(str(verdict))

    def _carried(self) -> None:
        feeds, records = self._id("feed"), self._id("record")
        kept = "IN (SELECT id FROM old.feed WHERE name NOT IN (SELECT name FROM main.feed))"
        feed = "name, url, etag, changed, fetched, records"
        empty = {
            name: not self._db.execute("SELECT 1 FROM main.feed WHERE name = ?", (name,)).fetchone()
            for name in ("KEV", "EPSS")
        }
        self._db.execute("INSERT OR IGNORE INTO main.ecosystem(name) SELECT name FROM old.ecosystem")
        self._db.execute(
            "INSERT INTO main.record SELECT id + ?, feed + ?, name, modified, details FROM old.record "  # noqa: S608
            f"WHERE feed {kept}",
            (records, feeds),
        )
        self._db.execute(
            "INSERT INTO main.affected SELECT new.id, a.name, a.record + ?, a.part, a.versions, a.rating "  # noqa: S608
            "FROM old.affected a JOIN old.ecosystem e ON e.id = a.ecosystem "
            "JOIN main.ecosystem new ON new.name = e.name "
            f"JOIN old.record r ON r.id = a.record WHERE r.feed {kept}",
            (records,),
        )
        if empty["KEV"]:
            self._db.execute("INSERT INTO main.exploited SELECT * FROM old.exploited")
        if empty["EPSS"]:
            self._db.execute("INSERT INTO main.likelihood SELECT * FROM old.likelihood")
        self._db.execute(
            f"INSERT INTO main.feed SELECT id + ?, {feed} FROM old.feed WHERE id {kept}",  # noqa: S608
            (feeds,),
        )

    def _problem(self, reason: str) -> None:
        if len(self.problems) < MAX_PROBLEMS:
            self.problems.append(reason)
        elif len(self.problems) == MAX_PROBLEMS:
            self.problems.append("more records could not be read")


@contextmanager
def building(path: str) -> Iterator[Compiler]:
    """A compiler of a database that takes the place of ``path`` at the end; whatever goes wrong, the old one stays.

    Raises TargetError where nothing can be written, or somebody else is at it.
    """
    import fcntl

    folder = os.path.dirname(path) or "."
    new = f"{path}.new"
    try:
        os.makedirs(folder, exist_ok=True)
        lock = os.open(f"{path}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise TargetError(f"{folder} cannot be written: {error.strerror}", hint="--db names another place") from None
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise TargetError("another hullcheck is updating the advisory database", hint="try again later") from None
        for left in (new, f"{new}-journal"):
            if os.path.lexists(left):
                os.unlink(left)
        compiler = Compiler(new)
        try:
            yield compiler
            compiler.finish()
            os.replace(new, path)
        except sqlite3.Error as error:
            raise TargetError(f"{new} cannot be written: {error}", hint="is the disk full?") from None
        finally:
            compiler.close()
            if os.path.lexists(new):
                os.unlink(new)
    finally:
        os.close(lock)


def is_database(path: str) -> bool:
    """Whether a file begins as SQLite's do."""
    with open(path, "rb") as file:
        return file.read(len(HEAD)) == HEAD
