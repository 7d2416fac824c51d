"""Who may run everything as root without a password, as sudo's configuration says: sudoers(5).

https://www.sudo.ws/docs/man/sudoers.man/
"""

from __future__ import annotations

import re
from collections.abc import Iterator

MAX_SIZE = 1 << 20
"""Bytes of the longest file that is read."""

_RULE = re.compile(
    r"(?m)^[ \t]*(%?[\w.-]{1,64}|#\d{1,10})[ \t][^\n=#]{0,1000}=[^\n#]{0,1000}\bNOPASSWD[ \t]*:([^\n#]{0,4000})"
)
_ALL = re.compile(r"(?:^|[,:\s])ALL\s*(?:,|$)")


def passwordless(text: str) -> Iterator[tuple[str, int, int]]:
    """Who, and the place of each such rule in the text; commented ones and those for some commands left out."""
    for match in _RULE.finditer(text.replace("\\\n", "  ")):
        if _ALL.search(match[2]):
            yield match[1], match.start(1), match.end()
