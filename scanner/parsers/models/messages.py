"""Model files that are one protobuf message: what goes wrong in it becomes a flaw."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from scanner.parsers.models.cursor import Cursor
from scanner.parsers.models.header import Broken, Draft
from scanner.parsers.models.limits import MAX_FIELDS, MAX_MESSAGE_DEPTH, MAX_WORDS
from scanner.parsers.protobuf import BYTES, Field, Messages, TooMany
from scanner.parsers.tar import Source


class Reader:
    """Base of the readers: ``fields``, ``text`` and a depth that is held."""

    def __init__(self, format: str, source: Source, size: int) -> None:
        self.draft = Draft(format)
        self.cursor = Cursor(source, size)
        self.messages = Messages(self.cursor, MAX_FIELDS)
        self._depth = 0

    def fields(self, field: Field) -> Iterator[Field]:
        """The fields of a message inside; none for a field that is a number."""
        if field.kind != BYTES:
            return
        self._depth += 1
        if self._depth > MAX_MESSAGE_DEPTH:
            raise Broken("limit", f"messages in messages, more than {MAX_MESSAGE_DEPTH} deep", field.start)
        try:
            yield from self.messages.fields(field.end)
        finally:
            self._depth -= 1

    def text(self, field: Field, most: int = 4 * MAX_WORDS) -> str:
        """The words of a field."""
        return self.messages.text(field, most)

    def pair(self, field: Field) -> tuple[str, str]:
        """The key (1) and the value (2) of an entry, both words."""
        parts = {part.number: self.text(part) for part in self.fields(field) if part.number in (1, 2)}
        return parts.get(1, ""), parts.get(2, "")

    @contextmanager
    def damage(self) -> Iterator[None]:
        """Makes a flaw of what cannot be read on."""
        try:
            yield
        except Broken as broken:
            self.draft.flaws.append(broken.flaw)
        except TooMany:
            self.draft.flaw("limit", f"more than {MAX_FIELDS:,} fields", self.cursor.position)
        except ValueError as error:
            self.draft.flaw("malformed", str(error), self.cursor.position)
