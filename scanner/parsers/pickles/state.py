"""The state of the machine, its limits, and what it gathers for the trace."""

from __future__ import annotations

import re
from typing import Final, NoReturn

from scanner.parsers.pickles.limits import (
    CALLS_EACH,
    MAX_CALLS,
    MAX_DECODED,
    MAX_FLAWS,
    MAX_HELD,
    MAX_IMPORTS,
    MAX_MEMO,
    MAX_NESTED,
    MAX_NESTING,
    MAX_STACK,
    MAX_TEXT,
    MAX_WALKED,
)
from scanner.parsers.pickles.reader import MARGIN, Part, Reader
from scanner.parsers.pickles.symbols import UNKNOWN, Named, Symbol, render
from scanner.parsers.pickles.trace import Call, Flaw, FlawKind, Import, PersistentId, Tensor, Trace
from scanner.parsers.tar import Buffer, Source

SIZES: Final = dict.fromkeys(
    b"(.012NRbdeostQFILSVPcgip)]}alu\x81\x85\x86\x87\x88\x89\x8f\x90\x91\x92\x93\x94\x97\x98", 1
) | {
    **dict.fromkeys(b"KCUhq\x80\x82\x8a\x8c", 2),
    **dict.fromkeys(b"M\x83", 3),
    **dict.fromkeys(b"BJTXjr\x84\x8b", 5),
    **dict.fromkeys(b"G\x8d\x8e\x95\x96", 9),
}
"""Bytes of each opcode up to where a payload or a line begins."""
_RECENT = 256
"""Values at the top of the stack that keep what they hold when there is too much of it."""
_PICKLE = re.compile(
    rb"\x80[\0-\5]|[(\])}cIJKLMNSTUVXG\x8c\x8d\x88\x89][\s\S]*?(?:\x93|[ci][A-Za-z_][\w.]*\n[A-Za-z_][\w.]*\n)"
)
"""What begins with PROTO, or with another opcode that needs nothing on the stack and has an import further on."""
_IN_LATIN_1 = b"\xc2\x80"
"""How a pickle begins that is written as text, each byte a character: so protocol 2 writes bytes."""


class StoppedError(Exception):
    """The trace is at its end."""


class _FullMemo(dict[int, Symbol]):
    """A memo that has reached its limit: it counts, and takes imports only."""

    def __init__(self, memo: dict[int, Symbol]) -> None:
        super().__init__(memo)
        self._count = len(memo)

    def __len__(self) -> int:
        return self._count

    def __setitem__(self, index: int, symbol: Symbol) -> None:
        self._count += index not in self
        if type(symbol) is Named and super().__len__() < 2 * MAX_MEMO:
            super().__setitem__(index, symbol)

    def __missing__(self, index: int) -> Symbol:
        return UNKNOWN


class _Overlay(dict[int, Symbol]):
    """A memo on top of another one, which stays as it is."""

    def __init__(self, below: dict[int, Symbol]) -> None:
        super().__init__()
        self._below = below

    def __len__(self) -> int:
        return len(self._below) + super().__len__()

    def __missing__(self, index: int) -> Symbol:
        return self._below[index]


