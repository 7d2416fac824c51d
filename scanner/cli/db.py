"""``hullcheck db``: the advisory database."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterable, Mapping
from typing import Any

from scanner import config as configuration
from scanner import kept
from scanner.advisories.consult import STALE, age
from scanner.advisories.database import Database, Feed
from scanner.cli.output import write
from scanner.cli.scan import CLEAN, INCOMPLETE
from scanner.config import Settings
from scanner.reporters.tally import amount, size


def update(given: Mapping[str, Any], config: str | None, *, force: bool) -> int:
    """Fetch what is new; the exit code. Raises ScanError."""
    from scanner.advisories import update as advisories

    settings = configuration.settings(given, config=config)
    feeds = advisories.wanted(
        settings.db_ecosystems or advisories.DEFAULT,
        settings.db_url or advisories.URL,
        settings.kev_url or advisories.KEV_URL,
        settings.epss_url or advisories.EPSS_URL,
    )
    return _done(advisories.update(feeds, _path(settings), _tell, force=force))


def bring(source: str, given: Mapping[str, Any], config: str | None) -> int:
    """Take in a file, a folder or standard input; the exit code. Raises ScanError."""
    from scanner.advisories import bring as advisories

    settings = configuration.settings(given, config=config)
    return _done(advisories.bring(source, _path(settings), _tell))


def export(target: str, given: Mapping[str, Any], config: str | None) -> int:
    """Write the database to a file; the exit code. Raises ScanError."""
    from scanner.advisories import bring as advisories

    advisories.export(_path(configuration.settings(given, config=config)), target)
    return CLEAN


def info(given: Mapping[str, Any], config: str | None, *, as_json: bool) -> int:
    """What is in the database; the exit code. Raises ScanError."""
    path = _path(configuration.settings(given, config=config))
    database = Database(path)
    feeds = database.feeds()
    if as_json:
        import json

        plain = [{field: getattr(feed, field) for field in Feed.field_names()} for feed in feeds]
        write(json.dumps({"path": path, "bytes": os.path.getsize(path), "feeds": plain}, indent=2) + "\n")
        return CLEAN
    lines = [f"{path}, {size(os.path.getsize(path))}"]
    width = max((len(feed.name) for feed in feeds), default=0)
    for feed in feeds:
        day = time.strftime("%Y-%m-%d", time.localtime(feed.fetched))
        lines.append(f"{feed.name:<{width}}  {feed.records:>9,}  {day}  {feed.url or 'imported'}")
    oldest = max((age(feed.fetched) for feed in feeds), default=0)
    if oldest > STALE:
        lines.append(f"The oldest is {amount(oldest, 'day')} old: 'hullcheck db update' fetches what is new.")
    write("".join(f"{line}\n" for line in lines))
    return CLEAN


def _path(settings: Settings) -> str:
    return settings.db or kept.database()


def _tell(text: str) -> None:
    sys.stderr.write(f"{text}\n")


def _done(problems: Iterable[str]) -> int:
    from scanner.reporters.quote import visible

    told = [visible(problem) for problem in problems]
    for problem in told:
        _tell(f"not taken in: {problem}")
    return INCOMPLETE if told else CLEAN
