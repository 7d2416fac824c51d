"""What was known before: the findings of an earlier JSON report."""

from __future__ import annotations

import re

from scanner.engine.given import contents
from scanner.errors import UsageError

MAX_BYTES = 256_000_000

_HINT = "make one with: hullcheck scan -f json -o baseline.json"


def read(path: str) -> frozenset[str]:
    """The fingerprints in a JSON report of ours. Raises UsageError."""
    import json

    data = contents(path, "the baseline", MAX_BYTES, _HINT)
    try:
        targets = json.loads(data)["targets"]
        found = [finding["fingerprint"] for target in targets for finding in target["findings"]]
    except (ValueError, TypeError, KeyError, RecursionError):
        raise UsageError(f"{path}: the baseline is no JSON report of hullcheck", hint=_HINT) from None
    if not all(isinstance(each, str) and re.fullmatch(r"[0-9a-f]{32}(?::\d+)?", each) for each in found):
        raise UsageError(f"{path}: the baseline holds a fingerprint that hullcheck did not make", hint=_HINT)
    return frozenset(found)
