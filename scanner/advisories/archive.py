"""The records in an ecosystem's ``all.zip``, a folder of them, or one file; every archive is hostile."""

from __future__ import annotations

import os
import zipfile
import zlib
from collections.abc import Iterator
from struct import unpack_from
from typing import IO

from scanner.errors import TargetError

MAX_RECORDS = 2_000_000
MAX_DIRECTORY = 512 << 20
"""Bytes of an archive's list of its files, which is read at once."""
MAX_RECORD = 64 << 20
"""Bytes of one record, unpacked."""
MAX_RATIO = 200
"""Bytes that may come out of one byte of the archive; advisories come to between 2 and 40."""

_END = b"PK\5\6"
_END_SIZE = 22
_MAX_COMMENT = 1 << 16
_LOCATOR = b"PK\6\7"
_END64_LIST_SIZE = 40
"""Where the end of a large archive says how long its list is."""


class Refused(TargetError):
    """An archive that is damaged, or made to do harm."""


def records(path: str) -> Iterator[tuple[str, bytes]]:
    """Names and contents of the records of a zip archive. Raises Refused; nothing is written to disk."""
    name = os.path.basename(path)
    try:
        with open(path, "rb") as file:
            _check_directory(file, name)
            with zipfile.ZipFile(file) as archive:
                yield from _entries(archive, name, os.fstat(file.fileno()).st_size)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, UnicodeError) as error:
        raise Refused(f"{name} is damaged: {error}", hint="fetch it again") from None
    except OSError as error:
        raise Refused(f"{name} cannot be read: {error.strerror or error}") from None


def _entries(archive: zipfile.ZipFile, name: str, size: int) -> Iterator[tuple[str, bytes]]:
    entries = archive.infolist()
    if len(entries) > MAX_RECORDS:
        raise Refused(f"{name} is refused: {len(entries):,} files, at most {MAX_RECORDS:,} are read")
    left = size * MAX_RATIO
    for entry in entries:
        if entry.is_dir():
            continue
        if entry.filename.startswith("/") or ".." in entry.filename.split("/") or "\\" in entry.filename:
            raise Refused(f"{name} is refused: a file in it is called {entry.filename[:80]!r}")
        if not entry.filename.endswith(".json"):
            continue
        with archive.open(entry) as member:
            data = member.read(min(MAX_RECORD, left) + 1)
        left -= len(data)
        if len(data) > MAX_RECORD or left < 0:
            what = (
                f"more than {MAX_RECORD:,} bytes in one file" if left >= 0 else f"more than {MAX_RATIO} times its size"
            )
            raise Refused(f"{name} is refused: it unpacks to {what}")
        yield entry.filename, data


def _check_directory(file: IO[bytes], name: str) -> None:
    """Before the list of files is read: that it is not too long. A damaged end is left to zipfile."""
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - _END_SIZE - _MAX_COMMENT - 20))
    tail = file.read()
    at = tail.rfind(_END)
    if at < 0 or len(tail) - at < _END_SIZE:
        raise zipfile.BadZipFile("its end is missing")
    length: int = unpack_from("<L", tail, at + 12)[0]
    if at >= 20 and tail[at - 20 : at - 16] == _LOCATOR:
        file.seek(unpack_from("<Q", tail, at - 12)[0])
        end = file.read(_END64_LIST_SIZE + 8)
        length = unpack_from("<Q", end, _END64_LIST_SIZE)[0] if len(end) == _END64_LIST_SIZE + 8 else length
    if length > min(MAX_DIRECTORY, size):
        raise Refused(f"{name} is refused: its list of files has {length:,} bytes")
    file.seek(0)


def folder(path: str) -> Iterator[tuple[str, bytes]]:
    """Names and contents of the JSON files below a folder, links not followed. Raises Refused."""
    count = 0
    for here, folders, files in os.walk(path):
        folders.sort()
        for name in sorted(files):
            if name.endswith(".json"):
                count += 1
                if count > MAX_RECORDS:
                    raise Refused(f"{path} holds more than {MAX_RECORDS:,} files")
                yield os.path.join(here, name), plain(os.path.join(here, name))


def plain(path: str) -> bytes:
    """One file. Raises Refused."""
    try:
        with open(path, "rb") as file:
            data = file.read(MAX_RECORD + 1)
    except OSError as error:
        raise Refused(f"{path} cannot be read: {error.strerror}") from None
    if len(data) > MAX_RECORD:
        raise Refused(f"{path} is refused: more than {MAX_RECORD:,} bytes")
    return data
