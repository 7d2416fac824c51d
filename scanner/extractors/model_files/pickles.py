"""What pickles import and call when they are loaded."""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import cache

from scanner import knowledge
from scanner.extractors.model_files.draft import Draft
from scanner.parsers import tar
from scanner.parsers.models.recognize import format_of
from scanner.parsers.models.texts import is_text
from scanner.parsers.pickles import looks_like_pickle, traces
from scanner.parsers.pickles.python2 import modern
from scanner.parsers.pickles.tiers import Tier, Tiers, tier_of, tiers
from scanner.parsers.pickles.trace import Call, Import, Trace

_CLASSES = ("NEWOBJ", "NEWOBJ_EX", "BUILD")
"""Ways to call that every instance of a class is made with; others say more."""

_SCRIPTED = "__torch__"
"""Classes of TorchScript, whose code is in the archive and not Python's; no module is called so."""


def recognized(head: bytes, size: int) -> str | None:
    """The format of a content by its first bytes, pickles without a mark of their own included."""
    if is_text(head, size):
        return None
    return format_of(head, size) or ("pickle" if looks_like_pickle(head) else None)


def look(draft: Draft, source: tar.Source, member: str = "", start: int = 0) -> str:
    """All that stand one behind the other; ``pickle``, "" when it is none after all."""
    found = ""
    for trace in traces(source, start):
        if not (found or trace.stopped or trace.imports or member.endswith(".pkl") or draft.promised & {"pickle"}):
            return ""
        found = "pickle"
        for each in _all(trace):
            _state(draft, each, member)
    return found


def _all(trace: Trace) -> Iterator[Trace]:
    yield trace
    for nested in trace.nested:
        yield from _all(nested)


def _state(draft: Draft, trace: Trace, member: str) -> None:
    for flaw in trace.flaws:
        draft.flaw("unread" if flaw.kind == "limit" else "pickle", flaw.kind, flaw.reason, member, flaw.offset)
    calls: dict[tuple[str, str], Call] = {}
    for call in trace.calls:
        if call.callee is not None:
            key = call.callee.module, call.callee.name
            known = calls.get(key)
            if known is None or (known.opcode in _CLASSES and call.opcode not in _CLASSES):
                calls[key] = call
    for each in trace.imports:
        _import(draft, each, calls.get((each.module, each.name)), member)
    sizes = {tensor.storage or str(tensor.offset): tensor for tensor in trace.tensors}
    if sizes:
        weights: dict[str, int] = {}
        for tensor in sizes.values():
            weights[tensor.dtype] = weights.get(tensor.dtype, 0) + math.prod(tensor.shape)
        dtypes = sorted(filter(None, weights), key=lambda dtype: -weights[dtype])
        draft.say(parameters=sum(weights.values()), dtypes=tuple(dtypes))


def _import(draft: Draft, each: Import, call: Call | None, member: str) -> None:
    if each.module.partition(".")[0] == _SCRIPTED:
        return
    judged = tier_of(each, _table())
    if judged != "weights-only":
        name = ".".join(modern(each.module, each.name))
        draft.imports(name, judged, "" if call is None else f"{name}{call.arguments}", member, each.offset)


def tier(name: str) -> Tier:
    """How far ``module.name`` can be trusted when a loader imports it."""
    module, _, last = name.rpartition(".")
    return tier_of(Import(module, last, 0, ""), _table())


@cache
def _table() -> Tiers:
    return tiers(knowledge.rows("pickle-imports"))
