"""Lines to instructions: directives, comments, continuations."""

from __future__ import annotations

from typing import NamedTuple

from scanner.model.instruction import Comment, Directive
from scanner.model.location import Span, Text
from scanner.parsers.dockerfile.words import WHITESPACE
from scanner.parsers.lazy import Lazy

LONGEST_LINE = 65_535
"""Bytes in a line; BuildKit stops reading at a longer one (Go's ``bufio.MaxScanTokenSize``)."""

_DIRECTIVE = Lazy(r"([a-zA-Z][a-zA-Z0-9]*)[\t\f\r ]*=(.+)")
_DIRECTIVES = frozenset({"syntax", "escape", "check"})


class Whole(NamedTuple):
    """An instruction's lines joined to one: continuations in, comments and blank lines out, white space trimmed."""

    text: Text
    first: tuple[int, int]
    """(line, column) at which it begins."""
    blank: int = 0
    """The first blank line among its lines; 0 for none."""


class Reader:
    """Hands out the instructions of a file, then the heredoc bodies that each of them asks for."""

    def __init__(self, text: str, path: str) -> None:
        self.path = path
        self.lines = text.removeprefix("\ufeff").split("\n")
        if not self.lines[-1]:
            self.lines.pop()
        self.escape = "\\"
        self.directives: list[Directive] = []
        self.errors: list[tuple[int, str]] = []
        self._comments: list[tuple[Text, Span | None]] = []
        self._uncovered = 0
        self._ends: dict[str, dict[str, int]] = {}
        self.at = self._read_directives()
        """How many lines have been read."""

    def comments(self) -> tuple[Comment, ...]:
        """The comments so far."""
        return tuple(Comment(text=text, covers=span) for text, span in self._comments)

    def cover(self, span: Span) -> None:
        """The comments since the last instruction, above or inside, belong to the instruction at ``span``."""
        comments = self._comments
        if self._uncovered == len(comments):
            return
        for index in range(self._uncovered, len(comments)):
            comments[index] = comments[index][0], span
        self._uncovered = len(comments)

    def span(self, first: tuple[int, int]) -> Span:
        """From ``first`` to the end of the last line read."""
        return Span(first[0], first[1], self.at, len(self.lines[self.at - 1].rstrip("\r")) or 1)

    def next(self) -> Whole | None:
        """The next instruction; None at the end of the file."""
        lines, count = self.lines, len(self.lines)
        while self.at < count:
            raw = lines[self.at].rstrip("\r")
            self.at += 1
            line = raw.lstrip(WHITESPACE)
            if not line:
                continue
            first = (self.at, len(raw) - len(line) + 1)
            if line[0] == "#":
                self._comment(line, first)
                continue
            if self.escape in line:
                line, more = self._continued(line)
                if more:
                    return Whole(*self._join(line, first))
            value = line.rstrip(WHITESPACE)
            return Whole(Text(path=self.path, value=value, starts=(0,), places=(first,), layer=None), first)
        return None

    def body(self, name: str, margin: str) -> Text | None:
        """The lines up to ``name``, which ``margin`` may stand before; None, and nothing is read, without such a line.

        With ``WHITESPACE`` as margin, white space may follow it too. A margin of tabs is cut from every line.
        """
        ends = self._ends.get(margin)
        if ends is None:
            ends = self._ends[margin] = {_end(line, margin): at for at, line in enumerate(self.lines)}
        if ends.get(name, -1) < self.at:
            return None
        first = last = self.at
        while _end(self.lines[last], margin) != name:
            last += 1
        self.at = last + 1
        return self._lines(first, last, "\t" if margin == "\t" else "")

    def _lines(self, first: int, last: int, margin: str) -> Text:
        value, starts, places, length = [], [], [], 0
        for number in range(first, last):
            line = self.lines[number]
            kept = line.lstrip(margin)
            starts.append(length)
            places.append((number + 1, len(line) - len(kept) + 1))
            value.append(kept + "\n")
            length += len(kept) + 1
        return Text(
            path=self.path,
            value="".join(value),
            starts=tuple(starts) or (0,),
            places=tuple(places) or ((first + 1, 1),),
        )

    def _continued(self, line: str) -> tuple[str, bool]:
        """The line without its continuation character, and whether it has one: the last one, not doubled."""
        tail = line.rstrip(" \t")
        if tail.endswith(self.escape) and tail[-2:-1] != self.escape:
            return tail[:-1], True
        return line, False

    def _join(self, line: str, first: tuple[int, int]) -> tuple[Text, tuple[int, int], int]:
        lines, count, at = self.lines, len(self.lines), self.at
        value, starts, places, length = [line], [0], [first], len(line)
        more, blank = True, 0
        while more and at < count:
            raw = lines[at].rstrip("\r")
            at += 1
            stripped = raw.lstrip(WHITESPACE)
            if not stripped:
                blank = blank or at
                continue
            if stripped[0] == "#":
                self._comment(stripped, (at, len(raw) - len(stripped) + 1))
                continue
            line, more = self._continued(raw)
            if line:
                starts.append(length)
                places.append((at, 1))
                value.append(line)
                length += len(line)
        self.at = at
        joined = "".join(value).rstrip(WHITESPACE)
        text = Text(path=self.path, value=joined, starts=tuple(starts), places=tuple(places), layer=None)
        margin = len(joined) - len(joined.lstrip(WHITESPACE))
        return text.cut((margin, len(joined))) if margin else text, first, blank

    def _comment(self, line: str, at: tuple[int, int]) -> None:
        body = line[1:].lstrip(WHITESPACE)
        place = (at[0], at[1] + len(line) - len(body))
        self._comments.append((Text(path=self.path, value=body.rstrip(WHITESPACE), starts=(0,), places=(place,)), None))

    def _read_directives(self) -> int:
        seen = set()
        for number, raw in enumerate(self.lines):
            line = raw.rstrip("\r").lstrip(WHITESPACE)
            match = _DIRECTIVE.match(line[1:].lstrip(WHITESPACE)) if line.startswith("#") else None
            name = match[1].lower() if match else ""
            if not match or name not in _DIRECTIVES:
                return number
            value = match[2].strip("\t\f\r ")
            if name in seen:
                self.errors.append((number + 1, f"a second {name} directive: keep one"))
            elif name == "escape" and value not in ("\\", "`"):
                self.errors.append((number + 1, "the escape directive takes \\ or ` only"))
            else:
                self.directives.append(Directive(name, value, number + 1))
                if name == "escape":
                    self.escape = value
            seen.add(name)
        return len(self.lines)


def _end(line: str, margin: str) -> str:
    """A line as it is held against the name of a here-document."""
    return line.lstrip(margin).rstrip(WHITESPACE if margin == WHITESPACE else "\r")
