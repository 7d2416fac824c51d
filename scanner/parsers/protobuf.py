"""Protobuf's wire format, read front to back without a schema; what nobody asks for is skipped, not read.

Format: https://protobuf.dev/programming-guides/encoding/. Groups (wire types 3 and 4) are refused.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple, Protocol

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5


class Field(NamedTuple):
    """A field of a message."""

    number: int
    kind: int
    """``VARINT``, ``FIXED64``, ``BYTES`` or ``FIXED32``."""
    value: int
    """The number of a ``VARINT``, the length of ``BYTES``, else 0."""
    start: int
    """Where its bytes begin, and ``end`` where they end."""
    end: int


class Bytes(Protocol):
    """A place in a file."""

    position: int

    def take(self, count: int) -> bytes:
        """The next bytes."""

    def varint(self) -> int:
        """The next number."""

    def move(self, position: int) -> None:
        """Go on there, never back."""


class Messages:
    """Reads messages from a place in a file; raises ValueError for what is no message, or has too many fields."""

    def __init__(self, cursor: Bytes, most: int) -> None:
        self._cursor, self._left = cursor, most

    def fields(self, end: int) -> Iterator[Field]:
        """The fields from here to ``end``. Between two, the caller may read the first, or the fields inside of it."""
        cursor, make = self._cursor, tuple.__new__
        while cursor.position < end:
            self._left -= 1
            if self._left < 0:
                raise TooMany("a file with too many fields")
            tag = cursor.varint()
            number, kind = tag >> 3, tag & 7
            if not number or number >= 1 << 29:
                raise ValueError("a field with an impossible number")
            if kind == VARINT:
                value = cursor.varint()
                start = stop = cursor.position
            elif kind == BYTES:
                value = cursor.varint()
                start = cursor.position
                stop = start + value
            elif kind in (FIXED32, FIXED64):
                value, start = 0, cursor.position
                stop = start + (4 if kind == FIXED32 else 8)
            else:
                raise ValueError(f"a field of wire type {kind}")
            if stop > end:
                raise ValueError("a field that ends behind its message")
            yield make(Field, (number, kind, value, start, stop))
            if cursor.position != stop:
                cursor.move(stop)

    def text(self, field: Field, most: int) -> str:
        """The words of a field, at most so many bytes; "" for a field without bytes."""
        return self.raw(field, most).decode("utf-8", "replace")

    def raw(self, field: Field, most: int) -> bytes:
        """The bytes of a field, at most so many."""
        return self._cursor.take(min(field.value, most)) if field.kind == BYTES else b""

    def numbers(self, field: Field, most: int) -> list[int]:
        """The numbers of a repeated field, packed or single, at most so many."""
        if field.kind != BYTES:
            return [field.value]
        found: list[int] = []
        while self._cursor.position < field.end and len(found) < most:
            found.append(self._cursor.varint())
        return found


class TooMany(ValueError):
    """More fields than the caller allows."""
