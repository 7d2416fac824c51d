"""A command's arguments as options and positionals, and commands as pipelines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from scanner.model.command import Command
from scanner.model.location import Word
from scanner.model.record import Record


class Option(Record, kw_only=False):
    """One option as given: ``name`` with its dashes, its value (None for a flag), and the word it stands in."""

    name: str
    value: Word | None
    word: Word


class Options(Record, kw_only=False):
    """What ``options`` makes of a list of arguments."""

    given: tuple[Option, ...]
    positionals: tuple[Word, ...]

    def values(self, *names: str) -> tuple[Word, ...]:
        """The values given to any of these names, in order."""
        return tuple(option.value for option in self.given if option.value is not None and option.name in names)

    def value(self, *names: str) -> Word | None:
        """The last value given to any of these names."""
        values = self.values(*names)
        return values[-1] if values else None

    def has(self, *names: str) -> bool:
        """Whether any of these names is given, with or without a value."""
        return any(option.name in names for option in self.given)

    def word(self, *names: str) -> Word | None:
        """The word in which the last of these names stands."""
        return next((option.word for option in reversed(self.given) if option.name in names), None)


def options(words: Sequence[Word], takes_value: frozenset[str], *, until_positional: bool = False) -> Options:
    """Arguments (without the program) told apart: ``--a=b``, ``--a b``, ``-ab``, ``-a b``, ``-xyz``, ``--``.

    ``takes_value`` names the options (``--index-url``, ``-i``) that take a value. ``until_positional`` stops at the
    first positional: what follows is positional too (``git -C x clone --depth 1``: the verb and all that is its).
    A value inside a word keeps its own place where the word is written without quotes, else the word's.
    """
    given: list[Option] = []
    positionals: list[Word] = []
    at = 0
    while at < len(words):
        word = words[at]
        text = word.text
        at += 1
        if len(text) < 2 or text[0] != "-":
            positionals.append(word)
            if until_positional:
                break
        elif text == "--":
            break
        elif text in takes_value:
            value = words[at] if at < len(words) else None
            at += 1
            given.append(Option(text, value, word))
        elif text[1] == "-" or ("=" in text and text.partition("=")[0] in takes_value):
            name, equals, _ = text.partition("=")
            given.append(Option(name, _rest(word, len(name) + 1) if equals else None, word))
        elif text[:2] in takes_value or len(text) > 2:
            at = _short(words, at, takes_value, given)
        else:
            given.append(Option(text, None, word))
    return Options(tuple(given), (*positionals, *words[at:]))


def _short(words: Sequence[Word], at: int, takes_value: frozenset[str], given: list[Option]) -> int:
    """Several short options in one word, the last perhaps with its value behind it: ``-qy``, ``-rfile``, ``-yt x``."""
    word = words[at - 1]
    for n, letter in enumerate(word.text[1:], 1):
        name = f"-{letter}"
        if name in takes_value:
            if n + 1 < len(word.text):
                given.append(Option(name, _rest(word, n + 1), word))
                return at
            given.append(Option(name, words[at] if at < len(words) else None, word))
            return at + 1
        given.append(Option(name, None, word))
    return at


def _rest(word: Word, skip: int) -> Word:
    """A word without its first characters."""
    written = word.end - word.start == len(word.text)
    return Word(word.text[skip:], word.start + skip if written else word.start, word.end, word.known)


def pipelines(commands: Sequence[Command]) -> Iterator[tuple[Command, ...]]:
    """The commands of each pipeline, in order; a command alone is a pipeline of one."""
    together: dict[int, list[Command]] = {}
    for command in commands:
        together.setdefault(command.pipeline, []).append(command)
    return (tuple(pipeline) for pipeline in together.values())
