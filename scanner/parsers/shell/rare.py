"""Regular expressions for what few scripts hold, compiled when first needed: start-up is dear."""

from __future__ import annotations

import re
from functools import cache


@cache
def rare(pattern: str) -> re.Pattern[str]:
    """``pattern`` compiled."""
    return re.compile(pattern)
