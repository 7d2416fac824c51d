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
    MAX_ITEMS,
    MAX_MEMO,
    MAX_NESTED,
    MAX_NESTING,
    MAX_STACK,
    MAX_TEXT,
    MAX_WALKED,
)
from scanner.parsers.pickles.reader import MARGIN, Part, Reader
from scanner.parsers.pickles.runs import style
from scanner.parsers.pickles.symbols import UNKNOWN, Made, Named, Symbol, render
from scanner.parsers.pickles.trace import Call, Flaw, FlawKind, Import, PersistentId, Tensor, Trace
from scanner.parsers.tar import Buffer, Source

_GETS, _PUTS = b"hj", b"qr"
_RECENT = 256
"""Values at the top of the stack that keep what they hold when there is too much of it."""
FIRST: Final = frozenset(b"(])}cFIJKLMNSTUVXGPBC\x80\x88\x89\x8a\x8c\x8d\x8e\x8f")
"""Opcodes that a pickle may begin with: those that need nothing on the stack."""
NO_PICKLE: Final = ("opcode", "argument", "stack", "memo")
"""Flaws of what only begins like a pickle."""
_NAME = re.compile(r"[^\W\d]\w*+(\.[^\W\d]\w*+)*+")
_IN_LATIN_1 = b"\xc2\x80"
"""How a pickle begins that is written as text, each byte a character: so protocol 2 writes bytes."""


class StoppedError(Exception):
    """The trace is at its end."""


class Memo(dict[int, Symbol]):
    """A memo whose entries are not numbered from 0 on without a gap; usual ones are a list."""

    def append(self, symbol: Symbol) -> None:
        """MEMOIZE: the index is the number of entries there are."""
        self[len(self)] = symbol


class _FullMemo(Memo):
    """A memo that has reached its limit: it counts, and takes imports only."""

    def __init__(self, memo: list[Symbol] | Memo) -> None:
        super().__init__(enumerate(memo) if isinstance(memo, list) else memo)
        self._count = len(memo)

    def __len__(self) -> int:
        return self._count

    def __setitem__(self, index: int, symbol: Symbol) -> None:
        self._count += index not in self
        if type(symbol) is Named and super().__len__() < 2 * MAX_MEMO:
            super().__setitem__(index, symbol)

    def __missing__(self, index: int) -> Symbol:
        return UNKNOWN


class _Overlay(Memo):
    """A memo on top of another one, which stays as it is."""

    def __init__(self, below: list[Symbol] | Memo) -> None:
        super().__init__()
        self._below = below

    def __len__(self) -> int:
        return len(self._below) + super().__len__()

    def __missing__(self, index: int) -> Symbol:
        return self._below[index]


def named(found: Trace) -> bool:
    """Whether all that its opcodes import are names as Python has them."""
    written = (each for each in found.imports if each.resolved and each.opcode != "REDUCE")
    return all(_NAME.fullmatch(each.module) and _NAME.fullmatch(each.name) for each in written)


def likely(found: Trace) -> bool:
    """Whether what was followed is a pickle; without PROTO, only what imports and calls something is one for sure."""
    wrong = min((flaw.offset for flaw in found.flaws if flaw.kind in NO_PICKLE), default=found.end)
    before = found.replace(imports=tuple(each for each in found.imports if each.offset < wrong))
    if not named(before):
        return False
    if found.protocol is not None:
        return found.stopped or bool(before.imports)
    return bool(before.imports) and (found.stopped or any(call.offset < wrong for call in found.calls))


