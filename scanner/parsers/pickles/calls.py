"""What calls give, for a handful of functions that are known: nothing is called."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from scanner.parsers.pickles.arrays import shape, torch_dtype
from scanner.parsers.pickles.limits import CALLS_EACH, MAX_IDS, MAX_RENDERED, MAX_TEXT
from scanner.parsers.pickles.state import State
from scanner.parsers.pickles.symbols import UNKNOWN, Made, Named, Raw, Stored, Symbol, render, text
from scanner.parsers.pickles.trace import PersistentId, Tensor

_WRAPPER: Final = ("joblib.numpy_pickle", "NumpyArrayWrapper")


def call(state: State, callee: Symbol, arguments: Symbol, opcode: str) -> Symbol:
    """Tell of a call, and say what it gives."""
    told = state.called(callee, opcode, arguments)
    if type(callee) is not Named:
        return Made(callee, arguments)
    name = callee.of[:2]
    known = KNOWN.get(name)
    if known is not None and type(arguments) is tuple:
        try:
            given = known(state, callee, arguments)
        except (IndexError, TypeError, ValueError):  # of other arguments than the function takes
            given = None
        if given is not None:
            return given
    if known is not None or name in KEPT:
        return Made(callee, arguments)
    callee.quiet = not told and callee.calls.get(opcode, 0) > CALLS_EACH
    return callee.made


def build(state: State, made: Symbol, argument: Symbol) -> None:
    """BUILD: ``made`` takes over a state."""
    if type(made) is Made:
        told = state.called(made.callee, "BUILD", argument)
        if type(made.callee) is Named and made is made.callee.made:
            made.quiet = not told
        else:
            made.state = argument


def raw_data(made: Symbol) -> bool:
    """Whether joblib reads an array from behind the BUILD of it."""
    return (
        type(made) is Made and type(made.callee) is Named and (made.callee.of.module, made.callee.of.name) == _WRAPPER
    )


def persistent(state: State, of: Symbol) -> Symbol:
    """Tell of a persistent id, and say what stands for its object."""
    if len(state.ids) >= MAX_IDS:
        state.flaw("limit", f"more than {MAX_IDS:,} persistent ids")
        return UNKNOWN
    if type(of) is tuple and len(of) >= 5 and of[0] == b"storage" and type(of[1]) is Named:
        key, location = text(of[2]) or render(of[2]), text(of[3]) or ""
        elements = of[4] if type(of[4]) is int else None
        made = PersistentId("", state.offset, of[1].of.name, key[:MAX_RENDERED], location[:MAX_RENDERED], elements)
        state.ids.append(made)
        return Stored(made.type, made.key)
    state.ids.append(PersistentId(render(of), state.offset))
    return Stored()


def _tensor(size: int, dtype: int = 0) -> Known:
    """A function of torch that rebuilds a tensor: at which places of its arguments size and type are."""

    def rebuild(state: State, callee: Named, arguments: tuple[Symbol, ...]) -> Symbol:
        sizes = shape(arguments[size])
        if sizes is not None:
            if len(state.tensors) < MAX_IDS:
                key = arguments[0].key if type(arguments[0]) is Stored else ""
                state.tensors.append(Tensor(torch_dtype(arguments[dtype]), sizes, key, state.offset))
            else:
                state.flaw("limit", f"more than {MAX_IDS:,} tensors")
        return callee.made

    return rebuild


def _join(state: State, callee: Named, arguments: tuple[Symbol, ...]) -> Symbol:
    """Two strings, one behind the other."""
    first, second = arguments
    return _text(first + second) if type(first) is bytes and type(second) is bytes else None


def _join_all(state: State, callee: Named, arguments: tuple[Symbol, ...]) -> Symbol:
    between, parts = arguments
    if type(between) is bytes and type(parts) in (list, tuple) and all(type(part) is bytes for part in parts):
        return _text(between.join(parts))
    return None


def _same(state: State, callee: Named, arguments: tuple[Symbol, ...]) -> Symbol:
    """A function that gives its first argument, as text or bytes."""
    return arguments[0] if type(arguments[0]) in (bytes, Raw) else None


def _encode(state: State, callee: Named, arguments: tuple[Symbol, ...]) -> Symbol:
    encoding = (text(arguments[1]) or "") if len(arguments) > 1 else "utf-8"
    said = text(arguments[0])
    if said is None or encoding.replace("_", "-") not in ("utf-8", "latin1", "latin-1", "ascii"):
        return None
    encoded = said.encode(encoding)
    state.inside_bytes(encoded)
    return Raw(encoded, len(encoded))


def _decode(state: State, callee: Named, arguments: tuple[Symbol, ...]) -> Symbol:
    raw = arguments[0]
    return _text(raw.data) if type(raw) is Raw and raw.size == len(raw.data) else None


def _character(state: State, callee: Named, arguments: tuple[Symbol, ...]) -> Symbol:
    return chr(arguments[0]).encode("utf-8", "surrogatepass")


def _text(joined: bytes) -> Symbol:
    return joined if len(joined) <= MAX_TEXT else Raw(joined[:MAX_TEXT], len(joined))


def _attribute(state: State, callee: Named, arguments: tuple[Symbol, ...]) -> Symbol:
    """``getattr``: of an import, another import."""
    of, name = arguments[0], text(arguments[1])
    if type(of) is Named and name is not None:
        path = f"{of.of.name}.{name}" if of.of.name else name
        return state.imported(of.of.module, path[:MAX_TEXT], "REDUCE", resolved=of.of.resolved)
    return None


def _module(state: State, callee: Named, arguments: tuple[Symbol, ...]) -> Symbol:
    """A function that imports a module."""
    name = text(arguments[0])
    return None if name is None else state.imported(name, "", "REDUCE")


def _object(state: State, callee: Named, arguments: tuple[Symbol, ...]) -> Symbol:
    """A function that makes an object of the class it is given."""
    return call(state, arguments[0], arguments[1:], "REDUCE") if type(arguments[0]) is Named else None


Known = Callable[[State, Named, tuple[Symbol, ...]], Symbol]
"""What a function gives for its arguments; None when that is not known."""
KNOWN: Final[dict[tuple[str, str], Known]] = {
    ("torch._utils", "_rebuild_tensor"): _tensor(2),
    ("torch._utils", "_rebuild_tensor_v2"): _tensor(2),
    ("torch._utils", "_rebuild_tensor_v3"): _tensor(2, 6),
    ("torch._utils", "_rebuild_qtensor"): _tensor(2),
    ("torch._utils", "_rebuild_meta_tensor_no_storage"): _tensor(1),
    ("torch._utils", "_rebuild_wrapper_subclass"): _tensor(2, 1),
    ("_codecs", "encode"): _encode,
    ("_codecs", "decode"): _decode,
    ("copyreg", "_reconstructor"): _object,
    ("copyreg", "__newobj__"): _object,
    ("operator", "concat"): _join,
    ("operator", "add"): _join,
    ("builtins", "str.join"): _join_all,
    ("builtins", "str"): _same,
    ("builtins", "bytes"): _same,
    ("builtins", "bytearray"): _same,
    ("builtins", "chr"): _character,
    ("builtins", "getattr"): _attribute,
    ("builtins", "__import__"): _module,
    ("importlib", "import_module"): _module,
}
KNOWN.update(
    {
        (old, name): known
        for (module, name), known in KNOWN.items()
        for old in {"builtins": ["__builtin__"], "operator": ["_operator"], "copyreg": ["copy_reg"]}.get(module, ())
    }
)
KEPT: Final = frozenset({_WRAPPER, ("numpy", "dtype"), ("torch", "Size")})
"""What is kept with its arguments and its state."""
