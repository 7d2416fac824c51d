"""Paths as URIs."""

from __future__ import annotations

import os

ROOT = "%SRCROOT%"
"""The name SARIF viewers know for the folder that relative URIs start from."""


def uri(path: str, root: str) -> tuple[str, str | None]:
    """The URI of a path and the base it is relative to, if it is: under ``root`` (an absolute path), or not absolute.

    Percent-encoded as RFC 3986 wants it, bytes that are not UTF-8 included.
    """
    from urllib.parse import quote

    path = os.path.normpath(path)
    if os.path.isabs(path):
        inside = root.rstrip("/") + "/"
        if not path.startswith(inside):
            return "file://" + quote(os.fsencode(path)), None
        path = path[len(inside) :]
    return quote(os.fsencode(path)), ROOT
