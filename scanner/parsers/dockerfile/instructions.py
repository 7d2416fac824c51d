"""One line to one typed instruction."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

from scanner.model.instruction import (
    Copy,
    Flag,
    From,
    Healthcheck,
    Heredoc,
    Instruction,
    Onbuild,
    Pair,
    Pairs,
    Run,
    Shelled,
    Unreadable,
    Words,
)
from scanner.model.location import Span, Text, Word
from scanner.parsers.dockerfile.flags import check_flags, check_mounts, read_flags, read_mounts
from scanner.parsers.dockerfile.words import SEPARATORS, WHITESPACE, json_words, plain_words, quoted_words
from scanner.parsers.lazy import Lazy

_FIRST = Lazy(rf"([^{SEPARATORS}]*+)([{SEPARATORS}]*+)")
_MARGIN = Lazy(rf"[{WHITESPACE}]*+")
_STAGE_NAME = Lazy(r"[a-z][a-z0-9_.-]*")
_FLAGS_UNCHECKED = frozenset({"ARG", "STOPSIGNAL", "HEALTHCHECK"})
"""BuildKit never looks at those of the first two; HEALTHCHECK NONE may have any."""
_NO_TRIGGERS = frozenset({"ONBUILD", "FROM", "MAINTAINER"})


class Head(NamedTuple):
    """Keyword and flags of a line; ``start`` is where the keyword stands, ``arguments`` where they begin."""

    keyword: str
    start: int
    flags: tuple[Flag, ...]
    arguments: int


def read_head(value: str, start: int, escape: str) -> Head:
    """The keyword at ``value[start]`` and its flags."""
    word, _, at = _first(value, start)
    # Go lowers the dotted capital I to a plain i, and takes "ONBUİLD" for ONBUILD.
    keyword = word.upper() if word.isascii() else word.replace("\u0130", "i").lower().upper()
    flags: tuple[Flag, ...] = ()
    if value.startswith("--", at):
        flags, at = read_flags(value, at, escape)
    if value[at : at + 1] in WHITESPACE:
        at = _MARGIN.match(value, at).end()  # type: ignore[union-attr]  # it always matches
    return Head(keyword, start, flags, at)


def _first(value: str, start: int) -> tuple[str, int, int]:
    """The first word, where it ends, and where the next one begins."""
    word, gap = _FIRST.match(value, start).groups()  # type: ignore[union-attr]  # it always matches
    end = start + len(word)
    return word, end, end + len(gap)


_Fields = dict[str, Any]
"""The fields that every instruction has."""


class Line(NamedTuple):
    """Everything an instruction is made from, and where to put what is wrong with it."""

    head: Head
    text: Text
    span: Span
    escape: str
    heredocs: tuple[Heredoc, ...]
    wrong: list[str]
    blank: int = 0


def build(line: Line) -> Instruction:
    """The instruction of a line. What BuildKit rejects is added to ``line.wrong``; what can be read, is."""
    keyword, _, flags, arguments = line.head
    fields: _Fields = {
        "keyword": keyword,
        "span": line.span,
        "text": line.text,
        "arguments": arguments,
        "flags": flags,
        "heredocs": line.heredocs,
        "blank": line.blank,
    }
    reader = _READERS.get(keyword, _unknown)
    if flags and keyword not in _FLAGS_UNCHECKED:
        line.wrong.extend(check_flags(keyword, flags))
    try:
        return reader(line, fields)
    except ValueError as error:
        line.wrong.append(str(error))
        return Unreadable(**fields, reason=str(error))


def _from(line: Line, fields: _Fields) -> Instruction:
    words = plain_words(line.text.value, line.head.arguments)
    if not words:
        raise ValueError("FROM needs an image")
    stage = words[2] if len(words) == 3 and words[1].text.lower() == "as" else None
    if stage is None and len(words) != 1:
        line.wrong.append("FROM takes an image, or an image AS a name, and nothing else")
    if stage is not None and not _STAGE_NAME.fullmatch(stage.text.lower()):
        line.wrong.append("a stage name begins with a letter and holds letters, digits, '-', '_' and '.' only")
    return From(**fields, image=words[0], stage=stage)


def _pairs(line: Line, fields: _Fields) -> Instruction:
    keyword, value, start = line.head.keyword, line.text.value, line.head.arguments
    words = quoted_words(value, start, line.escape)
    if not words:
        raise ValueError(f"{keyword} needs at least one argument")
    if keyword != "ARG" and "=" not in words[0].text:
        return Pairs(**fields, pairs=(_legacy_pair(keyword, value, start),))
    pairs = []
    for word in words:
        name, equals, _ = word.text.partition("=")
        cut = word.start + len(name)
        if not equals and keyword != "ARG":
            line.wrong.append(f"{keyword} takes name=value pairs: {word.text[:40]!r} has no '='")
        elif not name:
            line.wrong.append(f"{keyword} has a pair without a name")
        else:
            given = Word(word.text[len(name) + 1 :], cut + 1, word.end) if equals else None
            pairs.append(Pair(Word(name, word.start, cut), given, False))
    if not pairs:
        raise ValueError(line.wrong.pop())
    return Pairs(**fields, pairs=tuple(pairs))


def _legacy_pair(keyword: str, value: str, start: int) -> Pair:
    name, end, rest = _first(value, start)
    if rest == end:
        raise ValueError(f"{keyword} needs a value: {keyword} name=value")
    return Pair(Word(name, start, end), Word(value[rest:], rest, len(value)), True)


def _tail(text: Text, start: int) -> Text:
    """``text`` from an offset on: ``text.cut``, for the many that are asked for here."""
    run = bisect_right(text.starts, start)
    return Text(
        path=text.path,
        value=text.value[start:],
        starts=(0, *[offset - start for offset in text.starts[run:]]),
        places=(text.place(start), *text.places[run:]),
        layer=text.layer,
    )


def _shelled(line: Line, fields: _Fields) -> Instruction:
    start = line.head.arguments
    return Shelled(**fields, argv=json_words(line.text.value, start), script=_tail(line.text, start))


def _run(line: Line, fields: _Fields) -> Instruction:
    value, start = line.text.value, line.head.arguments
    argv = json_words(value, start)
    alone = line.heredocs and argv is None and _heredoc_name(value[start:])
    mounts = read_mounts(line.head.flags) if line.head.flags else ()
    line.wrong.extend(check_mounts(mounts))
    script = line.heredocs[0].text if alone else _tail(line.text, start)
    return Run(**fields, argv=argv, script=script, mounts=mounts)


def _healthcheck(line: Line, fields: _Fields) -> Instruction:
    value, start = line.text.value, line.head.arguments
    kind, _, start = _first(value, start)
    kind, rest = kind.upper(), start < len(value)
    if kind not in ("NONE", "CMD"):
        raise ValueError("HEALTHCHECK takes NONE, or CMD and a command")
    if kind == "NONE" and rest:
        line.wrong.append("HEALTHCHECK NONE takes no arguments")
    if kind == "CMD":
        line.wrong.extend(check_flags("HEALTHCHECK", line.head.flags))
    argv = json_words(value, start) if kind == "CMD" else None
    if kind == "CMD" and (argv == () or not rest):
        raise ValueError("HEALTHCHECK CMD needs a command")
    return Healthcheck(**fields, argv=argv, script=_tail(line.text, start), disabled=kind == "NONE")


def _copy(line: Line, fields: _Fields) -> Instruction:
    value, start, keyword = line.text.value, line.head.arguments, line.head.keyword
    words = json_words(value, start)
    if words is None:
        words = plain_words(value, start)
        if line.heredocs:
            words = tuple(_named(word) for word in words)
    if len(words) < 2:
        raise ValueError(f"{keyword} needs a source and a destination")
    if line.heredocs and words[-1].text.startswith("<<"):
        line.wrong.append(f"{keyword} takes no here-document as its destination")
    return Copy(**fields, sources=words[:-1], destination=words[-1])


def _named(word: Word) -> Word:
    name = _heredoc_name(word.text)
    return Word(f"<<{name}", word.start, word.end) if name else word


def _heredoc_name(word: str) -> str:
    from scanner.parsers.dockerfile.heredocs import parse_word

    found = parse_word(word)
    return found.name if found else ""


def _list(line: Line, fields: _Fields) -> Instruction:
    value, start, keyword = line.text.value, line.head.arguments, line.head.keyword
    words = None if keyword == "EXPOSE" else json_words(value, start)
    if words is None:
        words = plain_words(value, start)
        if words and keyword == "SHELL":
            raise ValueError('SHELL takes the JSON form only: SHELL ["program", "argument"]')
    if not words:
        raise ValueError(f"{keyword} needs at least one argument")
    if keyword == "VOLUME" and not all(word.text.strip(WHITESPACE) for word in words):
        raise ValueError("VOLUME has an empty path")
    return Words(**fields, words=words)


def _single(line: Line, fields: _Fields) -> Instruction:
    value, start = line.text.value, line.head.arguments
    if start >= len(value):
        raise ValueError(f"{line.head.keyword} needs an argument")
    return Words(**fields, words=(Word(value[start:], start, len(value)),))


def _onbuild(line: Line, fields: _Fields) -> Instruction:
    value, start = line.text.value, line.head.arguments
    if start >= len(value):
        raise ValueError("ONBUILD needs an instruction")
    head = read_head(value, start, line.escape)
    if head.keyword in _NO_TRIGGERS:
        raise ValueError(f"ONBUILD takes no {head.keyword}")
    text = _tail(line.text, start)
    shifted = tuple(Flag(flag.name, flag.value, flag.start - start, flag.end - start) for flag in head.flags)
    head = Head(head.keyword, 0, shifted, head.arguments - start)
    span = Span(*line.text.place(start), line.span.last_line, line.span.last_column)
    inner = build(Line(head, text, span, line.escape, line.heredocs, line.wrong))
    return Onbuild(**fields, inner=inner)


_READERS: dict[str, Callable[[Line, _Fields], Instruction]] = {
    "ADD": _copy,
    "ARG": _pairs,
    "CMD": _shelled,
    "COPY": _copy,
    "ENTRYPOINT": _shelled,
    "ENV": _pairs,
    "EXPOSE": _list,
    "FROM": _from,
    "HEALTHCHECK": _healthcheck,
    "LABEL": _pairs,
    "MAINTAINER": _single,
    "ONBUILD": _onbuild,
    "RUN": _run,
    "SHELL": _list,
    "STOPSIGNAL": _single,
    "USER": _single,
    "VOLUME": _list,
    "WORKDIR": _single,
}


def _unknown(line: Line, fields: _Fields) -> Instruction:
    raise ValueError(_did_you_mean(line.head.keyword))


@cache
def _did_you_mean(keyword: str) -> str:
    shown = keyword if len(keyword) <= 20 else keyword[:19] + "…"
    if not keyword:
        return "a continuation with nothing to continue: remove it"
    reason = f"unknown instruction {shown!r}"
    if any(character in keyword for character in WHITESPACE):
        return f"{reason}: it holds a white space character that is not a plain space"
    near = [known for known in _READERS if abs(len(known) - len(keyword)) <= 2 and known[0] == keyword[:1]]
    near = near or [known for known in _READERS if abs(len(known) - len(keyword)) <= 2 and known[1:3] in keyword]
    if near:
        from difflib import get_close_matches

        close = get_close_matches(keyword, near, 1, 0.6)
        if close:
            return f"{reason}: did you mean {close[0]}?"
    return reason
