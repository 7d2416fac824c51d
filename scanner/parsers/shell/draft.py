"""What is gathered while a script is read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from scanner.model.command import Assignment, Command, Redirect
from scanner.model.instruction import Heredoc
from scanner.model.location import Text, Word
from scanner.parsers.shell.variables import Value

Joined = Literal["", "&&", "||", ";", "|", "|&", "&"]
Inside = Literal["", "-c", "$()", "<()", ">()"]

Part = tuple[int, int] | tuple[str, int]
"""What a word is made of, as ``Text.cut`` wants it: a slice of the source, or characters that stand for an offset."""


class Shared:
    """What a script and the scripts inside it fill together."""

    def __init__(self, heredocs: Sequence[Heredoc] = ()) -> None:
        self.commands: list[Command | None] = []
        """None while a command is being read: its place is taken before those of its substitutions."""
        self.parts: dict[int, list[list[Part]]] = {}
        """What the arguments of ``echo`` and ``printf`` are made of, by index of the command."""
        self.groups: list[tuple[int, int, tuple[Redirect, ...]]] = []
        """First command, one after the last, and the redirections of a compound command."""
        self.heredocs = list(heredocs)
        self.holes: dict[int, dict[int, int]] = {}
        """Where unknown parts stand (start: end) in the here-documents, by index of the command."""
        self.pipelines = 0
        self.spent = 0
        """Characters that variables added so far."""
        self.inner = 0
        """Characters of inner scripts read so far."""


class Draft:
    """A command before it is finished."""

    __slots__ = ("assignments", "heredoc", "index", "parts", "redirects", "values", "words")

    def __init__(self, index: int) -> None:
        self.index = index
        self.words: list[Word] = []
        self.parts: dict[int, list[Part]] = {}
        """What words are made of, by index; a word not in it is written plainly."""
        self.assignments: list[Assignment] = []
        self.values: list[Value] = []
        """What the assigned variables hold, one a member of ``assignments``."""
        self.redirects: list[Redirect] = []
        self.heredoc: Text | None = None

    def add(self, words: list[Word], parts: list[list[Part]], end: int) -> int:
        """Add the words that one written word becomes; its end."""
        self.parts.update(enumerate(parts, len(self.words)))
        self.words += words
        return end

    def made_of(self, index: int) -> list[Part]:
        """What a word is made of."""
        if index in self.parts:
            return self.parts[index]
        word = self.words[index]
        return [(word.start, word.end)]