class State(Reader):
    """What one pickle has on the stack and in the memo, and what was seen so far."""

    def __init__(self, source: Source, start: int, depth: int = 0, walked: int = 0) -> None:
        super().__init__(source, start)
        self.start, self.depth, self.walked = start, depth, walked
        self.stack: list[Symbol] = []
        self.marks: list[int] = []
        """For each MARK on the stack, how many values are below it."""
        self.memo: dict[int, Symbol] = {}
        self.held = 0
        """Values put into containers since they were last emptied."""
        self.frame_end = 0
        self.stopped = False
        self.protocol: int | None = None
        self.names: dict[tuple[str, str, bool], Named] = {}
        self.calls: list[Call] = []
        self.ids: list[PersistentId] = []
        self.tensors: list[Tensor] = []
        self.nested: list[Trace] = []
        self.raw_bytes = 0
        self.flaws: list[Flaw] = []

    @property
    def offset(self) -> int:
        """Of the opcode at hand."""
        return self.base + self.at

    def run(self) -> None:
        """Follow the pickle to its end."""
        raise NotImplementedError

    def result(self) -> Trace:
        """What was gathered."""
        return Trace(
            start=self.start,
            end=self.base + min(self.at, len(self.data)),
            stopped=self.stopped,
            protocol=self.protocol,
            imports=tuple(named.of for named in self.names.values()),
            calls=tuple(self.calls),
            persistent_ids=tuple(self.ids),
            tensors=tuple(self.tensors),
            raw_bytes=self.raw_bytes,
            nested=tuple(self.nested),
            flaws=tuple(self.flaws),
        )

    def flaw(self, kind: FlawKind, reason: str) -> None:
        """Tell of what is wrong with the opcode at hand, the same once."""
        if len(self.flaws) < MAX_FLAWS and not any(flaw.reason == reason for flaw in self.flaws):
            self.flaws.append(Flaw(self.offset, kind, reason))

    def broken(self, kind: FlawKind, reason: str) -> NoReturn:
        """End the trace at the opcode at hand."""
        self.flaw(kind, reason)
        raise StoppedError

    def window(self) -> None:
        """See to it that there is an opcode at ``at``, and to limits. Raises EOFError at the end of the source."""
        if 0 < self.frame_end <= self.offset:
            if self.frame_end < self.offset:
                self.flaw("frame", "an opcode goes beyond the end of its frame")
            self.frame_end = 0
        if self.at >= len(self.data) - MARGIN and not self.whole:
            self.read(self.at)
            self._check_limits()
        if self.at >= len(self.data):
            raise EOFError
        self.limit = len(self.data) - (0 if self.whole else MARGIN)
        if self.frame_end:
            self.limit = min(self.limit, self.frame_end - self.base)

    def _check_limits(self) -> None:
        if self.walked > MAX_WALKED:
            self.broken("limit", f"more than {MAX_WALKED:,} bytes of opcodes; the rest is not looked at")
        if len(self.stack) > MAX_STACK or len(self.marks) > MAX_STACK:
            self.flaw("limit", f"more than {MAX_STACK:,} values on the stack")
            del self.stack[:-_RECENT]
            self.marks[:] = [0]
        if len(self.memo) > MAX_MEMO and type(self.memo) is dict:
            self.flaw("limit", f"more than {MAX_MEMO:,} values in the memo")
            self.memo = _FullMemo(self.memo)
        if self.held > MAX_HELD:
            self.held = 0
            recent = {id(symbol) for symbol in self.stack[-_RECENT:]}
            for symbol in (*self.memo.values(), *self.stack):
                if isinstance(symbol, list) and id(symbol) not in recent:
                    symbol.clear()
            for index in [index for index, symbol in self.memo.items() if type(symbol) is tuple]:
                self.memo[index] = UNKNOWN
            self.stack[:-_RECENT] = [UNKNOWN if type(old) is tuple else old for old in self.stack[:-_RECENT]]

    def recover(self, error: Exception) -> None:
        """Pass an opcode that asked for what is not there, or let it be tried again with values that are not known."""
        size = SIZES[self.data[self.at]] if self.at >= 0 else 0
        if self.at + size > len(self.data):
            raise EOFError from error
        if isinstance(error, KeyError):
            self.flaw("memo", f"memo entry {error.args[0]} is read and was never written")
            self.stack.append(UNKNOWN)
            self.at += size
        else:
            self.flaw("stack", "more is taken off the stack than is on it")
            if self.at < 0:
                raise StoppedError from error
            self.stack[:0] = [UNKNOWN] * 4
            self.marks[:] = [4]

    def imported(self, module: str, name: str, opcode: str, *, resolved: bool = True) -> Named:
        """The symbol of an import."""
        named = self.names.get((module, name, resolved))
        if named is None:
            named = Named(Import(module, name, self.offset, opcode, resolved))
            if len(self.names) < MAX_IMPORTS:
                self.names[module, name, resolved] = named
            else:
                self.flaw("limit", f"more than {MAX_IMPORTS:,} imports")
        return named

    def called(self, callee: Symbol, opcode: str, arguments: Symbol) -> bool:
        """Tell of a call, unless enough is told of its kind; then it is False."""
        of = None
        if type(callee) is Named:
            of = callee.of
            callee.calls[opcode] = count = callee.calls.get(opcode, 0) + 1
            if count > CALLS_EACH:
                return False
        if len(self.calls) >= MAX_CALLS:
            self.flaw("limit", f"more than {MAX_CALLS:,} calls")
            return False
        written = render(arguments) if of else render(callee, limit=100) + " " + render(arguments)
        self.calls.append(Call(of, opcode, written, self.offset))
        return True

    def inside(self, kept: bytes, start: int, size: int) -> None:
        """Follow pickles that a payload begins with."""
        if kept.startswith(_IN_LATIN_1) and kept[2:3] <= b"\x05":
            self.inside_text(self.source.at(start, min(size, MAX_DECODED)))
        elif _PICKLE.match(kept):
            self.embedded(Part(self.source, start + size), start)

    def inside_text(self, data: bytes) -> None:
        """The same for text that is in memory, whose characters are bytes."""
        raw = data.decode("utf-8", "ignore").encode("latin-1", "replace")
        if _PICKLE.match(raw):
            self.embedded(Buffer(raw), 0)

    def embedded(self, source: Source, start: int, *, several: bool = True) -> State | None:
        """Follow a pickle inside of this one, and ``several`` that stand behind it."""
        last = None
        while last is None or (several and last.stopped and _PICKLE.match(source.at(last.offset, MAX_TEXT))):
            if self.depth >= MAX_NESTING or len(self.nested) >= MAX_NESTED:
                self.flaw("limit", f"more than {MAX_NESTING} pickles inside one another, or {MAX_NESTED} in one")
                break
            last = type(self)(source, start if last is None else last.offset, self.depth + 1, self.walked)
            last.run()
            self.walked = last.walked + last.at
            found = last.result()
            if found.stopped or found.imports:
                self.nested.append(found)
        return last

    def misread(self, start: int, end: int) -> None:
        """Follow raw data as the opcodes that a reader which knows nothing of it would take them for."""
        other = type(self)(Part(self.source, end), start, self.depth + 1, self.walked)
        other.stack, other.memo = self.stack[-_RECENT:], _Overlay(self.memo)
        other.run()
        self.walked = other.walked + other.at
        found = other.result()
        if any(each.resolved and each.module.isidentifier() and each.name.isidentifier() for each in found.imports):
            self.nested.append(found)
