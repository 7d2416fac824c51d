"""Licences as SPDX names them, from the ways in which models, data sets and packages say theirs."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from license_expression import Licensing

MAX_EXPRESSION = 500
"""Characters of an expression; longer ones are texts of licences."""


@cache
def _spdx() -> Licensing:
    from license_expression import get_spdx_licensing

    return get_spdx_licensing()


@cache
def normalized(said: str) -> str:
    """An SPDX expression, in SPDX's spelling: ``apache-2.0 or mit`` is ``Apache-2.0 OR MIT``; "" for what is none."""
    from license_expression import ExpressionError, ExpressionParseError

    words = said.strip()
    if not words or len(words) > MAX_EXPRESSION or words.count("(") > 20:
        return ""
    try:
        parsed = _spdx().parse(words, validate=True, strict=False)
    except (ExpressionError, ExpressionParseError, RecursionError):
        return ""
    return str(parsed.render()) if parsed is not None else ""


def parts(expression: str) -> tuple[str, ...]:
    """The names in an SPDX expression, or in words that are none, each once."""
    words = expression.replace("(", " ").replace(")", " ").split()
    return tuple(dict.fromkeys(word for word in words if word not in ("AND", "OR", "WITH")))
