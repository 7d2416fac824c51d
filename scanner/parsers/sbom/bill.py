"""What bills of materials list, whatever their format."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Literal

from scanner.model.record import Record
from scanner.parsers.json_text import Entry
from scanner.parsers.lazy import Lazy
from scanner.parsers.packages import purl
from scanner.parsers.packages.purl import Purl

MAX_WORD = 2048
"""Characters of a name, version or package URL."""

Kind = Literal["package", "system", "model", "aside"]
"""``aside``: what has no releases that advisories speak of: files, data, keys, and what the bill is about."""

_IDS: Mapping[str, str] = {
    "redhat": "rhel", "amazon": "amzn", "oracle": "ol", "suse": "sles", "suse linux enterprise server": "sles",
    "alma": "almalinux", "opensuse.leap": "opensuse-leap", "opensuse.tumbleweed": "opensuse-tumbleweed",
}  # fmt: skip
"""The id that an os-release has, by what tools call a distribution."""
_DISTRO = Lazy(r"(?:([a-zA-Z][\w. -]{0,60}?)-)?(\d[\w.]{0,30})")


class Part(Record):
    """One entry; texts are "" where it says nothing. ``start:end`` are the words in the text that name it."""

    kind: Kind
    name: str
    version: str = ""
    purl: Purl | None = None
    """None for none, and for one that cannot be read."""
    licence: str = ""
    """An SPDX expression or a name."""
    source: str = ""
    """The source package that a package of a distribution was built from."""
    source_version: str = ""
    """The version of that, where it is another one."""
    path: str = ""
    """Where in the image it was found, without a leading slash."""
    start: int
    end: int


class Bill(Record):
    """A bill of materials."""

    form: str
    """``CycloneDX 1.6``, ``SPDX 2.3``."""
    parts: tuple[Part, ...]
    about: frozenset[str] = frozenset()
    """What it is of is called, an image mostly: ``acme/serve:1``, ``sha256:…``, a package URL."""
    broken: tuple[int, ...] = ()
    """Where entries start that are not as the format wants them, and so are left out."""


def part(text: str, entry: Entry, kind: Kind, name: str, url: str, **more: str) -> Part:
    """An entry with its package URL read, and its place worked out."""
    try:
        read = purl.read(url) if url else None
    except ValueError:
        read = None
    start, end = _place(text, entry, url, name.rpartition("/")[2])
    source, _, source_version = read.qualifiers.get("upstream", "").partition("@") if read else ("", "", "")
    built = {"source": source, "source_version": source_version}
    return Part(kind=kind, name=name, purl=read, start=start, end=end, **built | more)


def system(name: str, version: str) -> tuple[str, str]:
    """Id and version of a distribution as its os-release has them."""
    name = name.lower()
    return _IDS.get(name, name), version


def distribution(package: Purl) -> tuple[str, str] | None:
    """Id and version of the distribution that a package URL says it is of: ``distro=debian-12``, ``distro=3.20.3``."""
    found = _DISTRO.fullmatch(package.qualifiers.get("distro", ""))
    return system(found[1] or package.namespace, found[2]) if found else None


def word(value: Any) -> str:
    """A text, "" for anything else."""
    return value.strip()[:MAX_WORD] if isinstance(value, str) else ""


def items(value: Any) -> Iterable[Any]:
    """The entries of a list, none for anything else."""
    return value if isinstance(value, list) else ()


def _place(text: str, entry: Entry, *words: str) -> tuple[int, int]:
    """Where the first of these words that stands in an entry as it is stands there; else its first character."""
    for each in filter(None, words):
        for quoted in (f'"{each}"', f">{each.replace('&', '&amp;')}<"):
            at = text.find(quoted, entry.start, entry.end)
            if at >= 0:
                return at + 1, at + len(quoted) - 1
    return entry.start, entry.start + 1
