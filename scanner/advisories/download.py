"""Downloads that go on where an earlier try broke off, and bring nothing that is there already."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from http.client import HTTPException, HTTPResponse
from typing import IO
from urllib.parse import urlsplit

from scanner import web
from scanner.advisories.database import Feed
from scanner.errors import TargetError
from scanner.model.record import Record

MAX_BYTES = 8 << 30
"""Of one file."""
MAX_BROKEN = 20
"""Connections that one download may break."""
CHUNK = 1 << 18
HINT = "check the address (db-url), the network, and HTTPS_PROXY if there is a proxy"


class Fetched(Record, kw_only=False):
    """A file that was fetched, and what its server says of its age."""

    path: str
    etag: str = ""
    changed: str = ""


def fetch(url: str, path: str, known: Feed | None = None) -> Fetched | None:
    """Fetch a file to ``path``; None when it is what ``known`` was made from.

    What an earlier try left is gone on with, when the server says that it is still the same. Raises TargetError.
    """
    parts = urlsplit(url)
    server = web.Web(parts.netloc, plain=parts.scheme == "http")
    broken = 0
    while True:
        try:
            return _attempt(server, url, path, known)
        except (web.Refused, web.Unreachable) as error:
            raise TargetError(str(error), hint=HINT) from None
        except (OSError, HTTPException) as error:
            broken += 1
            if broken > MAX_BROKEN:
                raise TargetError(
                    f"the connection to {parts.netloc} breaks again and again: {error}", hint=HINT
                ) from None


def _attempt(server: web.Web, url: str, path: str, known: Feed | None) -> Fetched | None:
    """One connection. Raises OSError or HTTPException when it breaks; what came is kept."""
    left = _left(url, path)
    have = os.path.getsize(path) if left is not None else 0
    headers = {}
    if left is not None and left.whole:
        headers = _condition(left.etag, left.changed)
    elif left is not None and have and left.etag and not left.etag.startswith("W/"):
        headers = {"Range": f"bytes={have}-", "If-Range": left.etag}
    elif known is not None and known.url == url:
        headers = _condition(known.etag, known.changed)
    try:
        response = server.ask(url, headers)
    except web.Refused as error:
        if error.status == 304:
            return Fetched(path, left.etag, left.changed) if left is not None and left.whole else None
        if error.status == 416 and left is not None:
            forget(path)
            raise ConnectionError("what was there does not fit") from None
        raise
    with response:
        if response.status == 206 and not (response.headers.get("Content-Range") or "").startswith(f"bytes {have}-"):
            forget(path)
            raise ConnectionError("another part than that asked for")
        _store(response, url, path, have if response.status == 206 else 0)
    now = _left(url, path)
    assert now is not None
    _note(path, now.replace(whole=True))
    return Fetched(path, now.etag, now.changed)


def _store(response: HTTPResponse, url: str, path: str, start: int) -> None:
    length = response.length
    etag = response.headers.get("ETag") or ""
    changed = response.headers.get("Last-Modified") or ""
    if start + (length or 0) > MAX_BYTES:
        raise TargetError(f"{url} has more than {MAX_BYTES:,} bytes")
    done = start
    try:
        file = open(path, "r+b" if start else "wb")  # noqa: SIM115
    except OSError as error:
        raise TargetError(f"{path} cannot be written: {error.strerror}") from None
    with file:
        _note(path, _Left(url, etag, changed))  # the file is cut by now: what is noted never describes another's bytes
        file.seek(start)
        while part := response.read1(CHUNK):
            done += len(part)
            if done > MAX_BYTES:
                raise TargetError(f"{url} has more than {MAX_BYTES:,} bytes")
            _write(file, part, path)
        file.truncate()
    if length is not None and done - start < length:
        raise ConnectionError(f"it ended after {done:,} bytes")


def _write(file: IO[bytes], data: bytes, path: str) -> None:
    """Raises TargetError: a full disk is no broken connection."""
    try:
        file.write(data)
    except OSError as error:
        raise TargetError(f"{path} cannot be written: {error.strerror}", hint="is the disk full?") from None


class _Left(Record, kw_only=False):
    """What is noted beside a download."""

    url: str
    etag: str
    changed: str
    whole: bool = False


def _left(url: str, path: str) -> _Left | None:
    """The note beside a file that an earlier try left, if it is from the same address."""
    try:
        with open(f"{path}.note", "rb") as file:
            said = json.loads(file.read(1 << 16))
        left = _Left(str(said["url"]), str(said["etag"]), str(said["changed"]), said["whole"] is True)
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return left if left.url == url and os.path.isfile(path) else None


def _note(path: str, left: _Left) -> None:
    with open(f"{path}.note", "w", encoding="utf-8") as file:
        json.dump({field: getattr(left, field) for field in left.field_names()}, file)


def forget(path: str) -> None:
    """Delete a download and what is noted of it."""
    for each in (path, f"{path}.note"):
        with suppress(OSError):
            os.unlink(each)


def _condition(etag: str, changed: str) -> dict[str, str]:
    return {"If-None-Match": etag} if etag else {"If-Modified-Since": changed} if changed else {}
