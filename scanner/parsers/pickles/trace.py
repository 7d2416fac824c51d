"""What a pickle would do when it is loaded, as far as it can be told without loading it."""

from __future__ import annotations

from typing import Literal, NamedTuple

from scanner.model.record import Record

FlawKind = Literal[
    "opcode",  # a byte that is no opcode; the trace ends there
    "truncated",  # the data ends before STOP
    "argument",  # an argument that no reader accepts
    "frame",  # frames and opcodes do not end together, so that readers differ
    "protocol",  # PROTO in the wrong place, twice or of an unknown protocol
    "memo",  # a memo entry is read that was never written
    "stack",  # more is taken off the stack than is there
    "limit",  # there is more than is followed (limits.py)
]


class Import(NamedTuple):
    """A name that is imported, as the pickle spells it (``python2.modern`` says what Python 3 takes it for)."""

    module: str
    name: str
    """Perhaps dotted."""
    offset: int
    """Of the opcode."""
    opcode: str
    """``GLOBAL``, ``INST``, ``STACK_GLOBAL``, ``EXT1``, ``EXT2``, ``EXT4``; ``REDUCE`` for what a call imports."""
    resolved: bool = True
    """False when a part of the name is made in a way that is not followed; "" stands for that part. Of an extension,
    ``name`` is ``extension 5``: what that is, the registry of the reader says."""


class Call(NamedTuple):
    """A call that loading makes."""

    callee: Import | None
    """None for what is no import: the result of another call, a value that is not known."""
    opcode: str
    """``REDUCE``, ``INST``, ``OBJ``, ``NEWOBJ``, ``NEWOBJ_EX``, or ``BUILD``, which calls ``__setstate__``."""
    arguments: str
    """At most ``MAX_RENDERED`` characters."""
    offset: int


class PersistentId(NamedTuple):
    """An object outside of the pickle that ``persistent_load`` is asked for."""

    text: str
    """At most ``MAX_RENDERED`` characters."""
    offset: int
    type: str = ""
    """Of a storage of torch: ``FloatStorage``, …; "" for any other id. So for the rest."""
    key: str = ""
    location: str = ""
    elements: int | None = None


class Tensor(NamedTuple):
    """A tensor of torch that loading rebuilds."""

    dtype: str
    """``float32``, …; "" when not known."""
    shape: tuple[int, ...]
    storage: str
    """Key of the storage it views, "" when not known; tensors that share one may be the same weights."""
    offset: int


class Flaw(NamedTuple):
    """What is wrong with a pickle, and where."""

    offset: int
    kind: FlawKind
    reason: str


class Trace(Record):
    """One pickle, followed from its first opcode to STOP or to where it breaks."""

    start: int
    end: int
    """Behind STOP, else where it breaks. Another pickle may begin there."""
    stopped: bool
    """It ends with STOP."""
    protocol: int | None
    """As PROTO says; None without one, for protocols 0 and 1."""
    imports: tuple[Import, ...]
    """Each name once, where it is imported first; also those in front of a break."""
    calls: tuple[Call, ...]
    """The first few of each import and opcode."""
    persistent_ids: tuple[PersistentId, ...]
    tensors: tuple[Tensor, ...]
    raw_bytes: int
    """Bytes of arrays that joblib writes between the opcodes."""
    nested: tuple[Trace, ...]
    """Pickles in bytes and strings, and those of joblib's arrays of objects; their offsets count from the same start
    where their bytes stand in the source as they are, else from their own beginning."""
    flaws: tuple[Flaw, ...]
