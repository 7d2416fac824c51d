"""What is known about vulnerabilities beside advisories: whether they are exploited, and how likely that is."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator

MAX_ROWS = 5_000_000


def exploited(data: bytes) -> Iterator[tuple[str, str]]:
    """CVE and date of the entries of CISA's catalogue (JSON). Raises ValueError."""
    try:
        said = json.loads(data)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    entries = said.get("vulnerabilities") if isinstance(said, dict) else None
    if not isinstance(entries, list):
        raise ValueError("no list of vulnerabilities")
    for entry in entries[:MAX_ROWS]:
        if isinstance(entry, dict) and isinstance(entry.get("cveID"), str):
            yield entry["cveID"], str(entry.get("dateAdded", ""))


def likelihood(data: bytes) -> Iterator[tuple[str, float]]:
    """CVE and probability of the rows of FIRST's file (CSV). Raises ValueError."""
    lines = io.StringIO(data.decode("utf-8"))
    rows = csv.DictReader(line for line in lines if not line.startswith("#"))
    if not {"cve", "epss"} <= set(rows.fieldnames or ()):
        raise ValueError("no columns cve and epss")
    for number, row in enumerate(rows):
        if number >= MAX_ROWS:
            raise ValueError(f"more than {MAX_ROWS:,} rows")
        yield row["cve"], min(1.0, max(0.0, float(row["epss"])))
