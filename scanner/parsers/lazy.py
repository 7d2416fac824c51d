"""Regular expressions that cost nothing before they are used."""

from __future__ import annotations

import re
from collections.abc import Iterator


class Lazy:
    """A regular expression, compiled at its first use: most scans need few, and every start would pay for all."""

    __slots__ = ("_compiled", "_flags", "_source")

    def __init__(self, source: str, flags: int = 0) -> None:
        self._source = source
        self._flags = flags
        self._compiled: re.Pattern[str] | None = None

    @property
    def compiled(self) -> re.Pattern[str]:
        """The expression itself."""
        if self._compiled is None:
            self._compiled = re.compile(self._source, self._flags)
        return self._compiled

    def search(self, text: str) -> re.Match[str] | None:
        """As of ``re.Pattern``."""
        return self.compiled.search(text)

    def match(self, text: str) -> re.Match[str] | None:
        """As of ``re.Pattern``."""
        return self.compiled.match(text)

    def fullmatch(self, text: str) -> re.Match[str] | None:
        """As of ``re.Pattern``."""
        return self.compiled.fullmatch(text)

    def finditer(self, text: str) -> Iterator[re.Match[str]]:
        """As of ``re.Pattern``."""
        return self.compiled.finditer(text)
