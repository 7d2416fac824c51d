"""Whether a value is a credential written out, or only stands in for one."""

from __future__ import annotations

import re
from collections import Counter
from math import log2

from scanner.parsers.lazy import Lazy

JUDGED = 256
"""Characters of a value that are looked at."""

_VARIABLE = Lazy(r"\$[A-Za-z_{(]|\{\{|%\w{1,64}%|^\$\d?$")
_STAND_IN = Lazy(
    r"""x{4,} | \*{3,} | \.{3} | … | ^<.*>?$ | ^\[.*\]?$ | ^\{.*\}?$
      | your | change[_-]?(?:me|it|this) | example | placeholder | dummy | fake | sample | insert | redacted
      | replace[_-]? | to[_-]?be | not[_-]?(?:set|used|needed|required) | todo | goes[_-]?here | put[_-]?
      | ^my[_-]?(?:\w{0,20}[_-])?(?:token|key|secret|password)$ | ^(?:the|a|an|some|any)[_-]
      | 0{8} | 12345678 | abcdefgh | deadbeef""",
    re.IGNORECASE | re.VERBOSE,
)
_NO_VALUE = frozenset(
    {
        "true", "false", "yes", "no", "on", "off", "none", "null", "nil", "undefined", "unset", "empty", "na", "n/a",
        "auto", "default", "disabled", "disable", "enabled", "env", "required", "optional", "prompt", "ask", "stdin",
        "str", "string", "int", "bool", "bytes", "any", "object", "optional[str]", "self",
    }
)  # fmt: skip
_NO_LITERAL = Lazy(
    r"""(?i:[a-z][a-z0-9+.-]{1,15}://) | (?:~|\.{1,2})?/ | [A-Za-z]:\\ | file: | [\w.-]+/[\w./-]*$
      | [\w./-]+\.(?:pem|key|json|ya?ml|txt|env|crt|pub)$""",
    re.VERBOSE,
)
_CODE = Lazy(r"[A-Za-z_][\w.]*[\[(]|[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+$")


def written_out(value: str, *, password: bool, verbatim: bool = False) -> bool:
    """Whether it is a value at all: no variable, stand-in, switch, number, path or URL.

    ``password``: a number may be one. ``verbatim``: in single quotes, where ``$`` means itself.
    """
    value = value[:JUDGED]
    if not value or value == value[0] * len(value) or value.lower() in _NO_VALUE or " " in value.strip():
        return False
    if value.startswith(("$", "{{")) if verbatim else _VARIABLE.search(value):
        return False
    if value.isdigit():
        return password and len(value) > 2
    if _STAND_IN.search(value):
        return False
    return not _NO_LITERAL.match(value) or (len(value) >= 32 and "." not in value and machine_made(value, entropy=4))


def machine_made(value: str, length: int = 12, *, entropy: float = 2.7) -> bool:
    """Whether it looks made by a machine: long enough, letters and digits, high entropy (bits a character)."""
    value = value[:JUDGED]
    return (
        len(value) >= length
        and any(c.isdigit() for c in value)
        and any(c.isalpha() for c in value)
        and not _VARIABLE.search(value)
        and real(value, entropy)
    )


def real(value: str, least: float) -> bool:
    """Whether a value of a provider's format is no stand-in: at least this entropy, no telling word."""
    return not _STAND_IN.search(value, 0, JUDGED) and _entropy(value) >= least


def code(value: str) -> bool:
    """Whether it is an expression rather than a value: ``os.environ``, ``tokens[0]``, ``get(…``."""
    return _CODE.match(value) is not None


def _entropy(value: str) -> float:
    """Bits a character, after Shannon."""
    total = len(value)
    return -sum(n / total * log2(n / total) for n in Counter(value).values())
