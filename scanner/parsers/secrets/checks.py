"""What a detector's pattern cannot say: checksums, and what is inside encodings.

Sources: GitHub's and npm's announcements of their token formats (CRC-32 in base 62 at the end), RFC 7519 (JWT),
RFC 7617 (basic authentication), OpenSSH's PROTOCOL.key, RFC 1421 and 5958 (encrypted PEM).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

MAX_DECODED = 8_192
"""Characters of an encoding that are looked at."""

_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_LOWER_FIRST = _DIGITS.swapcase()
"""The other order that implementations use."""


def base62(number: int, digits: str = _DIGITS) -> str:
    """Six digits of a number below 2**32."""
    found = ""
    for _ in range(6):
        number, digit = divmod(number, 62)
        found = digits[digit] + found
    return found


def _crc32(match: re.Match[str]) -> bool:
    """The last six characters are the checksum of those between the prefix and them."""
    from zlib import crc32

    body = match.group().partition("_")[2]
    number = crc32(body[:-6].encode())
    return body[-6:] in {base62(number), base62(number, _LOWER_FIRST)}


def _decoded(text: str) -> bytes:
    """Base 64 of either alphabet, padding or not; b"" for what is none."""
    from base64 import b64decode

    text = text[:MAX_DECODED].rstrip("=").replace("-", "+").replace("_", "/")
    try:
        return b64decode(text[: len(text) - (len(text) % 4 == 1)] + "=" * (-len(text) % 4))
    except ValueError:
        return b""


def _json_object(text: str) -> Mapping[str, object]:
    import json

    try:
        found = json.loads(_decoded(text))
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _jwt(match: re.Match[str]) -> bool:
    """The header names an algorithm, and the rest is an object."""
    header, body, _ = match.group().split(".", 2)
    return isinstance(_json_object(header).get("alg"), str) and (bool(_json_object(body)) or len(body) > MAX_DECODED)


def _base64_json(match: re.Match[str]) -> bool:
    return bool(_json_object(match.group()))


def _basic_auth(match: re.Match[str]) -> bool:
    """``user:password``, both of them there."""
    user, colon, password = _decoded(match["v"]).partition(b":")
    return bool(user and colon and password) and (user + password).isascii()


def _locked(match: re.Match[str]) -> bool:
    """A password is needed to use the key."""
    if "ENCRYPTED" in match.group()[:400]:
        return True
    body = re.sub(r"\\[nr]|\s", "", match["v"][:400])
    if not body.startswith("b3BlbnNzaC1rZXktdjEA"):  # "openssh-key-v1\0"
        return False
    cipher = _decoded(body[: len(body) & -4])[15:]
    return cipher[4 : 4 + int.from_bytes(cipher[:4], "big")] != b"none"


def _open(match: re.Match[str]) -> bool:
    return not _locked(match)


CHECKS: Mapping[str, Callable[[re.Match[str]], bool]] = {
    "crc32": _crc32,
    "jwt": _jwt,
    "base64-json": _base64_json,
    "basic-auth": _basic_auth,
    "open-key": _open,
    "locked-key": _locked,
}
"""By the name that a detector gives; each is asked about a match."""
