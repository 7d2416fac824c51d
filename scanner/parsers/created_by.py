r"""The ``created_by`` of an entry of an image's history: which instruction made it.

What builders write there:

- BuildKit (moby/buildkit, ``frontend/dockerfile/dockerfile2llb/convert.go``): the keyword, then what became of the
  arguments when variables were filled in and quotes removed; lists the way Go prints them (``CMD ["a" "b"]``,
  ``EXPOSE map[80/tcp:{}]``, ``VOLUME [/data]``, ``HEALTHCHECK &{["CMD" "x"] "30s" …}``). RUN has build arguments
  (``|2 A=b C=d``) and the shell in front of its command, and ends with ``# buildkit``, as COPY and ADD do. Mounts,
  ``--from`` and ``--checksum`` are left out.
- Docker's classic builder (moby/moby, ``builder/dockerfile/dispatchers.go``, ``internals.go``): the same words behind
  ``/bin/sh -c #(nop) `` for what runs nothing, ``COPY file:<sha256> in /app``; a RUN is its bare command line.
- buildah and podman (containers/buildah, ``imagebuildah/stage_executor.go``): like the classic builder, but the
  arguments are as they were written.
- kaniko (GoogleContainerTools/kaniko, ``pkg/executor/build.go``): the instruction as it was written.
- Others (Bazel, ko, jib, Nix, ``docker commit``, ``docker import``): words of their own, or nothing.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from scanner.model.location import Word
from scanner.model.record import Record
from scanner.parsers.lazy import Lazy

MAX_ARGUMENTS = 1_000
"""Build arguments in front of a RUN; an entry that claims more is not taken for one."""
MAX_VALUE = 65_536
"""Characters of the last build argument in which the shell behind it is looked for."""
MAX_PREFIX = 400
"""Characters in front of ``#(nop)``: a shell."""

_KEYWORDS = frozenset(
    "ADD ARG CMD COPY ENTRYPOINT ENV EXPOSE HEALTHCHECK LABEL MAINTAINER ONBUILD RUN SHELL STOPSIGNAL USER VOLUME "
    "WORKDIR".split()
)
_KEYWORD = Lazy(r"[A-Za-z]+(?=[ \t]|\Z)")
_SIGN = Lazy(r"[ \t]*# build(?:kit|packs\.io)\s*\Z")
_NOP = Lazy(r"#\(nop\)( *)")
_COUNT = Lazy(r"\|(\d{1,4}) ")
_NAME = Lazy(r"(?:(?<= )|\A)([A-Za-z_][\w.-]*)=", re.ASCII)
_SHELL = Lazy(
    r"(?:[\w./-]{0,200}/)?(?:ba|da|a|z|k)?sh(?: --?[a-zA-Z-]{1,20}(?: [a-z]{1,20})?){0,6}? -[a-zA-Z]{0,8}c(?= |\Z)"
    r"|(?:[\w.:/\\-]{0,200}[/\\])?cmd(?:\.exe)?(?: /[sSvV](?::\w+)?){0,4} /[cC](?= |\Z)"
    r"|(?:[\w.:/\\-]{0,200}[/\\])?(?:powershell|pwsh)(?:\.exe)?(?: -\w{1,30}(?: \w{1,30})?){0,6}? -[cC]ommand(?= |\Z)",
    re.ASCII,
)
_HASHED = Lazy(r"(?:--\S+ )*((?:(?:file|dir|multi):)?[0-9a-f]{64}|(?:file|dir|multi):\S{1,200}) in ")


class Made(Record):
    """What made an entry. All offsets are offsets into the ``created_by``."""

    keyword: str
    """``RUN``, ``COPY``, … in upper case; "" for words that are no instruction."""
    named: int | None
    """Where the keyword stands; None for a RUN that is its bare command line."""
    start: int
    """Where the command of a RUN begins, or the flags and arguments of another instruction."""
    end: int
    arguments: tuple[tuple[str, Word], ...] = ()
    """Build arguments of a RUN: names and values."""
    shell: tuple[str, ...] | None = None
    """The shell that runs the command of a RUN; None when none is written, so for the exec form."""
    verbatim: bool = False
    """As written in the Dockerfile: quotes, variables and all."""
    complete: bool = True
    """All flags of the instruction are written here."""
    hashed: Word | None = None
    """What the classic builder writes for the sources of a COPY or ADD: a checksum."""


