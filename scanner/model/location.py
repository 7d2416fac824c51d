"""Where something is said."""

from __future__ import annotations

from bisect import bisect_right
from typing import NamedTuple

from scanner.model.record import Record


class Span(NamedTuple):
    """A stretch of a text file: 1-based, both ends inclusive, columns in Unicode code points.

    SARIF's ``endColumn`` is one past the end: ``last_column + 1``.
    """

    first_line: int
    first_column: int
    last_line: int
    last_column: int

    def touches(self, other: Span) -> bool:
        """Whether the two share a line."""
        return self.first_line <= other.last_line and other.first_line <= self.last_line


class Layer(Record, kw_only=False):
    """One layer of an image, or an entry of its history that made none (ENV, CMD, …)."""

    index: int | None
    """Counted from the bottom, 0 first; None for an entry without a layer."""
    digest: str
    created_by: str = ""
    """The words in the history of the image that say what made it, secrets masked."""
    base: bool | None = None
    """The base image made it: certain when its layers are known, else guessed; None when nothing tells."""


class Location(Record, kw_only=False):
    """A file (``path`` as the user would type it), the place in it, and the layer that holds it."""

    path: str
    span: Span | None = None
    layer: Layer | None = None

    def __str__(self) -> str:
        where = f"{self.path}:{self.span.first_line}:{self.span.first_column}" if self.span else self.path
        return f"{where} (layer {self.level})" if self.level >= 0 else where

    @property
    def files(self) -> tuple[str, str]:
        """By what a report may hold the file's lines: with the layer, else by the path alone."""
        return f"{self.path} (layer {self.level})" if self.level >= 0 else self.path, self.path

    @property
    def level(self) -> int:
        """The index of the layer; -1 for what is in none."""
        return -1 if self.layer is None or self.layer.index is None else self.layer.index


class Evidence:
    """A place, the words there (a secret in them is already masked), and why they matter.

    A fact always has evidence and few facts become findings, so evidence taken from a text works its place out only
    when somebody asks.
    """

    __slots__ = ("_at", "_end", "_start", "_text", "note")

    def __init__(self, at: Location, quote: str = "", note: str = "") -> None:
        self._at: Location | None = at
        self._text: Text | str = quote
        self._start = self._end = 0
        self.note = note

    @classmethod
    def of_text(cls, text: Text, start: int, end: int, note: str = "") -> Evidence:
        """``text.value[start:end]`` as evidence."""
        self = cls.__new__(cls)
        self._at, self._text, self._start, self._end, self.note = None, text, start, end, note
        return self

    @property
    def at(self) -> Location:
        """The place."""
        if self._at is None:
            assert isinstance(self._text, Text)
            self._at = self._text.location(self._start, self._end)
        return self._at

    @property
    def quote(self) -> str:
        """The words there."""
        return self._text if isinstance(self._text, str) else self._text.value[self._start : self._end]

    def release(self) -> None:
        """Keep the place and the words, and let go of the text they were taken from."""
        self._at, self._text = self.at, self.quote

    def _values(self) -> tuple[Location, str, str]:
        return self.at, self.quote, self.note

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Evidence) and self._values() == other._values()

    def __hash__(self) -> int:
        return hash(self._values())

    def __repr__(self) -> str:
        return f"Evidence(at={self.at!r}, quote={self.quote!r}, note={self.note!r})"

    def __reduce__(self) -> tuple[object, ...]:
        return Evidence, self._values()


class Text(Record):
    """Text taken from a file, perhaps with parts left out, that knows where each character stands in the file.

    ``starts`` are the offsets in ``value`` (ascending, the first is 0) at which a run of characters begins that
    also stand side by side on one line of the file; ``places`` are their (line, column), 1-based.
    """

    path: str
    value: str
    starts: tuple[int, ...] = (0,)
    places: tuple[tuple[int, int], ...] = ((1, 1),)
    layer: Layer | None = None
    note: str = ""
    """Why it counts, for text that stands elsewhere: ``inherited from python:3.12``; goes into its evidence."""

    @classmethod
    def of_file(cls, path: str, value: str, *, layer: Layer | None = None) -> Text:
        """A whole file's text."""
        starts, places, offset = [0], [(1, 1)], value.find("\n")
        while offset >= 0:
            starts.append(offset + 1)
            places.append((len(places) + 1, 1))
            offset = value.find("\n", offset + 1)
        return cls(path=path, value=value, starts=tuple(starts), places=tuple(places), layer=layer)

    def place(self, offset: int) -> tuple[int, int]:
        """(line, column) of the character at ``offset``."""
        run = bisect_right(self.starts, offset) - 1
        line, column = self.places[run]
        return line, column + offset - self.starts[run]

    def span(self, start: int, end: int) -> Span:
        """The span of ``value[start:end]`` (at least one character wide)."""
        first_line, first_column = self.place(start)
        last_line, last_column = self.place(max(start, end - 1))
        return Span(first_line, first_column, last_line, last_column)

    def location(self, start: int = 0, end: int | None = None) -> Location:
        """Where ``value[start:end]`` stands."""
        return Location(self.path, self.span(start, len(self.value) if end is None else end), self.layer)

    def evidence(self, start: int = 0, end: int | None = None, note: str = "") -> Evidence:
        """``value[start:end]`` as evidence."""
        return Evidence.of_text(self, start, len(self.value) if end is None else end, note or self.note)

    def joined(self, other: Text) -> tuple[Text, int]:
        """Both texts with a newline between them, and the offset at which the other begins."""
        shift = len(self.value) + 1
        text = Text(
            path=self.path,
            value=f"{self.value}\n{other.value}",
            starts=self.starts + tuple(shift + start for start in other.starts),
            places=self.places + other.places,
            layer=self.layer,
            note=self.note if self.note == other.note else "",
        )
        return text, shift

    def cut(self, *parts: tuple[int, int] | tuple[str, int]) -> Text:
        r"""A new text of some parts of this one, in order.

        A part is ``(start, end)``, or ``(words, offset)`` for words that stand for what is written at ``offset``
        (``\n`` for an escaped newline, say).
        """
        value: list[str] = []
        starts: list[int] = []
        places: list[tuple[int, int]] = []
        length = 0
        for first, second in parts:
            if isinstance(first, str):
                piece, cuts = first, [(0, self.place(second))]
            else:
                piece = self.value[first:second]
                run = bisect_right(self.starts, first) - 1
                cuts = [(0, self.place(first))]
                while run + 1 < len(self.starts) and self.starts[run + 1] < second:
                    run += 1
                    cuts.append((self.starts[run] - first, self.places[run]))
            if not piece:
                continue
            starts += [length + offset for offset, _ in cuts]
            places += [place for _, place in cuts]
            value.append(piece)
            length += len(piece)
        return Text(
            path=self.path,
            value="".join(value),
            starts=tuple(starts) or (0,),
            places=tuple(places) or (self.place(0),),
            layer=self.layer,
            note=self.note,
        )


class Word(NamedTuple):
    """One word of an instruction or a command, at ``start:end`` of the text it was read from.

    ``text`` is what the word means: quotes removed, variables filled in. A part that is not known stays as it is
    written (``torch==${VERSION}``, ``$(nproc)``), and then ``known`` is False.
    """

    text: str
    start: int
    end: int
    known: bool = True
