"""The simple commands of a shell script or of an exec-form argument list."""

from __future__ import annotations

import posixpath
from collections.abc import Sequence
from typing import Literal

from scanner.model.location import Evidence, Text, Word
from scanner.model.record import Record


class Redirect(Record, kw_only=False):
    """``2>> file``: operator without the descriptor, the descriptor (None when not written), and the target."""

    operator: str
    descriptor: int | None
    target: Word


class Assignment(Record, kw_only=False):
    """``NAME=value`` in front of a command or alone; ``start:end`` is the whole of it."""

    name: str
    value: Word
    start: int
    end: int


def base_name(words: Sequence[Word]) -> str:
    """The base name of the program that some words run (``/usr/bin/pip3`` is ``pip3``); "" when it is not known."""
    return words[0].text.rpartition("/")[2] if words and words[0].known else ""


class Command(Record):
    """One simple command. Offsets of its words are offsets into ``source``.

    ``words[0]`` is the program that really runs: wrappers (sudo, env, exec, time, nohup, xargs, tini --, …) are
    peeled off into ``wrappers``, and ``sh -c '…'`` is followed by the commands of the inner script, whose
    ``parent`` is the index of the ``sh`` command in the list.
    """

    source: Text
    words: tuple[Word, ...]
    program: str
    """As ``base_name`` its words has it; asked for too often to be worked out each time."""
    wrappers: tuple[Word, ...] = ()
    """The programs peeled off, outermost first; ``sudo -u app env X=1 pip`` has ``sudo`` and ``env``."""
    assignments: tuple[Assignment, ...] = ()
    redirects: tuple[Redirect, ...] = ()
    heredoc: Text | None = None
    """What a here-document or here-string gives it on standard input."""
    joined_by: Literal["", "&&", "||", ";", "|", "|&", "&"] = ""
    """The operator in front of it; a newline is ``;``."""
    pipeline: int = 0
    """Commands of one list that share this number are one pipeline, in order."""
    conditional: bool = False
    """It may not run: inside if, case, a loop, a function body, or after ``||``."""
    parent: int | None = None
    """Index of the command that runs it: ``sh -c``, or whose word is ``$(…)``, `` `…` ``, ``<(…)``."""
    inside: Literal["", "-c", "$()", "<()", ">()"] = ""
    """How ``parent`` holds it."""
    folder: str | None = ""
    """Where ``cd`` has led to before it, from where the script is started; None when that is not known."""

    @property
    def arguments(self) -> tuple[Word, ...]:
        """The words after the program."""
        return self.words[1:]

    def at(self, path: str) -> str:
        """A path as this command means it, from where the script is started; as far as that is known."""
        return path if path.startswith("~") else posixpath.join(self.folder or "", path)

    def evidence(self, word: Word | Assignment | None = None, note: str = "") -> Evidence:
        """A word of this command as evidence, or the command whole (first to last word, or its assignments)."""
        if word is None:
            whole = self.words or self.assignments or tuple(redirect.target for redirect in self.redirects)
            return self.source.evidence(whole[0].start, whole[-1].end, note)
        return self.source.evidence(word.start, word.end, note)


class Written(Record):
    """A file that a script writes: ``echo … > file``, ``cat <<EOF > file``, ``… | tee -a file``."""

    path: Word
    content: Text | None
    """None when what is written is not known."""
    append: bool
    command: int
    """Index of the command that writes it."""


class Script(Record):
    """A parsed shell script. ``errors`` are (start, end, reason) in its text, for what could not be parsed."""

    commands: tuple[Command, ...]
    written: tuple[Written, ...] = ()
    errors: tuple[tuple[int, int, str], ...] = ()