def parse(text: str, comment: str = "", shell: Sequence[str] = ()) -> Made:
    """The instruction behind a ``created_by``; ``shell`` is the one in force, if SHELL set another.

    ``comment`` is that of the entry, with which BuildKit signs. Never raises, whatever the text.
    """
    sign = _SIGN.search(text, max(0, len(text) - 40))
    end = sign.start() if sign else len(text.rstrip())
    buildkit = sign is not None or comment.startswith("buildkit.")
    nop = _NOP.search(text, 0, MAX_PREFIX)
    if nop is not None and _shell(text, 0, nop.start(), shell) == nop.start() - 1:
        word = _KEYWORD.match(text, nop.end(), end)
        if word is not None and word[0].upper() in _KEYWORDS:
            return _instruction(text, word, end, verbatim=len(nop[1]) == 1)
    word = _KEYWORD.match(text, 0, end)
    if word is not None and word[0] == "RUN":
        return _run(text, _skip(text, word.end(), end), end, shell, named=0, buildkit=buildkit)
    if word is not None and word[0] in _KEYWORDS:
        return _instruction(text, word, end, verbatim=not buildkit)
    if _COUNT.match(text) or _shell(text, 0, end, shell):
        return _run(text, 0, end, shell, named=None, buildkit=buildkit)
    return Made(keyword="", named=None, start=0, end=end)


def _instruction(text: str, word: re.Match[str], end: int, *, verbatim: bool) -> Made:
    keyword, start = word[0].upper(), _skip(text, word.end(), end)
    hashed = _HASHED.match(text, start, end) if keyword in {"COPY", "ADD"} else None
    if hashed is not None:
        source = Word(hashed[1], *hashed.span(1), known=False)
        return Made(keyword=keyword, named=word.start(), start=start, end=end, complete=False, hashed=source)
    complete = verbatim or keyword not in {"COPY", "ADD", "RUN"}
    return Made(keyword=keyword, named=word.start(), start=start, end=end, verbatim=verbatim, complete=complete)


def _run(text: str, at: int, end: int, shell: Sequence[str], *, named: int | None, buildkit: bool) -> Made:
    start, arguments = _arguments(text, at, end, shell)
    stop = _shell(text, start, end, shell)
    found = None
    if stop:
        found = tuple(shell) if text[start:stop] == " ".join(shell) else tuple(text[start:stop].split(" "))
        start = _skip(text, stop, end)
    verbatim = named is not None and not buildkit and found is None and not arguments
    return Made(
        keyword="RUN",
        named=named,
        start=start,
        end=max(start, end),
        arguments=arguments,
        shell=found,
        verbatim=verbatim,
        complete=verbatim or (named is None and not buildkit),
    )


def _arguments(text: str, at: int, end: int, shell: Sequence[str]) -> tuple[int, tuple[tuple[str, Word], ...]]:
    """Past ``|2 A=b C=d ``, and the arguments. Values are not quoted: one may hold spaces, and what looks like a name.

    So the last value ends where a shell begins, or else at the next space.
    """
    count = _COUNT.match(text, at, end)
    if count is None or int(count[1]) > MAX_ARGUMENTS:
        return at, ()
    wanted, begin = int(count[1]), count.end()
    names: list[re.Match[str]] = []
    for match in _NAME.finditer(text, begin, end):
        if len(names) == wanted:
            break
        names.append(match)
    if not names:
        return begin, ()
    last = names[-1].end()
    at = text.find(" ", last, end)
    stop = at if at >= 0 else end
    while last <= at < last + MAX_VALUE:
        if _shell(text, at + 1, end, shell):
            stop = at
            break
        at = text.find(" ", at + 1, end)
    ends = [match.start() - 1 for match in names[1:]] + [stop]
    arguments = tuple(
        (match[1], Word(text[match.end() : until], match.end(), until))
        for match, until in zip(names, ends, strict=True)
    )
    return _skip(text, stop, end), arguments


def _shell(text: str, at: int, end: int, shell: Sequence[str]) -> int:
    """Where the shell ends that begins at an offset; 0 when none does."""
    if shell:
        whole = " ".join(shell)
        if text.startswith(whole, at) and text[at + len(whole) : at + len(whole) + 1] in {" ", ""}:
            return min(at + len(whole), end)
    match = _SHELL.match(text, at, end)
    return match.end() if match else 0


def _skip(text: str, at: int, end: int) -> int:
    while at < end and text[at] in " \t":
        at += 1
    return at
