"""EPSS: how likely it is that somebody attacks a vulnerability within 30 days, as a table that may be compressed.

Format: https://www.first.org/epss/data_stats: a comment with ``model_version`` and ``score_date``, then
``cve,epss,percentile``.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator

from scanner.model.record import Record
from scanner.parsers.lazy import Lazy

MAX_BYTES = 64 << 20
"""As it is, and uncompressed; with all CVE there are it has a sixth of that."""
MAX_LINE = 200
"""Characters."""

_HEAD = Lazy(r"(?a)#\s*model_version:([^,\s]{1,40}),\s*score_date:(\d{4}-\d{2}-\d{2})\S{0,40}\s*")
_ROW = Lazy(r"(?a)(CVE-\d{4}-\d{4,19}),([01](?:\.\d{1,20})?(?:[eE]-\d{1,3})?)(?:,[\d.eE-]{0,40})?\s*")


class Scores(Record):
    """The scores of one day."""

    model: str
    """``v2025.03.14``."""
    day: str
    """``YYYY-MM-DD``."""
    text: str

    def rows(self) -> Iterator[tuple[str, float]]:
        """Pairs of CVE and probability. Raises ValueError, with the line, for a row that is none."""
        for number, line in enumerate(_lines(self.text), 1):
            row = _ROW.fullmatch(line)
            if row is not None and float(row[2]) <= 1:
                yield row[1], float(row[2])
            elif number > 2 and line.strip():
                raise ValueError(f"line {number}: expected a CVE, a probability from 0 to 1, and a percentile")


def read(data: bytes) -> Scores:
    """A table, as it is or compressed by gzip. Raises ValueError for damaged or too much data, and for another file."""
    text = _unpacked(data).decode("ascii", "replace")
    lines = _lines(text)
    head = _HEAD.fullmatch(next(lines, ""))
    if head is None:
        raise ValueError("line 1: no EPSS table: expected #model_version:…,score_date:YYYY-MM-DD…")
    if not next(lines, "").startswith("cve,epss"):
        raise ValueError("line 2: no EPSS table: expected cve,epss,percentile")
    return Scores(model=head[1], day=head[2], text=text)


def _lines(text: str) -> Iterator[str]:
    """Line by line, since a list of them would take several times the text; of a long one, its beginning."""
    start = 0
    while start <= len(text):
        end = text.find("\n", start)
        end = len(text) if end < 0 else end
        yield text[start : min(end, start + MAX_LINE)]
        start = end + 1


def _unpacked(data: bytes) -> bytes:
    if data.startswith(b"\x1f\x8b"):
        inflater = zlib.decompressobj(zlib.MAX_WBITS | 16)
        try:
            data = inflater.decompress(data, MAX_BYTES + 1)
        except zlib.error as error:
            raise ValueError(f"damaged gzip data: {error}") from None
        if len(data) <= MAX_BYTES and not inflater.eof:
            raise ValueError("gzip data that is cut off")
    if len(data) > MAX_BYTES:
        raise ValueError(f"an EPSS table of more than {MAX_BYTES:,} bytes")
    return data
