"""The words of a Dockerfile with their variables filled in and their quotes removed, as BuildKit does it.

Three-valued: what is not known stays as it is written. Held to ``shell.Lex`` of moby/buildkit
(``frontend/dockerfile/shell``, v0.34), which knows ``$V ${V} ${V:-w} ${V-w} ${V:+w} ${V+w} ${V:?w} ${V?w} ${V#p}
${V##p} ${V%p} ${V%%p} ${V/p/w} ${V//p/w}``.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from enum import Enum
from typing import Final, NamedTuple

from scanner.parsers import wildcards
from scanner.parsers.dockerfile.words import WHITESPACE
from scanner.parsers.lazy import Lazy

DEEPEST = 50
"""How many ``${…}`` may stand inside one another."""

MAX_FILLED_IN = 1 << 20
"""Characters of all the values that one word may take in."""

_NAME = Lazy(r"[0-9]+|[@*#?$!-]|[^\W\d]\w*|")
_TEMPLATE = Lazy(r"\$(?:(\$)|\w+|\{\w+\})")
_SPACE = Lazy(f"([{WHITESPACE}]+)")


class _Unset(Enum):
    UNSET = "unset"


class _Open(Enum):
    OPEN = "open"


UNSET: Final = _Unset.UNSET
"""What a lookup says of a variable that has no value at all, and is known to have none."""
OPEN: Final = _Open.OPEN
"""The same of one that has none unless the command line gives it one: ``${V:-w}`` is ``w``, ``$V`` is not known."""

Value = str | _Unset | _Open | None
Lookup = Callable[[str], Value]
"""A variable's value, ``UNSET``, ``OPEN``, or None when it is not known (not even whether it is set)."""


class Expanded(NamedTuple):
    """A word filled in; when it is not ``known``, parts of it still stand as ``${NAME}``, modifier and all."""

    text: str
    known: bool


def expand(word: str, lookup: Lookup, escape: str = "\\") -> Expanded:
    """``word`` filled in, quotes and escapes removed.

    Raises:
        ValueError: BuildKit would not take it: a bad substitution, a quote that does not close, ``${V:?}`` unset.
    """
    pieces = _Expander(word, lookup, escape).until("", 0, raw=False)
    return Expanded("".join(piece.text for piece in pieces), all(piece.known for piece in pieces))


def words(word: str, lookup: Lookup, escape: str = "\\") -> tuple[Expanded, ...]:
    """``word`` filled in and then split at white space outside quotes: the ports of ``EXPOSE $PORTS``.

    Raises:
        ValueError: as ``expand`` does.
    """
    found: list[Expanded] = []
    text, known = "", True
    for piece in _Expander(word, lookup, escape).until("", 0, raw=False):
        for part in _SPACE.split(piece.text) if piece.splits else [piece.text]:
            if piece.splits and part[:1] in WHITESPACE and part:
                if text:
                    found.append(Expanded(text, known))
                text, known = "", True
            else:
                text, known = text + part, known and piece.known
    if text:
        found.append(Expanded(text, known))
    return tuple(found)


def unquote(word: str, escape: str = "\\") -> str:
    """``word`` without quotes and escapes, variables left as ``${NAME}``: the value of an ENV, LABEL or ARG.

    Raises:
        ValueError: as ``expand`` does.
    """
    return expand(word, lambda name: None, escape).text


class _Piece(NamedTuple):
    text: str
    known: bool = True
    splits: bool = False
    """White space in it separates words."""


