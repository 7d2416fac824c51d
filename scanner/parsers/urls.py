"""The parts of a URL, read without judging it; unknown variables in it stay as they are written."""

from __future__ import annotations

import re

from scanner.model.record import Record
from scanner.parsers.lazy import Lazy

_URL = Lazy(
    r"(?:(?P<scheme>[A-Za-z][A-Za-z0-9+.-]{0,20})://)?(?:[^/@?#]*@)?(?P<host>\[[^\]]*\]|[^/:?#]*)(?::[^/?#]*)?"
    r"(?P<path>[^?#]*)(?:\?(?P<query>[^#]*))?(?:\#(?P<fragment>.*))?",
    re.DOTALL,
)
_ENCRYPTED = frozenset({"https", "s3", "gs", "hf", "ftps", "sftp", "scp", "ssh", "git+ssh", "git+https", "az", "abfss"})
_CLEAR = frozenset({"http", "ftp", "git", "git+http", "tftp", "rsync"})
MAX_URL = 4096
"""Characters of a URL that are read; servers and clients take fewer."""


class Url(Record):
    """``scheme://host/path?query#fragment``: scheme and host in lower case, "" for what is not there."""

    scheme: str
    host: str
    path: str
    query: str
    fragment: str

    @property
    def file(self) -> str:
        """The last part of the path, "" when it ends with a slash."""
        return self.path.rpartition("/")[2]

    @property
    def encrypted(self) -> bool | None:
        """Whether what travels is encrypted; None when the scheme is not known."""
        return True if self.scheme in _ENCRYPTED else False if self.scheme in _CLEAR else None

    @property
    def local(self) -> bool:
        """Whether it names this machine."""
        return self.host in {"localhost", "0.0.0.0", "[::1]", "host.docker.internal"} or self.host.startswith("127.")  # noqa: S104


def split(text: str) -> Url:
    """A URL's parts. Without a scheme, what stands before the first slash is the host.

    Never fails; what comes after ``MAX_URL`` characters is left out.
    """
    match = _URL.match(text[:MAX_URL])
    assert match is not None
    parts = {name: value or "" for name, value in match.groupdict().items()}
    return Url(
        scheme=parts["scheme"].lower(),
        host=parts["host"].lower() if "$" not in parts["host"] else parts["host"],
        path=parts["path"],
        query=parts["query"],
        fragment=parts["fragment"],
    )
