"""Where a TOML document says something: the standard parser tells what it says, and no positions."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from typing import Any

_TOKEN = re.compile(
    r'"""[\s\S]*?(?:"""|\Z)' r"|'''[\s\S]*?(?:'''|\Z)" r'|"(?:\\.|[^"\\\n])*"?' r"|'[^'\n]*'?" r"|\#[^\n]*"
)
_TABLE = re.compile(r"^[ \t]*(\[\[?)[ \t]*([^\]\n]+?)[ \t]*\]", re.MULTILINE)


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
        for token in _TOKEN.finditer(value):
            hidden.append(token.span())
            if token[0][0] != "#":
                self._remember(token)
        self._starts = [start for start, _ in hidden]
        self._hidden = hidden
        self._tables = [
            (_plain(table[2]), table.start(1)) for table in _TABLE.finditer(value) if not self._inside(table.start(1))
        ]
        self._table_starts = [start for _, start in self._tables]

    def table(self, name: str, number: int = 0) -> tuple[int, int]:
        """Where the table (or the numbered one of an array of tables) stands; the whole text when it has no header."""
        starts = [start for found, start in self._tables if found == name]
        if number >= len(starts):
            return (0, len(self.value))
        start = starts[number]
        after = bisect_right(self._table_starts, start)
        return start, self._table_starts[after] if after < len(self._table_starts) else len(self.value)

    def tables(self, name: str) -> list[tuple[int, int]]:
        """Where each table of an array of tables stands, with the tables below it."""
        starts = [start for found, start in self._tables if found == name]
        return list(zip(starts, [*starts, len(self.value)][1:], strict=True))

    def string(self, text: str, within: tuple[int, int]) -> tuple[int, int]:
        """Where the first string of that value stands, without its quotes; the start of ``within`` if nowhere."""
        places = self._strings.get(text, [])
        at = bisect_left(places, (within[0], 0))
        if at < len(places) and places[at][0] < within[1]:
            return places[at]
        return self._first_line(within)

    def key(self, name: str, within: tuple[int, int]) -> tuple[int, int]:
        """Where the line that sets the key stands, key and value; the start of ``within`` if nowhere."""
        pattern = re.compile(rf"""^[ \t]*(["']?{re.escape(name)}["']?[ \t]*=[^\n#]*)""", re.MULTILINE)
        for found in pattern.finditer(self.value, *within):
            if not self._inside(found.start(1)) or self.value[found.start(1)] in "\"'":
                return found.start(1), found.start(1) + len(found[1].rstrip())
        return self._first_line(within)

    def _first_line(self, within: tuple[int, int]) -> tuple[int, int]:
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
    return re.sub(r"\s*\.\s*", ".", header.replace('"', "").replace("'", ""))


def mapping(value: object) -> dict[str, Any]:
    """The value when it is a table, else an empty one."""
    return value if isinstance(value, dict) else {}


def items(value: object) -> list[Any]:
    """The value when it is a list, else an empty one."""
    return value if isinstance(value, list) else []


def word(value: object) -> str:
    """The value when it is a string, else ""."""
    return value if isinstance(value, str) else ""
