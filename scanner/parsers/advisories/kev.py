"""CISA's catalogue of known exploited vulnerabilities, as JSON.

Format: https://www.cisa.gov/sites/default/files/feeds/known_exploited_vulnerabilities_schema.json.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from scanner.parsers import json_text
from scanner.parsers.json_text import Entry
from scanner.parsers.lazy import Lazy

MAX_BYTES = 32 << 20

_CVE = Lazy(r"(?a)CVE-\d{4}-\d{4,19}")
_DAY = Lazy(r"(?a)\d{4}-\d{2}-\d{2}")


def read(data: bytes) -> Iterator[tuple[str, str]]:
    """Pairs of CVE and the day it was added, ``YYYY-MM-DD``.

    Raises ValueError, with the line, for what is no such catalogue, for one that lists another number than it says, and
    for an entry without either of the two.
    """
    if len(data) > MAX_BYTES:
        raise ValueError(f"the catalogue of exploited vulnerabilities is larger than {MAX_BYTES:,} bytes")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"line {_line(data, error.start)}: not UTF-8") from None
    document = json_text.read(text, ("vulnerabilities",))
    if "vulnerabilities" not in document.lists or document.get("catalogVersion") is None:
        raise ValueError(
            "no catalogue of known exploited vulnerabilities: catalogVersion or vulnerabilities is missing"
        )
    entries = document.entries("vulnerabilities")
    if document.get("count") not in {None, len(entries)}:
        raise ValueError(f"the catalogue says that it lists {document.get('count')!r} entries, and has {len(entries)}")
    for entry in entries:
        yield _pair(text, entry)


def _pair(text: str, entry: Entry) -> tuple[str, str]:
    said = entry.value if isinstance(entry.value, dict) else {}
    name, day = _word(said.get("cveID")), _word(said.get("dateAdded"))
    if not _CVE.fullmatch(name) or not _DAY.fullmatch(day):
        line = text.count("\n", 0, entry.start) + 1
        raise ValueError(f"line {line}: an entry of the catalogue needs a cveID and a dateAdded (YYYY-MM-DD)")
    return name, day


def _word(value: Any) -> str:
    return value.strip() if isinstance(value, str) else ""


def _line(data: bytes, at: int) -> int:
    return data.count(b"\n", 0, at) + 1
