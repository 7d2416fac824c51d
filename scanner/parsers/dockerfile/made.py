"""One entry of an image's history to one typed instruction."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from scanner.model.instruction import Copy, Healthcheck, Instruction, Pair, Pairs, Run, Shelled, Unreadable, Words
from scanner.model.location import Text, Word
from scanner.parsers import go_lists
from scanner.parsers.created_by import Made
from scanner.parsers.dockerfile.flags import read_flags, read_mounts
from scanner.parsers.dockerfile.instructions import Head, Line, build
from scanner.parsers.lazy import Lazy

ESCAPE = "\\"

_PAIR = Lazy(r"(?:(?<= )|\A)([A-Za-z0-9_][\w./-]*)=")
_WORD = Lazy(r"\S+")
_WRITTEN = Lazy(r"[\"'\\$]")
"""What only stands in words that no builder has read yet."""


class _Entry(NamedTuple):
    """What an instruction is made of."""

    made: Made
    line: Line
    values: Mapping[str, str]
    shell: tuple[str, ...]

    @property
    def fields(self) -> dict[str, Any]:
        head, text = self.line.head, self.line.text
        return {
            "keyword": head.keyword,
            "span": self.line.span,
            "text": text,
            "arguments": head.arguments,
            "flags": head.flags,
        }


def instruction(made: Made, text: Text, values: Mapping[str, str], shell: tuple[str, ...]) -> Instruction:
    """The instruction of an entry whose ``created_by`` is ``text``.

    ``values`` are those that names of ENV or LABEL have in the finished image: what is written has lost its quotes, so
    they tell where a value with spaces ends. ``shell`` is what runs the shell form.
    """
    own = text.cut((made.start, made.end)) if made.named is None else _from_keyword(made, text)
    begin = 0 if made.named is None else min(len(made.keyword) + 1, len(own.value))
    flags, arguments = read_flags(own.value, begin, ESCAPE) if own.value.startswith("--", begin) else ((), begin)
    line = Line(
        Head(made.keyword, 0, flags, arguments), own, own.span(0, len(own.value)), ESCAPE, heredocs=(), wrong=[]
    )
    entry = _Entry(made, line, values, shell)
    if not made.keyword:
        return Unreadable(**entry.fields, reason="made by something else than an instruction")
    read = _READERS.get(made.keyword)
    return (read(entry) if read is not None else None) or build(line)


def started(keyword: str, text: Text, at: int, shell: Sequence[str]) -> Shelled | None:
    """CMD or ENTRYPOINT of a list of strings at an offset: the shell form when the list is the shell and one script."""
    found = go_lists.quoted(text.value, at)
    if found is None or found[1] != len(text.value):
        return None
    argv = found[0]
    if len(argv) == len(shell) + 1 and [word.text for word in argv[:-1]] == list(shell):
        script = _inside(text, argv[-1])
        span = script.span(0, len(script.value))
        return Shelled(keyword=keyword, span=span, text=script, arguments=0, argv=None, script=script)
    span, script = text.span(0, len(text.value)), text.cut((at, len(text.value)))
    return Shelled(keyword=keyword, span=span, text=text, arguments=at, argv=argv, script=script)


def health(text: Text, at: int) -> Healthcheck | None:
    """HEALTHCHECK of a test at an offset as images hold it: ``CMD`` and words, ``CMD-SHELL`` and a script, ``NONE``."""
    found = go_lists.quoted(text.value, at)
    if found is None or not found[0]:
        return None
    kind, *words = found[0]
    shelled = kind.text == "CMD-SHELL" and len(words) > 0
    return Healthcheck(
        keyword="HEALTHCHECK",
        span=text.span(0, len(text.value)),
        text=text,
        arguments=at,
        argv=None if shelled or kind.text == "NONE" else tuple(words),
        script=_inside(text, words[0]) if shelled else text.cut((at, len(text.value))),
        disabled=kind.text == "NONE",
    )


def _from_keyword(made: Made, text: Text) -> Text:
    """The keyword and what belongs to it; for RUN without build arguments and shell."""
    assert made.named is not None
    after = made.named + len(made.keyword)
    return text.cut((made.named, min(after + 1, made.end)), (max(made.start, after + 1), made.end))


def _inside(text: Text, word: Word) -> Text:
    """What a quoted string says, at its place."""
    if text.value[word.start + 1 : word.end - 1] == word.text:
        return text.cut((word.start + 1, word.end - 1))
    return text.cut((word.text, word.start + 1))


def _pairs(entry: _Entry) -> Instruction | None:
    """``NAME=value NAME=value`` without quotes, or as written."""
    value, at = entry.line.text.value, entry.line.head.arguments
    if entry.made.verbatim and _WRITTEN.search(value, at):
        return None
    if entry.made.keyword == "ARG" and "=" not in value[at:]:
        names = (Word(match[0], match.start(), match.end()) for match in _WORD.finditer(value, at))
        return Pairs(**entry.fields, pairs=tuple(Pair(name, None, False) for name in names))
    found = []
    past = at
    for match in _PAIR.finditer(value, at):
        if match.start() >= past:
            found.append(match)
            known = entry.values.get(match[1], "")
            end = match.end() + len(known)
            whole = value.startswith(known, match.end()) and value[end : end + 1] in {" ", ""}
            past = end if whole else match.end()
    ends = [*(match.start() - 1 for match in found[1:]), len(value)] if found else []
    pairs = []
    for match, end in zip(found, ends, strict=True):
        stop = max(end, match.end())
        given = Word(value[match.end() : stop], match.end(), stop)
        pairs.append(Pair(Word(match[1], *match.span(1)), given, False))
    return Pairs(**entry.fields, pairs=tuple(pairs)) if pairs else None


def _start(entry: _Entry) -> Instruction | None:
    return started(entry.made.keyword, entry.line.text, entry.line.head.arguments, entry.shell)


def _health(entry: _Entry) -> Instruction | None:
    text, at = entry.line.text, entry.line.head.arguments
    return health(text, at + 2 if text.value.startswith("&{", at) else at)


def _list(entry: _Entry) -> Instruction | None:
    words = go_lists.plain(entry.line.text.value, entry.line.head.arguments)
    return Words(**entry.fields, words=words) if words and not entry.made.verbatim else None


def _run(entry: _Entry) -> Instruction | None:
    """A shell's script; mounts stand in it where buildah made the entry."""
    if entry.made.shell is None:
        return None
    head, text = entry.line.head, entry.line.text
    script = text.cut((head.arguments, len(text.value)))
    return Run(**entry.fields, argv=None, script=script, mounts=read_mounts(head.flags))


def _copy(entry: _Entry) -> Instruction | None:
    """``file:<sha256> in /app``: what the sources were is not known."""
    hashed, built = entry.made.hashed, build(entry.line)
    if hashed is None or not isinstance(built, Copy):
        return built
    start = built.sources[0].start
    return built.replace(sources=(Word(hashed.text, start, start + len(hashed.text), known=False),))


_READERS: dict[str, Callable[[_Entry], Instruction | None]] = {
    "ADD": _copy,
    "ARG": _pairs,
    "CMD": _start,
    "COPY": _copy,
    "ENTRYPOINT": _start,
    "ENV": _pairs,
    "EXPOSE": _list,
    "HEALTHCHECK": _health,
    "LABEL": _pairs,
    "RUN": _run,
    "SHELL": _list,
    "VOLUME": _list,
}
