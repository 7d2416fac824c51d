"""Advisories that somebody carries to where there is no network: brought in, and taken out."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator

from scanner.advisories import archive, ecosystems
from scanner.advisories.compile import UNNAMED, Compiler, building, is_database
from scanner.advisories.database import Database
from scanner.advisories.download import Fetched
from scanner.advisories.update import EPSS, KEV, Tell, plain, take
from scanner.errors import TargetError

MAX_BYTES = 8 << 30
"""Of what comes on standard input."""
STDIN = "-"
_HEAD = 1 << 16


def bring(source: str, path: str, tell: Tell) -> list[str]:
    """Take a file, a folder or standard input into the database at ``path``; what could not be read, in words.

    Feeds of the same name are replaced. Raises TargetError for what is none of it, and for a damaged archive.
    """
    if source != STDIN and not os.path.exists(source):
        raise TargetError(f"{source} is not there")
    with building(path) as compiler:
        if source == STDIN:
            spooled = f"{path}.stdin"
            try:
                _spool(spooled)
                _file(compiler, spooled, tell)
            finally:
                if os.path.exists(spooled):
                    os.unlink(spooled)
        elif os.path.isdir(source):
            _folder(compiler, source, tell)
        else:
            _file(compiler, source, tell)
        if os.path.exists(path):
            compiler.carry(path)
    return compiler.problems


def export(path: str, target: str) -> None:
    """Write the database to a file that ``bring`` takes. Raises TargetError."""
    Database(path).close()
    try:
        shutil.copyfile(path, f"{target}.new")
        os.replace(f"{target}.new", target)
    except OSError as error:
        raise TargetError(f"{target} cannot be written: {error.strerror}") from None


def _file(compiler: Compiler, path: str, tell: Tell) -> None:
    try:
        whole = is_database(path)
    except OSError as error:
        raise TargetError(f"{path} cannot be read: {error.strerror}") from None
    if whole:
        compiler.carry(path)
        tell("the feeds of another database")
    else:
        tell(take(compiler, _kind(path), Fetched(path)))


def _kind(path: str) -> str:
    """The feed that a file is. Raises TargetError for what is none."""
    with open(path, "rb") as file:
        packed = file.read(2) == b"PK"
    if packed:
        folder, name = os.path.split(os.path.abspath(path))
        said = (name.removesuffix(".zip"), os.path.basename(folder))
        return next((word for word in said if word in ecosystems.SCHEMES), UNNAMED)
    head = plain(path)[:_HEAD]
    if b'"cveID"' in head:
        return KEV
    if b"cve,epss" in head:
        return EPSS
    raise TargetError(
        f"{path} is no advisory database, archive of OSV, or file of CISA's or FIRST's",
        hint="give an all.zip, a folder of records or archives, or what 'hullcheck db export' wrote",
    )


def _folder(compiler: Compiler, folder: str, tell: Tell) -> None:
    """Archives, the files beside them, and single records, wherever they are below a folder."""
    beside = sorted(each for each in _below(folder) if _named(each) is not None)
    for each in beside:
        tell(take(compiler, _kind(each), Fetched(each)))
    records = ((name, data) for name, data in archive.folder(folder) if _named(name) is None)
    first = next(records, None)
    if first is not None:

        def every() -> Iterator[tuple[str, bytes]]:
            yield first
            yield from records

        tell(compiler.feed(UNNAMED, every()))
    elif not beside:
        raise TargetError(f"{folder} holds no advisories", hint="give a folder of .json records or .zip archives")


def _below(folder: str) -> Iterator[str]:
    for here, _, names in os.walk(folder):
        yield from (os.path.join(here, name) for name in names)


def _named(path: str) -> str | None:
    """What a file is by its name, when it is no single record."""
    name = os.path.basename(path)
    if name.endswith(".zip"):
        return UNNAMED
    if name.startswith("known_exploited_vulnerabilities"):
        return KEV
    return EPSS if name.startswith("epss") and name.endswith((".csv", ".csv.gz")) else None


def _spool(path: str) -> None:
    left = MAX_BYTES
    with open(path, "wb") as file:
        while part := sys.stdin.buffer.read(1 << 20):
            left -= len(part)
            if left < 0:
                raise archive.Refused(f"standard input is refused: more than {MAX_BYTES:,} bytes")
            file.write(part)
