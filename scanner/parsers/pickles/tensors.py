"""Runs of tensors in a checkpoint of torch, which are most of its opcodes: many at once, by regular expressions."""

from __future__ import annotations

import re
from functools import cache
from struct import unpack_from

from scanner.parsers.pickles.arrays import STORAGES
from scanner.parsers.pickles.limits import MAX_IDS
from scanner.parsers.pickles.runs import in_order, texts
from scanner.parsers.pickles.state import State
from scanner.parsers.pickles.symbols import UNKNOWN, Made, Named, Symbol
from scanner.parsers.pickles.trace import PersistentId, Tensor

_NUMBER = rb"(?:K.|M..|J.{4}|\x8a\x04.{4}|\x8a\x05.{5})"
_VALUES = re.compile(rb"(?:K(.)|M(..)|J(.{4})|\x8a(?:\x04(.{4})|\x05(.{5})))", re.DOTALL)
_GETS = re.compile(rb"(h.|j.{4})\(\((h.|j.{4})(h.|j.{4})", re.DOTALL)
_PUT, _HEADER = 5, 5
"""Bytes of LONG_BINPUT, and of what is in front of a text."""


@cache
def _pattern() -> re.Pattern[bytes]:
    """LONG_BINPUT of the value before, a key, and a call of ``_rebuild_tensor_v2``, with its parts in groups.

    What is the same for many tensors comes out of the memo.
    """
    text, get, put = texts(b"X", rb"\0\0\0"), b"(?:h.|j.{4})", b"r.{4}"
    sizes = rb"(?:\)|(?:%b{1,3}[\x85-\x87]|\(%b*+t)%b)" % (_NUMBER, _NUMBER, put)
    parts = (
        *(put, text, put, rb"%b\(\(%b%b" % (get, get, get), text, put, get, _NUMBER, b"t" + put, b"Q" + _NUMBER),
        *(sizes, sizes, rb"[\x88\x89]" + get, rb"\)R" + put, b"t" + put),
    )
    return re.compile(b"".join(b"(%b)" % part for part in parts) + b"R", re.DOTALL)


def more_tensors(state: State, callee: Named, at: int) -> int:
    """Read the tensors behind one that ``callee`` has rebuilt, which is on the stack; say where the last one ends."""
    match = _pattern().match
    memo, base, made, end = state.memo, state.base, callee.made, at
    if type(memo) is not list:
        return at
    kinds: dict[tuple[bytes, bytes, bytes], tuple[str, str, str, Made] | None] = {}
    shapes: dict[bytes, tuple[int, ...]] = {}
    puts: list[bytes] = []
    values: list[Symbol] = []
    pushed: list[Symbol] = []
    ids: list[PersistentId] = []
    tensors: list[Tensor] = []
    while each := match(state.data, end, state.limit):
        end = each.end()
        (before, key, put_key, gets, storage, put_storage, location, elements, put_id, _,
         sizes, strides, hooks, put_hooks, put_arguments) = each.groups()  # fmt: skip
        if (gets, location, hooks) not in kinds:
            kinds[gets, location, hooks] = _kind(memo, callee, gets, location, hooks)
        kind = kinds[gets, location, hooks]
        if kind is None:
            return at
        type_, dtype, place, hooked = kind
        shape = shapes.get(sizes[:-_PUT])
        if shape is None:
            shape = shapes[sizes[:-_PUT]] = _numbers(sizes[:-_PUT])
        puts += before, put_key, put_storage, put_id[1:]
        values += made, key[_HEADER:], storage[_HEADER:], UNKNOWN
        for series in (sizes, strides):
            if len(series) > 1:
                puts.append(series[-_PUT:])
                values.append(UNKNOWN)
        puts += put_hooks[2:], put_arguments[1:]
        values += hooked, UNKNOWN
        pushed += key[_HEADER:], made
        name = storage[_HEADER:].decode("utf-8", "replace")
        ids.append(PersistentId("", base + each.end(9), type_, name, place, _numbers(elements)[0]))
        tensors.append(Tensor(dtype, shape, name, base + end - 1))
    if any(size < 0 for shape in shapes.values() for size in shape) or len(state.ids) + len(ids) > MAX_IDS:
        return at
    if not in_order(b"".join(puts), len(memo)):
        return at
    memo += values
    state.stack += pushed
    state.ids += ids
    state.tensors += tensors
    return end


def _kind(
    memo: list[Symbol], callee: Named, gets: bytes, location: bytes, hooks: bytes
) -> tuple[str, str, str, Made] | None:
    """Class of the storage, type of its elements, where it was, and what its hooks are; None for anything unusual."""
    split = _GETS.fullmatch(gets)
    rebuild, what, type_ = (_got(memo, get) for get in split.groups()) if split else (None, None, None)
    place, hooked = _got(memo, location), _got(memo, hooks[1:])
    if rebuild is not callee or what != b"storage" or type(type_) is not Named or type(place) is not bytes:
        return None
    if type(hooked) is not Named or not hooked.quiet:
        return None
    return type_.of.name, STORAGES.get(type_.of.name, ""), place.decode("utf-8", "replace"), hooked.made


def _got(memo: list[Symbol], get: bytes) -> Symbol:
    index = get[1] if get[0] == 0x68 else unpack_from("<I", get, 1)[0]
    return memo[index] if index < len(memo) else None


def _numbers(series: bytes) -> tuple[int, ...]:
    """The numbers that a row of opcodes pushes."""
    values = []
    for groups in _VALUES.findall(series):
        raw = b"".join(groups)
        values.append(int.from_bytes(raw, "little", signed=len(raw) > 2))
    return tuple(values)
