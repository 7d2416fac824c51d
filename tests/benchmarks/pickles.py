"""Time the tracing of pickles beside picklescan, which lists imports only, in the same process and on the same bytes."""

from __future__ import annotations

import gc
import io
import pickle
import random
import struct
import time
from collections.abc import Callable, Iterator

from scanner.parsers.pickles import traces
from scanner.parsers.tar import Buffer

FASTER_THAN_PICKLESCAN = 5.0
"""Times the throughput of picklescan."""
ROUNDS = 3
"""Runs of which the fastest counts."""


class Node:
    """A part of a model."""


def _nodes(count: int, choose: random.Random) -> list[Node]:
    nodes = []
    for number in range(count):
        node = Node()
        node.__dict__.update(
            feature=choose.randrange(300),
            threshold=choose.random(),
            name=f"node{number}",
            values=[choose.randrange(9), choose.random(), None],
            leaf=bool(number % 3),
            children=(number, number + 1),
        )
        nodes.append(node)
    return nodes


def _state_dict(count: int) -> bytes:
    """The data.pkl of a checkpoint of torch, as its pickler writes it."""
    out = [b"\x80\x02}q\0("]
    known: dict[str, int] = {}
    entries = 1

    def put() -> bytes:
        nonlocal entries
        entries += 1
        return b"q%c" % (entries - 1) if entries <= 256 else b"r" + struct.pack("<I", entries - 1)

    def once(name: str, code: bytes) -> bytes:
        if name in known:
            return b"h%c" % known[name]
        known[name] = entries
        return code + put()

    def text(value: str) -> bytes:
        return b"X" + struct.pack("<I", len(value)) + value.encode()

    for number in range(count):
        out += text(f"model.layers.{number}.self_attn.q_proj.weight"), put()
        out += once("rebuild", b"ctorch._utils\n_rebuild_tensor_v2\n"), b"((", once("storage", text("storage"))
        out += once("type", b"ctorch\nBFloat16Storage\n"), text(str(number)), put(), once("cpu", text("cpu"))
        out += b"J\0\0\0\x01t", put(), b"QK\0M\0\x10M\0\x10\x86", put(), b"M\0\x10K\x01\x86", put(), b"\x89"
        out += once("hooks", b"ccollections\nOrderedDict\n"), b")R", put(), b"t", put(), b"R", put()
    return b"".join((*out, b"u."))


def samples() -> dict[str, bytes]:
    """What opcode-heavy pickles hold: many small objects, a vocabulary, rows, the tensors of a checkpoint."""
    choose = random.Random(5)
    rows = [{"id": number, "score": choose.random(), "words": ["a", f"b{number}"]} for number in range(15_000)]
    return {
        "objects, protocol 4": pickle.dumps(_nodes(12_000, choose), 4),
        "objects, protocol 2": pickle.dumps(_nodes(12_000, choose), 2),
        "a vocabulary": pickle.dumps({f"token{number}": number for number in range(60_000)}, 4),
        "rows": pickle.dumps(rows, 5),
        "tensors of torch": _state_dict(9_000),
    }


def _seconds(work: Callable[[], object]) -> float:
    gc.collect()
    start = time.process_time()
    work()
    return time.process_time() - start


def timed() -> Iterator[tuple[str, int, float, float]]:
    """Name and bytes of each sample, and CPU seconds of Hullcheck and of picklescan: in turn, the best of some rounds."""
    from picklescan.scanner import scan_pickle_bytes

    for name, data in samples().items():
        ours, theirs = [], []
        for _ in range(ROUNDS):
            ours.append(_seconds(lambda: list(traces(Buffer(data)))))  # noqa: B023
            theirs.append(_seconds(lambda: scan_pickle_bytes(io.BytesIO(data), name)))  # noqa: B023
        yield name, len(data), min(ours), min(theirs)
