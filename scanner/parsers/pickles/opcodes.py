"""The opcodes that are not frequent: each takes the offset behind its byte, and gives that of the next opcode."""

from __future__ import annotations

from collections.abc import Callable
from struct import unpack_from
from typing import Final

from scanner.parsers.pickles import calls
from scanner.parsers.pickles.limits import MAX_ITEMS
from scanner.parsers.pickles.runs import NEW, style
from scanner.parsers.pickles.state import State, StoppedError
from scanner.parsers.pickles.symbols import UNKNOWN, Pairs, Raw, Symbol, text

HIGHEST_PROTOCOL = 5
_EXTENSIONS: Final = {1: "EXT1", 2: "EXT2", 4: "EXT4"}


def _stop(state: State, at: int) -> int:
    if not state.stack:
        raise IndexError
    state.at, state.stopped = at, True
    if state.frame_end and state.frame_end != state.offset:
        state.flaw("frame", "STOP is not at the end of its frame")
    raise StoppedError


def _proto(state: State, at: int) -> int:
    if at >= state.size:
        raise EOFError
    protocol = state.data[at]
    if state.offset != state.start:
        state.flaw("protocol", "PROTO is not the first opcode")
    if protocol > HIGHEST_PROTOCOL:
        state.flaw("protocol", f"protocol {protocol}; the highest is {HIGHEST_PROTOCOL}")
    if state.protocol is None:
        state.protocol = protocol
        state.style = style(protocol >= NEW)
    return at + 1


def _frame(state: State, at: int) -> int:
    (size,) = unpack_from("<Q", state.data, at)
    if state.frame_end:
        state.flaw("frame", "a frame inside a frame")
    state.frame_end = state.base + at + 8 + size
    state.limit = 0
    return at + 8


def _items(state: State) -> list[Symbol]:
    """Take what is above the last MARK."""
    mark = state.marks.pop()
    items = state.stack[mark:]
    del state.stack[mark:]
    return items


def _pop(state: State, at: int) -> int:
    if state.marks and state.marks[-1] >= len(state.stack):
        state.marks.pop()
    else:
        state.stack.pop()
    return at


def _pop_mark(state: State, at: int) -> int:
    _items(state)
    return at


def _dup(state: State, at: int) -> int:
    state.stack.append(state.stack[-1])
    return at


def _list(state: State, at: int) -> int:
    state.stack.append(_items(state)[:MAX_ITEMS])
    state.held += len(state.stack[-1])
    return at


def _dict(state: State, at: int) -> int:
    state.stack.append(Pairs(_items(state)[:MAX_ITEMS]))
    state.held += len(state.stack[-1])
    return at


def _empty_set(state: State, at: int) -> int:
    state.stack.append([])
    return at


def _additems(state: State, at: int) -> int:
    mark = state.marks[-1]
    if not mark:
        raise IndexError
    items = _items(state)
    held = state.stack[-1]
    if type(held) is list and len(held) < MAX_ITEMS:
        held += items[:MAX_ITEMS]
        state.held += len(held)
    return at


def _line(kind: type[int] | type[float]) -> Callable[[State, int], int]:
    """A number in a line."""

    def number(state: State, at: int) -> int:
        line, at = state.line(at)
        symbol: Symbol = UNKNOWN
        if type(line) is bytes:
            try:
                symbol = kind(line.rstrip(b"L") or b"0") if line not in (b"00", b"01") else line == b"01"
            except ValueError:
                state.flaw("argument", f"a number that is none: {line[:40]!r}")
        state.stack.append(symbol)
        return at

    return number


def _unescaped(line: bytes) -> bytes:
    """What the escapes of a string literal stand for."""
    if b"\\" not in line:
        return line
    return (
        line.decode("latin-1").encode("ascii", "backslashreplace").decode("unicode-escape").encode("latin-1", "replace")
    )


def _string(state: State, at: int) -> int:
    """STRING: between quotes, with escapes."""
    line, at = state.line(at)
    if type(line) is not bytes:
        state.stack.append(line)
        return at
    line = line.strip()
    if len(line) < 2 or line[:1] != line[-1:] or line[:1] not in (b"'", b'"'):
        state.flaw("argument", "a STRING without quotes")
    state.stack.append(_unescaped(line[1:-1]))
    state.inside_text(state.stack[-1])
    return at


def _unicode(state: State, at: int) -> int:
    line, at = state.line(at)
    if type(line) is bytes:
        try:
            line = line.decode("raw-unicode-escape").encode("utf-8", "surrogatepass")
        except UnicodeDecodeError:
            state.flaw("argument", "a UNICODE with a wrong escape")
    state.stack.append(line)
    return at


def _sized(form: str, size: int, *, raw: bool, signed: bool = False) -> Callable[[State, int], int]:
    """A payload behind its size."""

    def read(state: State, at: int) -> int:
        (length,) = unpack_from(form, state.data, at)
        if signed and length < 0:
            state.broken("argument", "a payload of a negative size")
        payload, at = state.payload(at + size, length)
        state.stack.append(Raw(payload, length) if raw and type(payload) is bytes else payload)
        return at

    return read


def _long1(state: State, at: int) -> int:
    return _integer(state, at + 1, state.data[at])


