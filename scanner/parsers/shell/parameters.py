"""Variables in words: what ``$NAME`` and ``${NAME operator word}`` become."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from scanner.model.location import Text
from scanner.parsers.lazy import Lazy
from scanner.parsers.shell.expansion import apply
from scanner.parsers.shell.limits import MAX_ERRORS, MAX_EXPANDED, MAX_SCRIPT, MAX_VALUE

if TYPE_CHECKING:
    from scanner.parsers.shell.draft import Part, Shared
    from scanner.parsers.shell.variables import Value, Variables

NAME = Lazy(r"[A-Za-z_]\w*", re.ASCII)
_BRACES = Lazy(
    r"(?a)([!#]?)([A-Za-z_]\w*|[0-9]+|[@*#?$!-])(?:\[([@*]|[^\]\s$`'\"]{0,256})\])?"
    r"(:-|:=|:\+|:\?|[-=+?]|##?|%%?|/[/#%]?|\^\^?|,,?|:|@)?"
)
_PATTERN_COST = 8
"""What matching a pattern costs of ``MAX_EXPANDED``, for each character of the value."""


class Fields:
    """The fields that one written word becomes: one, unless a variable without quotes holds blanks or nothing."""

    __slots__ = ("done", "known", "parts", "quoted", "whole")

    def __init__(self, *, whole: bool = False) -> None:
        self.parts: list[Part] = []
        self.done: list[list[Part]] = []
        self.known = True
        self.quoted = False
        self.whole = whole
        """Never split: the value of an assignment, the target of a redirection."""

    def split(self) -> None:
        """Begin the next field."""
        if self.parts or self.quoted:
            self.done.append(self.parts)
        self.parts = []
        self.quoted = False

    def close(self) -> list[list[Part]]:
        """All fields."""
        self.split()
        return self.done


class ParameterReader:
    """Reads what begins with a dollar and fills in variables. ``operand`` reads a word inside braces."""

    def __init__(self, text: Text, variables: Variables, shared: Shared, depth: int) -> None:
        self.text = text
        value = text.value if len(text.value) <= MAX_SCRIPT else text.value[:MAX_SCRIPT]
        self.length = len(value)
        self.source = (value.replace("\r\n", " \n") if "\r" in value else value) + "\n"
        """The text and a newline, so that there is always a character to look at."""
        self.variables = variables
        self.shared = shared
        self.depth = depth
        self.errors: list[tuple[int, int, str]] = []
        self.stopped = False
        self.unknown: set[Part] = set()
        """Parts of words that are not known."""
        self.opaque: dict[int, int] = {}
        """Where (start: end) stands what an outer script left as it is written: not read again."""
        if len(text.value) > MAX_SCRIPT:
            self.error(MAX_SCRIPT, len(text.value), f"the script is longer than {MAX_SCRIPT} characters")

    def error(self, start: int, end: int, reason: str) -> None:
        """Note what could not be read."""
        if not self.stopped and len(self.errors) < MAX_ERRORS:
            self.errors.append((start, max(start, min(end, len(self.text.value))), reason))

    def stop(self, start: int, reason: str) -> int:
        """Give up: nothing after ``start`` is read."""
        self.error(start, self.length, reason)
        self.stopped = True
        return self.length

    def operand(self, start: int, fields: Fields, stop: str) -> int:
        """Read the word inside braces up to ``}`` or ``stop``; the offset of that."""
        raise NotImplementedError

    def join(self, parts: list[Part]) -> str:
        """The characters of some parts."""
        if len(parts) == 1:
            first, second = parts[0]
            return first if isinstance(first, str) else self.source[first:second]
        return "".join([part[0] if isinstance(part[0], str) else self.source[part[0] : part[1]] for part in parts])

    def _unknown(self, start: int, end: int, fields: Fields) -> int:
        """A part that is not known stays as written; its end."""
        fields.parts.append((start, end))
        fields.known = False
        self.unknown.add((start, end))
        return end

    def _fill(self, value: Value, start: int, end: int, fields: Fields, *, quoted: bool) -> None:
        """A variable's value, written ``start:end``."""
        if isinstance(value, tuple):
            value = value[0] if value else ""
        if value is None or not self._afford(len(value), start):
            self._unknown(start, end, fields)
        elif quoted or fields.whole or not (" " in value or "\t" in value or "\n" in value):
            if value:
                fields.parts.append((value, start))
        else:
            if value[0] in " \t\n":
                fields.split()
            for n, piece in enumerate(value.split()):
                if n:
                    fields.split()
                fields.parts.append((piece, start))
            if value[-1] in " \t\n":
                fields.split()

    def _afford(self, size: int, start: int) -> bool:
        """Whether ``size`` more characters out of variables are still allowed."""
        before = self.shared.spent
        self.shared.spent += size
        if before <= MAX_EXPANDED < before + size:
            self.error(start, start + 1, f"variables add more than {MAX_EXPANDED} characters")
        return size <= MAX_VALUE and before + size <= MAX_EXPANDED

    def _braces(self, start: int, fields: Fields, *, quoted: bool) -> int:
        """``${…}`` with an operator, an index or something special in it."""
        match = _BRACES.match(self.source, start + 2)
        if not match:
            return self._skip_braces(start, start + 2, fields)
        prefix, name, index, operator = match.groups()
        operand, replacement = Fields(), Fields()
        end = self.operand(match.end(), operand, "/" if operator and operator[0] == "/" else "")
        if self.source[end] == "/" and end < self.length:
            end = self.operand(end + 1, replacement, "")
        if self.source[end] != "}" or end >= self.length:
            self.error(start, end, "a brace is not closed")
            self._unknown(start, end, fields)
            return end
        end += 1
        value = self.variables.get(name) if NAME.match(name) else None
        if prefix == "!" or name[0] in "0123456789@*#?$!-" or (operator is None and match.end() != end - 1):
            self._unknown(start, end, fields)
        elif isinstance(value, tuple):
            self._elements(value, index, operator or prefix, (start, end), fields, quoted=quoted)
        elif index not in {None, "0", "@", "*"}:
            self._unknown(start, end, fields)
        elif prefix == "#":
            self._fill(None if value is None or operator else str(len(value)), start, end, fields, quoted=quoted)
        else:
            result = self._operated(name, operator or "", (operand, replacement), start)
            self._fill(result, start, end, fields, quoted=quoted or operand.quoted)
        return end

    def _operated(self, name: str, operator: str, operands: tuple[Fields, Fields], start: int) -> str | None:
        """What a variable that is no array gives with an operator behind it."""
        value = self.variables.string(name)
        operand, replacement = operands
        if value is None or not operator:
            return value
        word = self.join(operand.parts) if operand.known else None
        if operator.lstrip(":") in {"-", "=", "?", "+"}:
            counts = bool(value) or operator[0] != ":"
            if operator[-1] == "+":
                return word if counts else ""
            if counts:
                return value
            if operator[-1] == "=":
                self.variables.set(name, word, start)
            return None if operator[-1] == "?" else word
        if (
            word is None
            or not replacement.known
            or operand.quoted
            or not self._afford(_PATTERN_COST * len(value), start)
        ):
            return None
        return apply(operator, value, word, self.join(replacement.parts))

    def _elements(
        self,
        value: tuple[str, ...],
        subscript: str | None,
        operator: str,
        where: tuple[int, int],
        fields: Fields,
        *,
        quoted: bool,
    ) -> None:
        """``${NAME[@]}``, ``${NAME[2]}``, ``${#NAME[@]}`` of an array that is known."""
        start, _ = where
        if operator == "#":
            self._fill(str(len(value)) if subscript in {"@", "*"} else None, *where, fields, quoted=quoted)
        elif operator or not self._afford(len(value), start):
            self._unknown(*where, fields)
        elif subscript == "@" or (subscript == "*" and not quoted):
            for n, item in enumerate(value):
                if n:
                    fields.quoted = fields.quoted and bool(fields.parts)
                    fields.split()
                self._fill(item, *where, fields, quoted=quoted)
                if quoted and not item:
                    fields.quoted = True
        elif subscript == "*":
            self._fill(" ".join(value), *where, fields, quoted=True)
        elif subscript is None or subscript.isdigit():
            n = int(subscript or 0) if len(subscript or "") < 6 else len(value)
            self._fill(value[n] if n < len(value) else "", *where, fields, quoted=quoted)
        else:
            self._unknown(*where, fields)

    def _skip_braces(self, start: int, after: int, fields: Fields) -> int:
        """``${`` with something unusual behind it: all of it as written."""
        end = self.operand(after, Fields(), "")
        if end < self.length and self.source[end] == "}":
            end += 1
        else:
            self.error(start, end, "a brace is not closed")
        self._unknown(start, end, fields)
        return end
