"""The records of Python packages: dist-info and egg-info.

Formats: https://packaging.python.org/en/latest/specifications/core-metadata/ and …/direct-url/.
"""

from __future__ import annotations

import json

from scanner.model.record import Record
from scanner.parsers import secrets
from scanner.parsers.lazy import Lazy
from scanner.parsers.manifests.specifier import masked, normalize
from scanner.parsers.packages.entry import Entry
from scanner.parsers.urls import MAX_URL

MAX_HEAD = 1 << 18
"""Bytes of a METADATA that are read; the fields stand in front of the description. What is behind is left out."""
MAX_NAME = 256
"""Characters of a name, a version or a licence's name; the public index takes no longer ones."""
MAX_REQUIRED = 500
"""Packages that one requires, without those of its extras; of more, the first ones are taken."""

_FIELD = Lazy(r"\n(Name|Version|License-Expression|License|Classifier|Requires-Dist):([^\n]*)(?=(\n[ \t]+\S)?)")
_REQUIRED = Lazy(r"[A-Za-z0-9][A-Za-z0-9._-]{0,255}")
_EXTRA = Lazy(r"\bextra\b")
_EMPTY_LINE = Lazy(r"\n\r?\n")
_EGG = Lazy(r"(?P<name>[^-]+)-(?P<version>[^-]+)(?:-py\d[^-]*(?:-.+)?)?\.egg$")
_SPDX = {
    "MIT License": "MIT", "Apache Software License": "Apache-2.0", "ISC License (ISCL)": "ISC",
    "Python Software Foundation License": "PSF-2.0", "The Unlicense (Unlicense)": "Unlicense",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0", "zlib/libpng License": "Zlib",
    "Boost Software License 1.0 (BSL-1.0)": "BSL-1.0", "GNU General Public License v2 (GPLv2)": "GPL-2.0-only",
    "GNU General Public License v2 or later (GPLv2+)": "GPL-2.0-or-later",
    "GNU General Public License v3 (GPLv3)": "GPL-3.0-only",
    "GNU General Public License v3 or later (GPLv3+)": "GPL-3.0-or-later",
    "GNU Lesser General Public License v3 (LGPLv3)": "LGPL-3.0-only",
    "GNU Lesser General Public License v3 or later (LGPLv3+)": "LGPL-3.0-or-later",
    "GNU Affero General Public License v3": "AGPL-3.0-only",
    "GNU Affero General Public License v3 or later (AGPLv3+)": "AGPL-3.0-or-later",
}  # fmt: skip
"""Classifiers that stand for one SPDX licence each; "BSD License" does not."""


class Origin(Record):
    """A direct_url.json: what was installed from elsewhere than an index."""

    url: str
    """Secrets masked."""
    commit: str
    revision: str
    editable: bool


def metadata(data: bytes) -> Entry:
    """The package that a METADATA or PKG-INFO describes. Raises ValueError without a name and a version."""
    head = "\n" + data[:MAX_HEAD].decode("utf-8", "replace")
    end = _EMPTY_LINE.search(head, 1)
    head = head[: end.start()] if end else head
    found: dict[str, str] = {}
    classes: list[str] = []
    required: dict[str, None] = {}
    for field, words, goes_on in _FIELD.findall(head):
        value = words.strip()
        if field == "Classifier":
            if value.startswith("License ::"):
                classes.append(value.rpartition(":: ")[2])
        elif field == "Requires-Dist":
            name = _REQUIRED.match(value)
            if name and len(required) < MAX_REQUIRED and not _EXTRA.search(value.partition(";")[2]):
                required[normalize(name[0])] = None
        elif not (goes_on and field == "License"):
            found.setdefault(field, value[:MAX_NAME])
    if not found.get("Name") or not found.get("Version"):
        raise ValueError("a package without name or version")
    return Entry(
        name=normalize(found["Name"]),
        version=found["Version"],
        licence=_licence(found, classes),
        requires=tuple(required),
    )


def _licence(found: dict[str, str], classes: list[str]) -> str:
    """The expression, else the one classifier, else what the free text says in one line."""
    expression = found.get("License-Expression", "")
    if expression:
        return expression
    one = classes[0][:MAX_NAME] if len(classes) == 1 and classes[0] != "OSI Approved" else ""
    text = found.get("License", "")
    if one in _SPDX or not text or text == "UNKNOWN":
        return _SPDX.get(one, one)
    return text


def direct_url(data: bytes) -> Origin:
    """What a direct_url.json says. Raises ValueError when it is no such file."""
    said = json.loads(data)
    if not isinstance(said, dict) or not isinstance(said.get("url"), str):
        raise ValueError("a direct_url.json without a URL")
    vcs, folder = (part if isinstance(part, dict) else {} for part in (said.get("vcs_info"), said.get("dir_info")))
    url, asks, _ = said["url"][:MAX_URL].partition("?")
    return Origin(
        url=masked(secrets.mask(url, secrets.find(url))) + ("?***" if asks else ""),
        commit=_text(vcs.get("commit_id")),
        revision=_text(vcs.get("requested_revision")),
        editable=folder.get("editable") is True,
    )


def egg_name(file: str) -> Entry:
    """The package in a zipped egg, by its file name (``six-1.16.0-py3.8.egg``). Raises ValueError for another name."""
    match = _EGG.match(file[: 2 * MAX_NAME])
    if match is None:
        raise ValueError("an egg whose file name tells no version")
    return Entry(name=normalize(match["name"]), version=match["version"].replace("_", "-"))


def _text(value: object) -> str:
    return value[:MAX_NAME] if isinstance(value, str) else ""
