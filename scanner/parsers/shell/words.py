"""Words: quotes removed, variables filled in, substitutions found."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from scanner.model.location import Text, Word
from scanner.parsers.shell.expansion import apply
from scanner.parsers.shell.limits import (
    MAX_ARITHMETIC,
    MAX_DEPTH,
    MAX_ERRORS,
    MAX_EXPANDED,
    MAX_GLOB,
    MAX_SCRIPT,
    MAX_VALUE,
)

from scanner.parsers.shell.variables import Variables

if TYPE_CHECKING:
    from scanner.parsers.shell.draft import Inside, Part, Shared
    from scanner.parsers.shell.variables import Value

PLAIN = re.compile(r"[^ \t\n;&|<>()\\'\"$`]+")
_BETWEEN_QUOTES = re.compile(r'[^"\\$`]+')
_IN_HEREDOC = re.compile(r"[^\\$`]+")
_IN_BRACES = re.compile(r"[^}\\'\"$`/]+")
_NAME = re.compile(r"[A-Za-z_]\w*", re.ASCII)
_SIMPLE_BRACES = re.compile(r"\$\{([A-Za-z_]\w*)\}", re.ASCII)
_BRACES = re.compile(
    r"([!#]?)([A-Za-z_]\w*|[0-9]+|[@*#?$!-])(?:\[([@*]|[^\]\s$`'\"]*)\])?"
    r"(:-|:=|:\+|:\?|[-=+?]|##?|%%?|/[/#%]?|\^\^?|,,?|:|@)?",
    re.ASCII,
)
ESCAPES = re.compile(r"\\(?:x[0-9a-fA-F]{1,2}|u[0-9a-fA-F]{1,4}|U[0-9a-fA-F]{1,8}|[0-7]{1,3}|c.|.)", re.DOTALL)
_PATTERN_COST = 8
"""What matching a pattern costs of ``MAX_EXPANDED``, for each character of the value."""
_LETTERS = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "f": "\f", "v": "\v", "e": "\x1b", "E": "\x1b"}


def unescape(escape: str) -> str:
    r"""What ``\n``, ``\x41``, ``\u263a`` or ``\101`` stands for in ``$'…'``, ``printf`` and ``echo -e``."""
    kind, digits = escape[1], escape[2:]
    if kind in "xuU" and digits:
        code = int(digits, 16)
        return chr(code) if code < 0x110000 and not 0xD800 <= code < 0xE000 else escape
    if kind in "01234567":
        return chr(int(escape[1:], 8) & 255)
    if kind == "c" and digits:
        return chr(ord(digits) & 31)
    return _LETTERS.get(kind) or (kind if kind in "\\'\"?" else escape)


def unescaped(source: str, start: int, end: int) -> list[Part]:
    """``source[start:end]`` with its backslash escapes resolved."""
    parts: list[Part] = []
    for match in ESCAPES.finditer(source, start, end):
        if match.start() > start:
            parts.append((start, match.start()))
        parts.append((unescape(match[0]), match.start()))
        start = match.end()
    if start < end:
        parts.append((start, end))
    return parts


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


class WordReader:
    """Reads the words of one script. ``substitution`` and ``inner`` read the commands in them."""

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

    def substitution(self, start: int, inside: Inside) -> int:
        """Read the commands after ``$(``; the offset after the ``)``."""
        raise NotImplementedError

    def inner(
        self, text: Text, inside: Inside, where: tuple[int, int], variables: Variables, opaque: dict[int, int]
    ) -> None:
        """Read the commands of a script inside this one, written ``where``."""
        raise NotImplementedError

    def holes_in(self, parts: list[Part]) -> dict[int, int]:
        """Where unknown parts stand in the text that these parts make."""
        holes, at = {}, 0
        for part in parts:
            length = len(part[0]) if isinstance(part[0], str) else part[1] - part[0]
            if part in self.unknown:
                holes[at] = at + length
            at += length
        return holes

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

    def word(self, start: int) -> tuple[list[Word], list[list[Part]], int]:
        """The written word at ``start``: the words it becomes, what each is made of, and where it ends."""
        fields = Fields()
        end = self._fields(start, fields)
        parts = fields.close()
        known = fields.known
        return [Word(self.join(field), start, end, known) for field in parts], parts, end

    def whole(self, start: int) -> tuple[Word, list[Part]]:
        """The written word at ``start`` as one word, whatever its variables hold."""
        fields = Fields(whole=True)
        end = self._fields(start, fields)
        return Word(self.join(fields.parts), start, end, fields.known), fields.parts

    def _fields(self, start: int, fields: Fields) -> int:
        source, i = self.source, start
        while True:
            match = PLAIN.match(source, i)
            if match:
                fields.parts.append((i, match.end()))
                i = match.end()
            c = source[i]
            if c == "$":
                i = self._dollar(i, fields, quoted=False)
            elif c == '"':
                fields.quoted = True
                i = self._double(i + 1, fields)
            elif c == "'":
                fields.quoted = True
                i = self._single(i, fields)
            elif c == "\\":
                if source[i + 1] != "\n":
                    fields.parts.append((i + 1, i + 2))
                    i += 2
                elif i + 1 < self.length:
                    i += 2
                else:
                    fields.parts.append((i, i + 1))
                    i += 1
            elif c == "`":
                i = self._backticks(i, fields)
            elif c in "<>" and source[i + 1] == "(":
                end = self.opaque.get(i) or self.substitution(i + 2, "<()" if c == "<" else ">()")
                i = self._unknown(i, end, fields)
            elif c == "(" and i > start and source[i - 1] in "?*+@!":
                end = source.find(")", i, i + MAX_GLOB) + 1 or i + 1
                self._unknown(i, end, fields)
                i = end
            else:
                return i

    def _single(self, start: int, fields: Fields) -> int:
        end = self.source.find("'", start + 1)
        if end < 0:
            self.error(start, self.length, "a single quote is not closed")
            end = self.length
        fields.parts.append((start + 1, end))
        return min(end + 1, self.length)

    def _double(self, start: int, fields: Fields) -> int:
        """What is between double quotes; the offset after the closing one."""
        source, i = self.source, start
        while True:
            match = _BETWEEN_QUOTES.match(source, i, self.length)
            if match:
                fields.parts.append((i, match.end()))
                i = match.end()
            if i >= self.length:
                self.error(start - 1, self.length, "a double quote is not closed")
                return self.length
            if source[i] == '"':
                return i + 1
            i = self._escape(i, fields, '$`"\\')

    def heredoc(self) -> list[Part]:
        """The whole text as the body of a here-document: variables filled in, commands read."""
        fields, source, i = Fields(), self.source, 0
        while i < self.length:
            match = _IN_HEREDOC.match(source, i, self.length)
            if match:
                fields.parts.append((i, match.end()))
                i = match.end()
            else:
                i = self._escape(i, fields, "$`\\")
        return fields.parts

    def _escape(self, i: int, fields: Fields, escapable: str) -> int:
        """A backslash, dollar or backtick between double quotes."""
        c = self.source[i]
        if c == "$":
            return self._dollar(i, fields, quoted=True)
        if c == "`":
            return self._backticks(i, fields)
        following = self.source[i + 1]
        if following == "\n" and i + 1 < self.length:
            return i + 2
        if following in escapable:
            fields.parts.append((i + 1, i + 2))
            return i + 2
        fields.parts.append((i, i + 1))
        return i + 1

    def _backticks(self, start: int, fields: Fields) -> int:
        if start in self.opaque:
            return self._unknown(start, self.opaque[start], fields)
        parts: list[Part] = []
        i = begin = start + 1
        source = self.source
        while i < self.length and source[i] != "`":
            if source[i] == "\\" and source[i + 1] in "`$\\":
                parts.append((begin, i))
                begin = i + 1
                i += 1
            i += 1
        i = min(i, self.length)
        if i >= self.length:
            self.error(start, self.length, "a backtick is not closed")
        parts.append((begin, i))
        end = min(i + 1, self.length)
        self._unknown(start, end, fields)
        if end - start > 2:
            self.inner(self.text.cut(*parts), "$()", (start, end), Variables(self.variables.string), {})
        return end

    def _dollar(self, start: int, fields: Fields, *, quoted: bool) -> int:
        source = self.source
        if start in self.opaque:
            return self._unknown(start, self.opaque[start], fields)
        c = source[start + 1]
        if c == "{":
            match = _SIMPLE_BRACES.match(source, start)
            if match:
                self._fill(self.variables.get(match[1]), start, match.end(), fields, quoted=quoted)
                return match.end()
            return self._braces(start, fields, quoted=quoted)
        match = _NAME.match(source, start + 1)
        if match:
            self._fill(self.variables.get(match[0]), start, match.end(), fields, quoted=quoted)
            return match.end()
        if c == "(":
            if source[start + 2] == "(":
                end = self.arithmetic(start + 1)
                if end:
                    self._unknown(start, end, fields)
                    return end
            end = self.substitution(start + 2, "$()")
            self._unknown(start, end, fields)
            return end
        if c in "0123456789@*#?$!-":
            self._unknown(start, start + 2, fields)
            return start + 2
        if c == "'" and not quoted:
            fields.quoted = True
            return self._ansi(start, fields)
        if c == '"' and not quoted:
            return start + 1
        fields.parts.append((start, start + 1))
        return start + 1

    def _ansi(self, start: int, fields: Fields) -> int:
        end = start + 2
        while end < self.length and self.source[end] != "'":
            end += 2 if self.source[end] == "\\" else 1
        if end >= self.length:
            self.error(start, self.length, "a single quote is not closed")
            end = self.length
        fields.parts.extend(unescaped(self.source, start + 2, end))
        return min(end + 1, self.length)

    def arithmetic(self, start: int) -> int:
        """``((…))``: commands in it are read; the offset after it, 0 when it is something else."""
        source, level, i = self.source, 0, start
        inner: list[int] = []
        while i < min(self.length, start + MAX_ARITHMETIC):
            c = source[i]
            if c == "(":
                level += 1
                if source[i - 1] == "$" and level > 2 and source[i + 1] != "(":
                    inner.append(i + 1)
            elif c == ")":
                level -= 1
                if level == 0:
                    break
                if level == 1 and source[i + 1] != ")":
                    return 0
            i += 1
        else:
            return 0
        done = 0
        for place in inner:
            if place >= done:
                done = self.substitution(place, "$()")
        return i + 1

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
        end = self._operand(match.end(), operand, stop="/" if operator and operator[0] == "/" else "")
        if self.source[end] == "/" and end < self.length:
            end = self._operand(end + 1, replacement, stop="")
        if self.source[end] != "}" or end >= self.length:
            self.error(start, end, "a brace is not closed")
            self._unknown(start, end, fields)
            return end
        end += 1
        value = self.variables.get(name) if _NAME.match(name) else None
        if prefix == "!" or name[0] in "0123456789@*#?$!-" or (operator is None and match.end() != end - 1):
            self._unknown(start, end, fields)
        elif isinstance(value, tuple):
            self._elements(value, index, operator or prefix, start, end, fields, quoted=quoted)
        elif index not in {None, "0", "@", "*"}:
            self._unknown(start, end, fields)
        elif prefix == "#":
            self._fill(None if value is None or operator else str(len(value)), start, end, fields, quoted=quoted)
        else:
            result = self._operated(name, value, operator or "", operand, replacement, start)
            self._fill(result, start, end, fields, quoted=quoted or operand.quoted)
        return end

    def _operated(
        self, name: str, value: str | None, operator: str, operand: Fields, replacement: Fields, start: int
    ) -> str | None:
        if value is None or not operator:
            return value
        if operator[-1] in "-=?+" and operator[0] in ":-=?+":
            empty = operator[0] == ":" and not value
            if operator[-1] == "+":
                chosen = "" if empty else None
            else:
                chosen = None if empty else value
            if chosen is not None:
                return chosen
            result = self.join(operand.parts) if operand.known and operator[-1] != "?" else None
            if operator[-1] == "=":
                self.variables.set(name, result, start)
            return result
        if not (operand.known and replacement.known) or (operand.quoted and operator != ":"):
            return None
        if not self._afford(_PATTERN_COST * len(value), start):
            return None
        return apply(operator, value, self.join(operand.parts), self.join(replacement.parts))

    def _elements(
        self,
        value: tuple[str, ...],
        index: str | None,
        operator: str,
        start: int,
        end: int,
        fields: Fields,
        *,
        quoted: bool,
    ) -> None:
        """``${NAME[@]}``, ``${NAME[2]}``, ``${#NAME[@]}`` of an array that is known."""
        if operator == "#":
            self._fill(str(len(value)) if index in {"@", "*"} else None, start, end, fields, quoted=quoted)
        elif operator or not self._afford(len(value), start):
            self._unknown(start, end, fields)
        elif index == "@" or (index == "*" and not quoted):
            for n, item in enumerate(value):
                if n:
                    fields.quoted = fields.quoted and bool(fields.parts)
                    fields.split()
                self._fill(item, start, end, fields, quoted=quoted)
                if quoted and not item:
                    fields.quoted = True
        elif index == "*":
            self._fill(" ".join(value), start, end, fields, quoted=True)
        elif index is None or index.isdigit():
            n = int(index or 0) if len(index or "") < 6 else len(value)
            self._fill(value[n] if n < len(value) else "", start, end, fields, quoted=quoted)
        else:
            self._unknown(start, end, fields)

    def _skip_braces(self, start: int, after: int, fields: Fields) -> int:
        """``${`` with something unusual behind it: all of it as written."""
        end = self._operand(after, Fields(), stop="")
        if end < self.length and self.source[end] == "}":
            end += 1
        else:
            self.error(start, end, "a brace is not closed")
        self._unknown(start, end, fields)
        return end

    def _operand(self, start: int, fields: Fields, *, stop: str) -> int:
        """The word inside braces up to ``}`` or ``stop``; the offset of that."""
        if self.depth >= MAX_DEPTH:
            return self.stop(start, f"more than {MAX_DEPTH} levels of substitution")
        self.depth += 1
        source, i = self.source, start
        while True:
            match = _IN_BRACES.match(source, i, self.length)
            if match:
                fields.parts.append((i, match.end()))
                i = match.end()
            if i >= self.length:
                break
            c = source[i]
            if c == "}" or (c == stop and i > start):
                break
            if c == "'":
                fields.quoted = True
                i = self._single(i, fields)
            elif c == '"':
                fields.quoted = True
                i = self._double(i + 1, fields)
            elif c == "/":
                fields.parts.append((i, i + 1))
                i += 1
            elif c == "\\":
                keep = stop or source[i + 1] not in "}$`\"\\'"
                fields.parts.append((i, i + 2) if keep else (i + 1, i + 2))
                fields.quoted = True
                i += 2
            else:
                i = self._escape(i, fields, "")
        self.depth -= 1
        return min(i, self.length)
