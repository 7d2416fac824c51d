"""A line of somebody else's file, safe to print, and where its words end up on the screen."""

from __future__ import annotations

from typing import NamedTuple

TAB = 4
LEAD = 24
"""Characters shown in front of the words when a line is too long to show whole."""


def visible(text: str) -> str:
    r"""Text without anything a terminal obeys: control characters become ``\x1b``, ``\n``, ``\u202e`` and the like."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def shortened(text: str, width: int) -> str:
    """The text made visible, its end cut when it is longer than ``width`` characters."""
    text = visible(text[: width + 1])
    return text if len(text) <= width else text[: width - 1] + "…"


class Quote(NamedTuple):
    """A line, or the part of it around some words, as it looks on the screen."""

    text: str
    start: int
    """Index in the line of the first character shown."""
    cells: tuple[int, ...]
    """Where each character shown begins on the screen, and at last where the next one would."""

    @property
    def end(self) -> int:
        """Index in the line of the first character no longer shown."""
        return self.start + len(self.cells) - 1

    def underline(self, first: int, last: int) -> tuple[int, int]:
        """Screen columns (0-based, end exclusive) of the columns ``first`` to ``last`` (1-based, both inclusive).

        At least one wide, and inside what is shown.
        """
        begin = self.cells[min(max(first - 1, self.start), self.end) - self.start]
        stop = self.cells[min(max(last, self.start), self.end) - self.start]
        return begin, max(stop, begin + 1)


def quote(line: str, column: int, width: int) -> Quote:
    """The part of ``line`` that shows ``column`` (1-based) in about ``width`` characters; costs no more than that."""
    start, end = 0, len(line)
    if end > width:
        start = max(0, min(column - 1 - LEAD, end - width))
        end = min(end, start + width)
    part = line[start:end]
    shown = ["…"] if start else []
    cell = len(shown)
    if part.isascii() and part.isprintable():  # a cell each
        return Quote(
            f"{'…' if start else ''}{part}{'…' if end < len(line) else ''}".rstrip(),
            start,
            tuple(range(cell, cell + len(part) + 1)),
        )
    cells = []
    for character in part:
        cells.append(cell)
        piece, size = _drawn(character, cell)
        shown.append(piece)
        cell += size
    cells.append(cell)
    if end < len(line):
        shown.append("…")
    return Quote("".join(shown).rstrip(), start, tuple(cells))


def _drawn(character: str, cell: int) -> tuple[str, int]:
    """What to print for a character that stands at a screen column, and how wide that is."""
    if character == "\t":
        size = TAB - cell % TAB
        return " " * size, size
    if not character.isprintable():
        piece = visible(character)
        return piece, len(piece)
    if character < "\u0300":
        return character, 1
    import unicodedata

    if unicodedata.combining(character) or unicodedata.category(character) in ("Mn", "Me"):
        return character, 0
    return character, 2 if unicodedata.east_asian_width(character) in "WF" else 1