class _Expander:
    """Reads one word from left to right."""

    def __init__(self, word: str, lookup: Lookup, escape: str) -> None:
        self._word = word.removeprefix("\ufeff")
        self._at = 0
        self._lookup = lookup
        self._filled_in = 0
        self._escape = escape
        self._plain = re.compile(rf"[^$'\"{re.escape(escape)}}}/]+")

    def until(self, stop: str, depth: int, *, raw: bool, pattern: bool = False) -> list[_Piece]:
        """What stands before ``stop``, which is passed; before the end of the word for "".

        ``raw`` keeps escapes, for patterns; ``pattern`` doubles those that stand inside quotes.
        """
        pieces: list[_Piece] = []
        word = self._word
        while self._at < len(word):
            character = word[self._at]
            if character == stop:
                self._at += 1
                return pieces
            if character == "$":
                pieces.append(self._dollar(depth))
            elif character == "'":
                pieces.append(self._single_quotes(pattern))
            elif character == '"':
                pieces += self._double_quotes(depth, raw=raw)
            elif character == self._escape:
                escaped = word[self._at + 1 : self._at + 2]
                pieces.append(_Piece((character if raw else "") + escaped))
                self._at += 2
            else:
                match = self._plain.match(word, self._at)
                end = match.end() if match else self._at + 1
                pieces.append(_Piece(word[self._at : end], splits=True))
                self._at = end
        if stop:
            raise ValueError(f"a ${{…}} without its {stop}")
        return pieces

    def _single_quotes(self, pattern: bool) -> _Piece:
        close = self._word.find("'", self._at + 1)
        if close < 0:
            raise ValueError("a ' that does not close")
        text = self._word[self._at + 1 : close]
        self._at = close + 1
        return _Piece(text.replace(self._escape, self._escape * 2) if pattern else text)

    def _double_quotes(self, depth: int, *, raw: bool) -> list[_Piece]:
        word, escape = self._word, self._escape
        pieces = [_Piece("")]
        self._at += 1
        while self._at < len(word):
            character = word[self._at]
            if character == '"':
                self._at += 1
                return pieces
            if character == "$":
                pieces.append(self._dollar(depth)._replace(splits=False))
            elif character == escape:
                following = word[self._at + 1 : self._at + 2]
                special = following in ('"', "$", escape)
                pieces.append(_Piece((escape if raw else "") + (following if special else escape)))
                self._at += 2 if special else 1
            else:
                match = self._plain.match(word, self._at)
                end = match.end() if match else self._at + 1
                pieces.append(_Piece(word[self._at : end]))
                self._at = end
        raise ValueError('a " that does not close')

    def _dollar(self, depth: int) -> _Piece:
        start = self._at
        self._at += 1
        if not self._word.startswith("{", self._at):
            name = self._name()
            return self._value(name, f"${{{name}}}") if name else _Piece("$", splits=True)
        self._at += 1
        if depth >= DEEPEST:
            raise ValueError(f"more than {DEEPEST} ${{…}} inside one another")
        if self._word[self._at : self._at + 1] in ("", "{", "}", ":"):
            raise ValueError("a bad substitution: ${ needs a name")
        piece = self._substitution(self._name(), depth + 1)
        return piece if piece.known or piece.text else _Piece(self._word[start : self._at], known=False)

    def _name(self) -> str:
        match = _NAME.match(self._word, self._at)
        name = match[0] if match else ""
        self._at += len(name)
        return name

    def _found(self, name: str) -> Value:
        value = self._lookup(name)
        if isinstance(value, str):
            self._filled_in += len(value)
            if self._filled_in > MAX_FILLED_IN:
                raise ValueError(f"its variables have more than {MAX_FILLED_IN:,} characters; they were not filled in")
        return value

    def _looked_up(self, name: str) -> str | _Unset | None:
        value = self._found(name)
        return None if value is OPEN else value

    def _value(self, name: str, written: str) -> _Piece:
        value = self._looked_up(name)
        if value is None:
            return _Piece(written, known=False)
        return _Piece("" if value is UNSET else value, splits=True)

    def _substitution(self, name: str, depth: int) -> _Piece:
        """What follows the name in ``${name…}``; an unknown piece with no text is one to leave as written."""
        modifier = self._word[self._at : self._at + 1]
        self._at += 1
        if modifier == "}":
            return self._value(name, "")
        if modifier == "/":
            return self._replace(name, depth)
        colon = modifier == ":"
        if colon:
            modifier = self._word[self._at : self._at + 1]
            self._at += 1
        elif modifier in ("#", "%"):
            operand = _joined(self.until("}", depth, raw=True, pattern=True))
            return self._trim(self._looked_up(name), modifier, operand)
        if modifier not in ("-", "+", "?"):
            raise ValueError(f"a substitution with {':' if colon else ''}{modifier}, which is not known")
        return self._choose(name, modifier, colon, _joined(self.until("}", depth, raw=False)))

    def _choose(self, name: str, modifier: str, colon: bool, operand: _Piece) -> _Piece:
        value = self._found(name)
        if value is OPEN:
            value = UNSET if modifier == "-" else None
        if value is None:
            empty = modifier == "+" and operand.known and not operand.text
            return _Piece("", known=empty)
        if value is UNSET or (colon and value == ""):
            if modifier == "?":
                raise ValueError(f"{name}: {operand.text or 'must be set'}")
            return operand if modifier == "-" else _Piece("")
        return operand if modifier == "+" else _Piece(value, splits=True)

    @staticmethod
    def _trim(value: str | _Unset | None, modifier: str, operand: _Piece) -> _Piece:
        longest = operand.text.startswith(modifier)
        parts = wildcards.tokens(operand.text[1:] if longest else operand.text) if operand.known else ()
        if value is None or not operand.known:
            return _Piece("", known=False)
        text = "" if value is UNSET else value
        if modifier == "#":
            return _Piece(text[wildcards.prefix(parts, text, longest) or 0 :], splits=True)
        text = text[::-1]
        return _Piece(text[wildcards.prefix(parts[::-1], text, longest) or 0 :][::-1], splits=True)

    def _replace(self, name: str, depth: int) -> _Piece:
        every = self._word.startswith("/", self._at)
        self._at += every
        pattern = _joined(self.until("/", depth, raw=True, pattern=True))
        replacement = _joined(self.until("}", depth, raw=True))
        value = self._looked_up(name)
        if value is None or not pattern.known or not replacement.known:
            return _Piece("", known=False)
        parts, text, new = wildcards.tokens(pattern.text), "" if value is UNSET else value, replacement.text
        if every:  # Go takes a dollar here for a group of the pattern, and there is none
            new = _TEMPLATE.sub(lambda match: match[1] or "", new)
        return _Piece(wildcards.replace(parts, text, new, every), splits=True)


def _joined(pieces: list[_Piece]) -> _Piece:
    return _Piece("".join(piece.text for piece in pieces), all(piece.known for piece in pieces), splits=True)
