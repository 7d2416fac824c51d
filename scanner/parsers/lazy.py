"""Regular expressions that cost nothing before they are used."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, AnyStr


class _Lazy:
    """Turns into the methods of its expression as soon as one of them is wanted."""

    def __init__(self, source: Any, flags: int = 0) -> None:
        self._made_of = source, flags

    def __getattr__(self, name: str) -> object:
        pattern = re.compile(*self._made_of)
        for method in ("search", "match", "fullmatch", "finditer", "findall", "split", "sub"):
            setattr(self, method, getattr(pattern, method))
        return getattr(pattern, name)


if TYPE_CHECKING:

    def Lazy(source: AnyStr, flags: int = 0) -> re.Pattern[AnyStr]:
        """A regular expression, compiled at its first use: most scans need few, and every start would pay for all."""
else:
    Lazy = _Lazy
