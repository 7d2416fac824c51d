"""Where a TOML document says something: the standard parser tells what it says, and no positions."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from typing import Any

from scanner.parsers.lazy import Lazy

_STRINGS = Lazy(r'"""[\s\S]*?(?:"""|\Z)' r"|'''[\s\S]*?(?:'''|\Z)" r'|"(?:\\.|[^"\\\n])*"?' r"|'[^'\n]*'?" r"|\#[^\n]*")
_TABLE = Lazy(r"(?m)^[ \t]*(\[\[?)([^\]\n]{1,512})\]")
_KEY = Lazy(r"""(?m)^[ \t]*(["']?([^\s"'=#\[\]]{1,256})["']?[ \t]*=[^\n#]*)""")


class Toml:
    """A parsed TOML document and the places of its strings and keys. Raises ValueError when it is not TOML."""

    def __init__(self, value: str) -> None:
        import tomllib

        self.value = value
        try:
            self.data: dict[str, Any] = tomllib.loads(value.replace("\r\n", " \n"))
        except RecursionError:
            raise ValueError("nested too deeply") from None
        self._strings: dict[str, list[tuple[int, int]]] = {}
        hidden: list[tuple[int, int]] = []
        for token in _STRINGS.finditer(value):
            hidden.append(token.span())
            if token[0][0] != "#":
                self._remember(token)
        self._starts = [start for start, _ in hidden]
        self._hidden = hidden
        self._tables: dict[str, list[int]] = {}
        self._table_starts: list[int] = []
        for table in _TABLE.finditer(value):
            if not self._inside(table.start(1)):
                self._tables.setdefault(_plain(table[2]), []).append(table.start(1))
                self._table_starts.append(table.start(1))
        self._keys: dict[str, list[tuple[int, int]]] = {}
        for key in _KEY.finditer(value):
            if self.value[key.start(1)] in "\"'" or not self._inside(key.start(1)):
                end = key.start(1) + len(key[1].rstrip())
                self._keys.setdefault(key[2], []).append((key.start(1), end))

    def table(self, name: str) -> tuple[int, int]:
        """Where the table of that name stands; the whole text when it has no header of its own."""
        starts = self._tables.get(name)
        if not starts:
            return (0, len(self.value))
        after = bisect_right(self._table_starts, starts[0])
        return starts[0], self._table_starts[after] if after < len(self._table_starts) else len(self.value)

    def tables(self, name: str) -> list[tuple[int, int]]:
        """Where each table of an array of tables stands, with the tables below it."""
        starts = self._tables.get(name, [])
        return list(zip(starts, [*starts, len(self.value)][1:], strict=True))

    def string(self, text: str, within: tuple[int, int]) -> tuple[int, int]:
        """Where the first string of that value stands, without its quotes; the head of ``within`` if nowhere."""
        return self._first(self._strings.get(text, []), within)

    def key(self, name: str, within: tuple[int, int]) -> tuple[int, int]:
        """Where the line that sets the key stands, key and value; the head of ``within`` if nowhere."""
        return self._first(self._keys.get(name, []), within)

    def _first(self, places: list[tuple[int, int]], within: tuple[int, int]) -> tuple[int, int]:
        at = bisect_left(places, (within[0], 0))
        if at < len(places) and places[at][0] < within[1]:
            return places[at]
        end = self.value.find("\n", within[0], within[1])
        return within[0], max(within[0] + 1, end if end >= 0 else within[1])

    def _inside(self, offset: int) -> bool:
        at = bisect_right(self._starts, offset) - 1
        return at >= 0 and offset < self._hidden[at][1]

    def _remember(self, token: re.Match[str]) -> None:
        quote = 3 if token[0][:3] in {'"""', "'''"} else 1
        text = token[0][quote:-quote]
        if "\\" in text and token[0][0] == '"':
            import tomllib

            try:
                text = tomllib.loads(f"x={token[0]}")["x"]
            except ValueError:
                return
        self._strings.setdefault(text, []).append((token.start() + quote, max(token.end() - quote, token.start() + 1)))


def _plain(header: str) -> str:
    return ".".join(part.strip() for part in header.replace('"', "").replace("'", "").split("."))


def mapping(value: object) -> dict[str, Any]:
    """The value when it is a table, else an empty one."""
    return value if isinstance(value, dict) else {}


def items(value: object) -> list[Any]:
    """The value when it is a list, else an empty one."""
    return value if isinstance(value, list) else []


def word(value: object) -> str:
    """The value when it is a string, else ""."""
    return value if isinstance(value, str) else ""
