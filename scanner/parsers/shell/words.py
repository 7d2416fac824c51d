"""Words: quotes removed, variables filled in, substitutions found."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from scanner.model.location import Text, Word
from scanner.parsers.lazy import Lazy
from scanner.parsers.shell.escapes import unescaped
from scanner.parsers.shell.limits import MAX_ARITHMETIC, MAX_DEPTH, MAX_GLOB
from scanner.parsers.shell.parameters import NAME, Fields, ParameterReader
from scanner.parsers.shell.variables import Variables

if TYPE_CHECKING:
    from scanner.parsers.shell.draft import Inside, Part

_PLAIN = Lazy(r"[^ \t\n;&|<>()\\'\"$`]+")
_BETWEEN_QUOTES = Lazy(r'[^"\\$`]+')
_IN_HEREDOC = Lazy(r"[^\\$`]+")
_IN_BRACES = Lazy(r"[^}\\'\"$`/]+")
_SIMPLE_BRACES = Lazy(r"\$\{([A-Za-z_]\w*)\}", re.ASCII)


class WordReader(ParameterReader):
    """Reads the words of one script. ``substitution`` and ``inner`` read the commands in them."""

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

    def _fields(self, start: int, fields: Fields) -> int:  # noqa: PLR0912 (one hot loop)
        source, i = self.source, start
        while True:
            match = _PLAIN.match(source, i)
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

    def _dollar(self, start: int, fields: Fields, *, quoted: bool) -> int:  # noqa: PLR0911 (a case a line)
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
        match = NAME.match(source, start + 1)
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

    def operand(self, start: int, fields: Fields, stop: str) -> int:
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
