"""What stands for a value on the stack of the machine.

None, booleans, numbers and tuples stand for themselves, a ``list`` for a list or a set, ``bytes`` for text in UTF-8
(most of it is never looked at, so it is not decoded). Symbols are shared and never compared, hashed or walked without a
bound: a few opcodes can make one that is exponentially large when written out.
"""

from __future__ import annotations

from typing import Any, Final

from scanner.parsers.pickles.limits import MAX_ITEMS, MAX_RENDERED
from scanner.parsers.pickles.trace import Import

Symbol = Any


class Unknown:
    """A value that is not followed."""

    __slots__ = ()


UNKNOWN: Final = Unknown()


class Pairs(list[Symbol]):
    """A dictionary: keys and values in turn."""

    __slots__ = ()

    def get(self, key: bytes) -> Symbol:
        """The last value of a key that is text, None when there is none."""
        found = None
        for at in range(0, len(self) - 1, 2):
            if type(self[at]) is bytes and self[at] == key:
                found = self[at + 1]
        return found


class Raw:
    """Bytes, or the beginning of longer ones; also of text that is too long to keep."""

    __slots__ = ("data", "size")

    def __init__(self, data: bytes, size: int) -> None:
        self.data, self.size = data, size


class Stored:
    """What a persistent id stands for."""

    __slots__ = ("key", "type")

    def __init__(self, type_: str = "", key: str = "") -> None:
        self.type, self.key = type_, key


class Named:
    """An import."""

    __slots__ = ("calls", "made", "of", "quiet")

    def __init__(self, of: Import) -> None:
        self.of = of
        self.calls: dict[str, int] = {}
        """How often it was called, by opcode."""
        self.quiet = False
        """Nothing more is told of calls that make an object of it."""
        self.made = Made(self, ())
        """What such a call gives."""


class Made:
    """What a call gives."""

    __slots__ = ("arguments", "callee", "quiet", "state")

    def __init__(self, callee: Symbol, arguments: Symbol) -> None:
        self.callee, self.arguments = callee, arguments
        self.state: Symbol = None
        self.quiet = False
        """Nothing more is told of its BUILD."""


def text(symbol: Symbol) -> str | None:
    """The text that a symbol stands for, if it is known as a whole."""
    if type(symbol) is not bytes:
        return None
    try:
        return symbol.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return None


def render(symbol: Symbol, depth: int = 4, limit: int = MAX_RENDERED) -> str:
    """A symbol as a person would write it, at most ``limit`` characters."""
    written = _write(symbol, depth, limit)
    return written if len(written) <= limit else written[: limit - 1] + "…"


def _write(symbol: Symbol, depth: int, room: int) -> str:  # noqa: PLR0911 (a kind a line)
    kind = type(symbol)
    if kind is bytes:
        return repr(symbol[: room * 4].decode("utf-8", "replace")[: room + 1])
    if kind is Raw:
        return repr(symbol.data[: room + 1]) + ("…" if symbol.size > len(symbol.data) else "")
    if kind is int:
        return str(symbol) if symbol.bit_length() < 256 else "…"
    if symbol is None or kind is bool or kind is float:
        return repr(symbol)
    if kind is Named:
        return f"{symbol.of.module}.{symbol.of.name}"
    if depth == 0 or room <= 0:
        return "…"
    if kind is Made:
        return _write(symbol.callee, depth - 1, room) + _write(symbol.arguments, depth - 1, room // 2)
    if kind is tuple:
        inner = _series(symbol, depth, room)
        return f"({inner},)" if len(symbol) == 1 else f"({inner})"
    if kind is list:
        return f"[{_series(symbol, depth, room)}]"
    if kind is Pairs:
        return f"{{{_series(symbol, depth, room)}}}"
    return "…"


def _series(items: Symbol, depth: int, room: int) -> str:
    parts: list[str] = []
    for item in items[: MAX_ITEMS // 2]:
        if room <= 0:
            parts.append("…")
            break
        parts.append(_write(item, depth - 1, room))
        room -= len(parts[-1]) + 2
    joined = ", ".join(parts)
    if type(items) is Pairs:
        joined = ", ".join(f"{key}: {value}" for key, value in zip(parts[::2], parts[1::2], strict=False))
    return joined
