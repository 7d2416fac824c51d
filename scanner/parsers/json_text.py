"""JSON that remembers where the entries of its lists stand, so that a report can point at them."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

from scanner.model.record import Record
from scanner.parsers.lazy import Lazy

MAX_ENTRIES = 1_000_000
"""Of one list."""

_SPACE = Lazy(r"[ \t\r\n]*")


class Entry(NamedTuple):
    """An entry of a list or a member of an object, at ``start:end`` of the text."""

    value: Any
    start: int
    end: int


class Object(Record):
    """A JSON object, with the entries of some of its lists apart from what else it says."""

    said: Mapping[str, Entry]
    lists: Mapping[str, tuple[Entry, ...]]

    def get(self, key: str) -> Any:
        """What it says of a name; None for nothing."""
        return self.said[key].value if key in self.said else None

    def entries(self, key: str) -> tuple[Entry, ...]:
        """The entries of a list that was asked for; none when it is not there."""
        return self.lists.get(key, ())


def read(text: str, lists: Collection[str], start: int = 0) -> Object:
    """The object that begins at ``start``, with the entries of those of its members that are lists and named here.

    Of a name that is there twice, the last one counts, as for everybody else. Raises ValueError, with the line, for
    what is no JSON object.
    """
    try:
        return _object(text, lists, start)
    except json.JSONDecodeError as error:
        line = text.count("\n", 0, error.pos) + 1
        raise ValueError(f"line {line}: not JSON: {error.msg}") from None
    except RecursionError:
        raise ValueError("JSON nested too deeply") from None


def _object(text: str, lists: Collection[str], start: int) -> Object:
    decode = json.JSONDecoder().raw_decode
    said: dict[str, Entry] = {}
    found: dict[str, tuple[Entry, ...]] = {}
    at = _sign(text, _over(text, start), "{") + 1
    at = _over(text, at)
    while text[at : at + 1] != "}":
        if said or found:
            at = _over(text, _sign(text, at, ",") + 1)
        _sign(text, at, '"')
        key, at = decode(text, at)
        at = _over(text, _sign(text, _over(text, at), ":") + 1)
        said.pop(key, None)
        found.pop(key, None)
        if key in lists and text[at : at + 1] == "[":
            found[key], at = _list(text, at)
        else:
            value, end = decode(text, at)
            said[key], at = Entry(value, at, end), end
        at = _over(text, at)
    return Object(said=said, lists=found)


def _list(text: str, start: int) -> tuple[tuple[Entry, ...], int]:
    decode = json.JSONDecoder().raw_decode
    entries: list[Entry] = []
    at = _over(text, start + 1)
    while text[at : at + 1] != "]":
        if entries:
            at = _over(text, _sign(text, at, ",") + 1)
        if len(entries) == MAX_ENTRIES:
            raise json.JSONDecodeError(f"a list of more than {MAX_ENTRIES:,} entries", text, at)
        value, end = decode(text, at)
        entries.append(Entry(value, at, end))
        at = _over(text, end)
    return tuple(entries), at + 1


def _over(text: str, at: int) -> int:
    """Behind white space."""
    found = _SPACE.match(text, at)
    return found.end() if found else at


def _sign(text: str, at: int, sign: str) -> int:
    if text[at : at + 1] != sign:
        raise json.JSONDecodeError(f"expected {sign}", text, min(at, len(text)))
    return at
