"""Files that a COPY or ADD brings and that a later RUN writes once more, in a layer of its own."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Sequence

from scanner.model.facts import Command, Copy, CopyAgain, Fact
from scanner.parsers.lazy import Lazy

MAX_COPIES = 500
"""Places of one stage that are remembered."""

_OWNERS = frozenset({"chown", "chmod", "chgrp", "mv"})
_ARCHIVE = Lazy(r"\.(?:tar|tar\.(?:gz|bz2|xz|zst|lzma)|tgz|tbz2?|txz)$")
_UNPACKS = Lazy(r"--extract$|--get$|-?[a-zA-Z]*x[a-zA-Z]*$")
_DEEP = Lazy(r"--recursive$|-[a-zA-Z]*R")


def derive(facts: Sequence[Fact], _today: str) -> Iterator[CopyAgain]:
    """One fact for each copy that a command of the same stage writes again."""
    copies: dict[str, dict[str, Copy]] = {}
    for fact in facts:
        if isinstance(fact, Copy):
            places = copies.setdefault(fact.stage, {})
            place = _place(fact)
            if place and len(places) < MAX_COPIES:
                places[place] = fact
        elif isinstance(fact, Command) and fact.moment == "build" and fact.stage in copies:
            yield from _again(fact, copies[fact.stage])


def _place(copy: Copy) -> str:
    """Where the copy is in the end; "" when that is not known or it is many files."""
    source, end = copy.source, copy.destination
    if not source or not end or copy.archive or any(char in source for char in "*?["):
        return ""
    name = posixpath.basename(posixpath.normpath(source))
    into = end.endswith("/") or end in {".", ".."}
    if into and name in {"", ".", ".."}:
        return posixpath.normpath(end)
    return posixpath.normpath(posixpath.join(end, name) if into else end)


def _again(command: Command, copies: dict[str, Copy]) -> Iterator[CopyAgain]:
    arguments = command.arguments
    unpacks = command.program == "tar" and any(_UNPACKS.match(word) for word in arguments[:3])
    if not unpacks and command.program not in _OWNERS:
        return
    deep = any(_DEEP.match(word) for word in arguments)
    for word in arguments:
        path = posixpath.normpath(word) if word[:1] not in {"-", ""} else ""
        copy = copies.get(path)
        if copy is None or (unpacks and (copy.origin != "context" or not _ARCHIVE.search(path))):
            continue
        yield CopyAgain(
            evidence=command.evidence + copy.evidence,
            ships=command.ships,
            path=word,
            program=command.program,
            unpacks=unpacks,
            folder=deep,
            stage=command.stage,
        )
        del copies[path]