def _long4(state: State, at: int) -> int:
    (size,) = unpack_from("<i", state.data, at)
    if size < 0:
        state.broken("argument", "an integer of a negative size")
    return _integer(state, at + 4, size)


def _integer(state: State, at: int, size: int) -> int:
    payload, at = state.payload(at, size)
    state.stack.append(int.from_bytes(payload, "little", signed=True) if type(payload) is bytes else UNKNOWN)
    return at


def _memo_index(state: State, at: int) -> tuple[int | None, int]:
    line, at = state.line(at)
    if type(line) is bytes and line.strip().isdigit() and len(line) < 20:
        return int(line), at
    state.flaw("argument", "a memo index that is no number")
    return None, at


def _get(state: State, at: int) -> int:
    index, at = _memo_index(state, at)
    if index is None:
        state.stack.append(UNKNOWN)
        return at
    try:
        state.stack.append(state.memo[index])
    except LookupError:
        state.flaw("memo", "a memo entry is read that was never written")
        state.stack.append(UNKNOWN)
    return at


def _put(state: State, at: int) -> int:
    index, at = _memo_index(state, at)
    if index is not None:
        state.put(index, state.stack[-1])
    return at


def _name(line: bytes | Raw) -> tuple[str, bool]:
    if type(line) is bytes:
        try:
            return line.decode(), True
        except UnicodeDecodeError:
            return line.decode("utf-8", "replace"), True
    return "", False


def _names(state: State, at: int) -> tuple[str, str, bool, int]:
    first, at = state.line(at)
    second, at = state.line(at)
    (module, one), (name, two) = _name(first), _name(second)
    return module, name, one and two, at


def _global(state: State, at: int) -> int:
    module, name, resolved, at = _names(state, at)
    state.stack.append(state.imported(module, name, "GLOBAL", resolved=resolved))
    return at


def _inst(state: State, at: int) -> int:
    module, name, resolved, at = _names(state, at)
    callee = state.imported(module, name, "INST", resolved=resolved)
    state.stack.append(calls.call(state, callee, tuple(_items(state)[:MAX_ITEMS]), "INST"))
    return at


def _stack_global(state: State, at: int) -> int:
    name, module = text(state.stack.pop()), text(state.stack.pop())
    resolved = name is not None and module is not None
    state.stack.append(state.imported(module or "", name or "", "STACK_GLOBAL", resolved=resolved))
    return at


def _extension(size: int) -> Callable[[State, int], int]:
    def read(state: State, at: int) -> int:
        code = int.from_bytes(state.data[at : at + size], "little")
        if at + size > len(state.data):
            raise EOFError
        state.stack.append(state.imported("", f"extension {code}", _EXTENSIONS[size], resolved=False))
        return at + size

    return read


def _obj(state: State, at: int) -> int:
    callee, *arguments = _items(state)[: MAX_ITEMS + 1] or [state.stack.pop()]
    state.stack.append(calls.call(state, callee, tuple(arguments), "OBJ"))
    return at


def _newobj_ex(state: State, at: int) -> int:
    named, arguments = state.stack.pop(), state.stack.pop()
    if type(arguments) is tuple and type(named) is Pairs and named:
        arguments = (*arguments, named)
    state.stack[-1] = calls.call(state, state.stack[-1], arguments, "NEWOBJ_EX")
    return at


def _persid(state: State, at: int) -> int:
    line, at = state.line(at)
    state.stack.append(calls.persistent(state, line))
    return at


def _binpersid(state: State, at: int) -> int:
    state.stack[-1] = calls.persistent(state, state.stack[-1])
    return at


def _next_buffer(state: State, at: int) -> int:
    state.stack.append(UNKNOWN)
    return at


def _nothing(state: State, at: int) -> int:
    return at


RARE: Final[dict[int, Callable[[State, int], int]]] = {
    0x2E: _stop,
    0x80: _proto,
    0x95: _frame,
    0x30: _pop,
    0x31: _pop_mark,
    0x32: _dup,
    0x6C: _list,
    0x64: _dict,
    0x91: _list,  # FROZENSET
    0x8F: _empty_set,
    0x90: _additems,
    0x49: _line(int),
    0x4C: _line(int),
    0x46: _line(float),
    0x53: _string,
    0x56: _unicode,
    0x58: _sized("<I", 4, raw=False),  # BINUNICODE
    0x8D: _sized("<Q", 8, raw=False),  # BINUNICODE8
    0x54: _sized("<i", 4, raw=False, signed=True),  # BINSTRING
    0x55: _sized("<B", 1, raw=False),  # SHORT_BINSTRING
    0x42: _sized("<I", 4, raw=True),  # BINBYTES
    0x43: _sized("<B", 1, raw=True),  # SHORT_BINBYTES
    0x8E: _sized("<Q", 8, raw=True),  # BINBYTES8
    0x96: _sized("<Q", 8, raw=True),  # BYTEARRAY8
    0x97: _next_buffer,
    0x98: _nothing,  # READONLY_BUFFER
    0x8A: _long1,
    0x8B: _long4,
    0x67: _get,
    0x70: _put,
    0x63: _global,
    0x69: _inst,
    0x93: _stack_global,
    0x82: _extension(1),
    0x83: _extension(2),
    0x84: _extension(4),
    0x6F: _obj,
    0x92: _newobj_ex,
    0x50: _persid,
    0x51: _binpersid,
}
