"""Pickles, followed opcode by opcode without loading them.

``trace`` follows one, ``traces`` all that stand one behind the other. Nothing is imported, called or evaluated: values
are symbols, and what a call would give is known for a handful of harmless functions only. Source of the format:
``pickletools`` of CPython 3.13.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from scanner.parsers.pickles.limits import MAX_PICKLES
from scanner.parsers.pickles.machine import Machine
from scanner.parsers.pickles.reader import MARGIN
from scanner.parsers.pickles.trace import Flaw, Trace
from scanner.parsers.tar import Buffer, Source

HEAD = 4_096
"""Bytes that are enough to recognise a pickle."""
_NO_PICKLE: Final = ("opcode", "argument", "stack", "memo")
"""Flaws of what only begins like a pickle."""
_NAME = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*")
_FIRST = frozenset(bytes([op]) for op in b"(])}cFIJKLMNSTUVXGPBC\x88\x89\x8a\x8c\x8d\x8e\x8f")
"""Opcodes that need nothing on the stack."""


def trace(source: Source, start: int = 0) -> Trace:
    """Follow the pickle that begins at ``start``. What is wrong with it is among its flaws; none is raised."""
    machine = Machine(source, start)
    machine.run()
    return machine.result()


def traces(source: Source, start: int = 0) -> Iterator[Trace]:
    """Follow the pickle that begins at ``start`` and all that stand behind it, as in old files of torch."""
    walked = 0
    for count in range(1, MAX_PICKLES + 1):
        machine = Machine(source, start, walked=walked)
        machine.run()
        found = machine.result()
        start, walked = found.end, machine.walked + machine.at
        more = found.stopped and looks_like_pickle(source.at(start, HEAD))
        if more and count == MAX_PICKLES:
            flaw = Flaw(start, "limit", f"more than {MAX_PICKLES:,} pickles one behind the other")
            yield found.replace(flaws=(*found.flaws, flaw))
            return
        yield found
        if not more:
            return


def looks_like_pickle(head: bytes) -> bool:
    """Whether what begins so (with ``HEAD`` bytes, or all there are) is a pickle.

    Protocols 0 and 1 begin with no mark of their own. Of what may be one, all has to be right up to STOP or to the end
    of ``head``, unless it imports and calls something before it breaks.
    """
    marked = head[:1] == b"\x80"
    if not marked and head[:1] not in _FIRST:
        return False
    found = trace(Buffer(head))
    wrong = [flaw.offset for flaw in found.flaws if flaw.kind in _NO_PICKLE]
    names = [each for each in found.imports if not wrong or each.offset < wrong[0]]
    named = all(_NAME.fullmatch(each.module) and _NAME.fullmatch(each.name) for each in names if each.resolved)
    if marked:
        return len(head) > 2 and (bool(names and named) or not wrong)
    if names and (found.calls or found.stopped):
        return named
    return named and not wrong and (found.end == len(head) > 3 if found.stopped else found.end > HEAD - MARGIN)
