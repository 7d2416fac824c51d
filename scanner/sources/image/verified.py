"""Bytes that are held to a digest while they are read."""

from __future__ import annotations

import io
import re
from hashlib import new
from typing import BinaryIO, TypeGuard

_DIGEST = re.compile(r"(?P<algorithm>sha256|sha512):(?P<hex>[0-9a-f]{64}|[0-9a-f]{128})")
_HEX_DIGITS = {"sha256": 64, "sha512": 128}

BUFFER = 1 << 18
"""Bytes that a reader asks its source for at once."""


def is_digest(text: object) -> TypeGuard[str]:
    """Whether it is a digest of a kind that can be checked: ``sha256:…`` or ``sha512:…``."""
    if not isinstance(text, str) or (found := _DIGEST.fullmatch(text)) is None:
        return False
    return len(found["hex"]) == _HEX_DIGITS[found["algorithm"]]


def digest_of(data: bytes, like: str = "sha256:") -> str:
    """The digest of some bytes, of the same kind as ``like``."""
    algorithm = like.partition(":")[0]
    return f"{algorithm}:{new(algorithm, data).hexdigest()}"


def verified(source: BinaryIO, digest: str, size: int) -> BinaryIO:
    """A reader of the ``size`` bytes of ``source``; a read raises ValueError when they are not what ``digest`` says.

    What is wrong with the end shows at the end: who wants to be sure reads up to it.
    """
    return io.BufferedReader(_Verified(source, digest, size), BUFFER)


class _Verified(io.RawIOBase):
    def __init__(self, source: BinaryIO, digest: str, size: int) -> None:
        self._source, self._digest, self._left, self._size = source, digest, size, size
        self._sum = new(digest.partition(":")[0])

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        data = self._source.read(min(len(buffer), self._left)) if self._left else b""
        if data:
            self._left -= len(data)
            self._sum.update(data)
            buffer[: len(data)] = data
        elif self._left:
            raise ValueError(f"{self._digest} ends {self._left:,} bytes before its {self._size:,}")
        if not self._left and f"{self._sum.name}:{self._sum.hexdigest()}" != self._digest:
            raise ValueError(f"{self._digest} holds something else than its digest says")
        return len(data)

    def close(self) -> None:
        if not self.closed:
            self._source.close()
        super().close()
