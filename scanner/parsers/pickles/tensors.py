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
    sizes = rb"\)|%b{1,3}[\x85-\x87]|\(%b*+t" % (_NUMBER, _NUMBER)
    parts = (
        b"(%b)(%b)(%b)" % (put, text, put),
        rb"(%b\(\(%b%b)(%b)(%b)(%b)(%b)t(%b)Q%b" % (get, get, get, text, put, get, _NUMBER, put, _NUMBER),
        b"(%b)(%b|)(?:%b)(%b|)" % (sizes, put, sizes, put),
        rb"[\x88\x89](%b)\)R(%b)t(%b)R" % (get, put, put),
    )
    return re.compile(b"".join(parts), re.DOTALL)


def more_tensors(state: State, callee: Named, at: int) -> int:
    """Read the tensors behind one that ``callee`` has rebuilt, which is on the stack; say where the last one ends."""
    match = _pattern().match
    memo, base, made, end, new = state.memo, state.base, callee.made, at, tuple.__new__
    data, limit = state.data, state.limit
    if type(memo) is not list or not state.runs:
        return at
    kinds: dict[tuple[bytes, bytes, bytes], tuple[str, str, str, Made] | None] = {}
    numbers: dict[bytes, tuple[int, ...]] = {}
    puts: list[bytes] = []
    values: list[Symbol] = []
    pushed: list[Symbol] = []
    ids: list[PersistentId] = []
    tensors: list[Tensor] = []
    while each := match(data, end, limit):
        (before, key, put_key, gets, storage, put_storage, location, elements, put_id,
         sizes, put_sizes, put_strides, hooks, put_hooks, put_arguments) = each.groups()  # fmt: skip
        kind = kinds.get((gets, location, hooks))
        if kind is None:
            kind = kinds[gets, location, hooks] = _kind(memo, callee, gets, location, hooks)
            if kind is None:
                break
        end = each.end()
        for series in (sizes, elements):
            if series not in numbers:
                numbers[series] = _numbers(series)
        type_, dtype, place, hooked = kind
        puts += before, put_key, put_storage, put_id, put_sizes, put_strides, put_hooks, put_arguments
        key, storage = key[_HEADER:], storage[_HEADER:]
        values += made, key, storage, UNKNOWN
        values += [UNKNOWN] * ((len(put_sizes) + len(put_strides)) // _PUT)
        values += hooked, UNKNOWN
        pushed += key, made
        name = storage.decode("utf-8", "replace")
        ids.append(new(PersistentId, ("", base + each.end(9), type_, name, place, numbers[elements][0])))
        tensors.append(new(Tensor, (dtype, numbers[sizes], name, base + end - 1)))
    negative = any(number < 0 for series in numbers.values() for number in series)
    if negative or len(state.ids) + len(ids) > MAX_IDS or not in_order(b"".join(puts), len(memo)):
        state.runs = False
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
    place, hooked = _got(memo, location), _got(memo, hooks)
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
