"""Advisories are fetched: only what is new, going on where an earlier try broke off, and never by itself.

The bucket of OSV (https://google.github.io/osv.dev/data/) has an archive for each ecosystem; a mirror has the same.
"""

from __future__ import annotations

import gzip
import os
import zlib
from collections.abc import Callable, Sequence
from contextlib import suppress
from urllib.parse import quote, urlsplit

from scanner.advisories import archive, ecosystems
from scanner.advisories.compile import Compiler, building
from scanner.advisories.database import Database, Feed
from scanner.advisories.download import HINT, Fetched, fetch, forget
from scanner.errors import TargetError, UsageError
from scanner.model.record import Record
from scanner.parsers.advisories import epss, kev

URL = "https://storage.googleapis.com/osv-vulnerabilities"
KEV_URL = "https://www.cisa.gov/sites/default/files/feeds/known_exploited_vulnerabilities.json"
EPSS_URL = "https://epss.empiricalsecurity.com/epss_scores-current.csv.gz"
KEV, EPSS = "KEV", "EPSS"
DEFAULT = (*ecosystems.DEFAULT, KEV, EPSS)
"""What is fetched when nobody says."""

MAX_BESIDE = 512 << 20
"""Bytes of CISA's or FIRST's file, unpacked."""

Tell = Callable[[str], None]


class Wanted(Record, kw_only=False):
    """What to fetch, and from where."""

    name: str
    url: str


def wanted(names: Sequence[str], url: str, kev_url: str = KEV_URL, epss_url: str = EPSS_URL) -> list[Wanted]:
    """Where these feeds are. Raises UsageError for an ecosystem that is not known, and for what is no address."""
    found = []
    for name in names:
        if name not in DEFAULT:
            raise UsageError(f"there is no ecosystem called {name!r}", hint=f"there are {', '.join(DEFAULT)}")
        address = {KEV: kev_url, EPSS: epss_url}.get(name, f"{url.rstrip('/')}/{quote(name)}/all.zip")
        if urlsplit(address).scheme not in {"https", "http"} or not urlsplit(address).netloc:
            raise UsageError(f"{address!r} is no address to fetch from", hint="write https://HOST/PATH")
        found.append(Wanted(name, address))
    return found


def update(feeds: Sequence[Wanted], path: str, tell: Tell, *, force: bool = False) -> list[str]:
    """Bring the database at ``path`` up to date; what could not be fetched or read, in words.

    ``force`` fetches everything anew, and gives up what else is in a damaged database. The old one stays in place until
    the new one is whole. Raises TargetError.
    """
    problems: list[str] = []
    with building(path) as compiler:
        old = _known(path)
        before = {} if force else old
        folder = f"{path}.downloads"
        os.makedirs(folder, exist_ok=True)
        fetched: dict[str, Fetched] = {}
        same: list[str] = []
        for feed in feeds:
            try:
                got = fetch(feed.url, os.path.join(folder, quote(feed.name)), before.get(feed.name))
            except TargetError as error:
                problems.append(f"{feed.name}: {error}")
                continue
            if got is None:
                same.append(feed.name)
                tell(f"{feed.name}: nothing new")
            else:
                fetched[feed.name] = got
                tell(f"{feed.name}: {os.path.getsize(got.path):,} bytes fetched")
        for feed in feeds:
            if feed.name in fetched:
                try:
                    with compiler.all_or_nothing():
                        take(compiler, feed.name, fetched[feed.name], feed.url)
                except TargetError as error:
                    problems.append(f"{feed.name}: {error}")
                    forget(fetched.pop(feed.name).path)
        if old:
            try:
                compiler.carry(path, checked=same)
            except TargetError as error:
                if not force:
                    raise
                problems.append(f"what else was in it is lost: {error}")
        elif not fetched:
            raise TargetError(f"nothing could be taken in: {'; '.join(problems)}", hint=HINT)
        problems += compiler.problems
    for got in fetched.values():
        forget(got.path)
    with suppress(OSError):
        os.rmdir(folder)
    return problems


def take(compiler: Compiler, name: str, got: Fetched, url: str = "") -> str:
    """Take in a file that was fetched or given; the name of its feed. Raises TargetError for a damaged one."""
    about = {"url": url, "etag": got.etag, "changed": got.changed}
    if name in {KEV, EPSS}:
        try:
            data = plain(got.path)
            if name == KEV:
                compiler.exploited(kev.read(data), **about)
            else:
                compiler.likelihood(epss.read(data).rows(), **about)
        except ValueError as error:
            raise archive.Refused(f"{os.path.basename(got.path)} is damaged: {error}") from None
        return name
    return compiler.feed(name, archive.records(got.path), **about)


def plain(path: str) -> bytes:
    """A small file, unpacked if it is in gzip. Raises Refused."""
    try:
        with open(path, "rb") as file:
            packed = file.read(2) == b"\x1f\x8b"
            file.seek(0)
            data = gzip.GzipFile(fileobj=file).read(MAX_BESIDE + 1) if packed else file.read(MAX_BESIDE + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise archive.Refused(f"{os.path.basename(path)} is damaged: {error}") from None
    if len(data) > MAX_BESIDE:
        raise archive.Refused(f"{os.path.basename(path)} is refused: more than {MAX_BESIDE:,} bytes")
    return data


def _known(path: str) -> dict[str, Feed]:
    """The feeds of the database that is there; a damaged one, or one of another version, counts as none."""
    if not os.path.exists(path):
        return {}
    try:
        database = Database(path)
        try:
            return {feed.name: feed for feed in database.feeds()}
        finally:
            database.close()
    except TargetError:
        return {}
