"""The instructions of a Dockerfile, as written: no variable is filled in yet.

All offsets (``start``, ``end`` of words, flags and so on) are offsets into the instruction's ``text``.
"""

from __future__ import annotations

from scanner.model.location import Evidence, Span, Text, Word
from scanner.model.record import Record


class Flag(Record, kw_only=False):
    """``--name=value`` after the keyword; ``value`` is None for a bare ``--name``."""

    name: str
    value: str | None
    start: int
    end: int


class Heredoc(Record):
    """A here-document: ``RUN <<-"EOF"``.

    ``text`` is the body as BuildKit hands it on: with ``strip_tabs`` leading tabs are gone; variables are filled in
    by whoever reads it, unless the delimiter was quoted (``expand`` is False).
    """

    name: str
    descriptor: int
    expand: bool
    strip_tabs: bool
    text: Text


class Pair(Record, kw_only=False):
    """``KEY=value`` of ENV, LABEL or ARG; ``value`` is None for an ARG without default.

    Words are as written, quotes and all. ``legacy`` marks ``ENV KEY value``.
    """

    key: Word
    value: Word | None
    legacy: bool


class Mount(Record):
    """``RUN --mount=type=secret,id=hf,target=/x``: ``options`` as written, keys lower-case, "" for a bare key."""

    type: str
    options: dict[str, str]
    start: int
    end: int


class Instruction(Record):
    """One instruction. ``text`` is the whole of it on one line: continuations joined, comments inside left out."""

    keyword: str
    span: Span
    text: Text
    arguments: int
    """Offset in ``text`` at which the arguments begin, after keyword and flags."""
    flags: tuple[Flag, ...] = ()
    heredocs: tuple[Heredoc, ...] = ()
    blank: int = 0
    """The first blank line that a continuation leads to; 0 for none."""

    def flag(self, name: str) -> Flag | None:
        """The last flag of that name."""
        return next((flag for flag in reversed(self.flags) if flag.name == name), None)

    def evidence(self, word: Word | Flag | Mount | None = None, note: str = "") -> Evidence:
        """A word or flag of this instruction as evidence, or the instruction whole."""
        if word is None:
            return self.text.evidence(0, len(self.text.value), note)
        return self.text.evidence(word.start, word.end, note)


class From(Instruction):
    """``FROM [--platform=p] image [AS stage]``."""

    image: Word
    stage: Word | None = None


class Pairs(Instruction):
    """ENV, LABEL and ARG."""

    pairs: tuple[Pair, ...]


class Shelled(Instruction):
    """RUN, CMD, ENTRYPOINT: exec form (``argv``, JSON unescaped) or shell form (``script``)."""

    argv: tuple[Word, ...] | None
    script: Text


class Run(Shelled):
    """RUN; with heredocs and no other command, ``script`` is the first heredoc's body."""

    mounts: tuple[Mount, ...] = ()


class Healthcheck(Shelled):
    """``HEALTHCHECK NONE`` (``disabled``) or ``HEALTHCHECK [flags] CMD …``."""

    disabled: bool


class Copy(Instruction):
    """COPY and ADD; a heredoc source is the word ``<<NAME``."""

    sources: tuple[Word, ...]
    destination: Word


class Words(Instruction):
    """EXPOSE, USER, WORKDIR, VOLUME, SHELL, STOPSIGNAL, MAINTAINER: a list of words.

    USER, WORKDIR, STOPSIGNAL and MAINTAINER have one word, spaces included.
    """

    words: tuple[Word, ...]


class Onbuild(Instruction):
    """``ONBUILD inner``."""

    inner: Instruction


class Unreadable(Instruction):
    """An instruction BuildKit would reject; ``reason`` says why, in one line."""

    reason: str


class Comment(Record):
    """A comment line, ``text`` without the ``#``. ``covers`` is the instruction it stands above (or inside), if any."""

    text: Text
    covers: Span | None = None


class Directive(Record, kw_only=False):
    """``# syntax=…``, ``# escape=…``, ``# check=…`` at the top; ``name`` is lower-case."""

    name: str
    value: str
    line: int


class Dockerfile(Record):
    """A parsed Dockerfile. ``errors`` are (line, reason) for what BuildKit would reject."""

    directives: tuple[Directive, ...]
    escape: str
    instructions: tuple[Instruction, ...]
    comments: tuple[Comment, ...]
    errors: tuple[tuple[int, str], ...]
