"""Pickles, followed opcode by opcode without loading them.

``trace`` follows one, ``traces`` all that stand one behind the other. Nothing is imported, called or evaluated: values
are symbols, and what a call would give is known for a handful of harmless functions only. Source of the format:
``pickletools`` of CPython 3.13.
"""

from __future__ import annotations

from collections.abc import Iterator

from scanner.parsers.pickles.limits import MAX_PICKLES
from scanner.parsers.pickles.machine import Machine
from scanner.parsers.pickles.reader import MARGIN
from scanner.parsers.pickles.state import FIRST, NO_PICKLE, likely, named
from scanner.parsers.pickles.trace import Flaw, Trace
from scanner.parsers.tar import Buffer, Source

HEAD = 4_096
"""Bytes that are enough to recognise a pickle."""


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
    if not head or head[0] not in FIRST:
        return False
    machine = Machine(Buffer(head), 0)
    machine.run()
    if machine.protocol is None and not machine.names and any(flaw.kind in NO_PICKLE for flaw in machine.flaws):
        return False  # as most texts do that begin with an opcode
    found = machine.result()
    if likely(found):
        return len(head) > 2
    if not named(found) or any(flaw.kind in NO_PICKLE for flaw in found.flaws):
        return False
    if found.protocol is not None:
        return len(head) > 2
    return found.end == len(head) > 3 if found.stopped else found.end > HEAD - MARGIN