class State(Reader):
    """What one pickle has on the stack and in the memo, and what was seen so far."""

    def __init__(self, source: Source, start: int, depth: int = 0, walked: int = 0) -> None:
        super().__init__(source, start)
        self.start, self.depth, self.walked = start, depth, walked
        self.stack: list[Symbol] = []
        self.marks: list[int] = []
        """For each MARK on the stack, how many values are below it."""
        self.memo: list[Symbol] | Memo = []
        self.held = 0
        """Values put into containers since they were last emptied."""
        self.frame_end = 0
        self.stopped = False
        self.protocol: int | None = None
        self.style = style(False)
        self.runs = True
        """Runs of opcodes are passed over; no more once one was not as it seemed, lest it is read over and over."""
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
            end=self.base + min(self.at, self.size),
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
        if self.at >= self.size - MARGIN and not self.whole:
            self.read(self.at)
            self._check_limits()
        if self.at >= self.size:
            raise EOFError
        self.limit = self.size - (0 if self.whole else MARGIN)
        if self.frame_end:
            self.limit = min(self.limit, self.frame_end - self.base)

    def _check_limits(self) -> None:
        if self.walked > MAX_WALKED:
            self.broken("limit", f"more than {MAX_WALKED:,} bytes of opcodes; the rest is not looked at")
        if len(self.stack) > MAX_STACK or len(self.marks) > MAX_STACK:
            self.flaw("limit", f"more than {MAX_STACK:,} values on the stack")
            del self.stack[:-_RECENT]
            self.marks[:] = [0]
        if len(self.memo) > MAX_MEMO and not isinstance(self.memo, _FullMemo):
            self.flaw("limit", f"more than {MAX_MEMO:,} values in the memo")
            self.memo = _FullMemo(self.memo)
        if self.held > MAX_HELD:
            self.held = 0
            recent = {id(symbol) for symbol in self.stack[-_RECENT:]}
            memo = list(enumerate(self.memo) if isinstance(self.memo, list) else self.memo.items())
            for symbol in (*(symbol for _, symbol in memo), *self.stack):
                if isinstance(symbol, list) and id(symbol) not in recent:
                    symbol.clear()
            for index, symbol in memo:
                if type(symbol) is tuple:
                    self.memo[index] = UNKNOWN
            self.stack[:-_RECENT] = [UNKNOWN if type(old) is tuple else old for old in self.stack[:-_RECENT]]

    def recover(self, error: Exception) -> None:
        """Pass an opcode that asked for what is not there, or let it be tried again with values that are not known."""
        op = self.data[self.at] if self.at >= 0 else 0
        if op in _GETS:
            self.flaw("memo", "a memo entry is read that was never written")
            self.stack.append(UNKNOWN)
            self.at += 2 if op == 0x68 else 5
        elif op in _PUTS and self.stack and isinstance(self.memo, list):
            self.memo = Memo(enumerate(self.memo))
        else:
            self.flaw("stack", "more is taken off the stack than is on it")
            if self.at < 0:
                raise StoppedError from error
            self.stack[:0] = [UNKNOWN] * 4
            self.marks[:] = [4]

    def boring(self, mark: int) -> bool:
        """Whether nobody looks at what is put into the container below ``mark``.

        It is full, in a container that is full, or for an object of which nothing more is told.
        """
        if not self.runs:
            return False
        if len(self.stack[-1]) >= MAX_ITEMS:
            return True
        item = self.stack[mark - 2]
        if type(item) is Made and item.quiet:
            return True
        if not self.marks:
            return False
        outer = self.marks[-1]
        container = self.stack[outer - 1]
        return mark - outer > MAX_ITEMS or (isinstance(container, list) and len(container) >= MAX_ITEMS)

    def put(self, index: int, symbol: Symbol) -> None:
        """PUT."""
        if isinstance(self.memo, list) and index > len(self.memo):
            self.memo = Memo(enumerate(self.memo))
        if index == len(self.memo):
            self.memo.append(symbol)
        else:
            self.memo[index] = symbol

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
        if size > MAX_TEXT and kept.startswith(_IN_LATIN_1) and kept[2:3] <= b"\x05":
            self.inside_text(self.source.at(start, min(size, MAX_DECODED)))
        elif kept and kept[0] in FIRST:
            self.embedded(Part(self.source, start + size), start)

    def inside_text(self, data: bytes) -> None:
        """The same for text that is in memory, whose characters are bytes."""
        self.inside_bytes(data.decode("utf-8", "ignore").encode("latin-1", "replace"))

    def inside_bytes(self, data: bytes) -> None:
        """The same for bytes that are in memory."""
        if data and data[0] in FIRST:
            self.embedded(Buffer(data), 0)

    def embedded(self, source: Source, start: int) -> None:
        """Follow the pickle that may begin at ``start``, and those that stand behind it."""
        while (first := source.at(start, 1)) and first[0] in FIRST:
            inner = self.inner(source, start)
            if inner is None or not inner.stopped:
                return
            start = inner.offset

    def inner(self, source: Source, start: int) -> State | None:
        """Follow what may be a pickle inside of this one; None when there are too many."""
        if self.depth >= MAX_NESTING or len(self.nested) >= MAX_NESTED:
            self.flaw("limit", f"more than {MAX_NESTING} pickles inside one another, or {MAX_NESTED} in one")
            return None
        inner = type(self)(source, start, self.depth + 1, self.walked)
        inner.run()
        self.walked = inner.walked + inner.at
        found = inner.result()
        if likely(found):
            self.nested.append(found)
        return inner

    def misread(self, start: int, end: int) -> None:
        """Follow raw data as the opcodes that a reader which knows nothing of it would take them for."""
        other = type(self)(Part(self.source, end), start, self.depth + 1, self.walked)
        other.stack, other.memo = self.stack[-_RECENT:], _Overlay(self.memo)
        other.run()
        self.walked = other.walked + other.at
        found = other.result()
        if any(each.resolved for each in found.imports) and named(found):
            self.nested.append(found)
