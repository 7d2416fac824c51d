"""Pickles are followed to their end without loading them; what they import and call is told, whatever else is wrong."""

from __future__ import annotations

import collections
import pickle
import pickletools
import random
import struct
import time
import zlib

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scanner.parsers.pickles import HEAD, limits, looks_like_pickle, trace, traces
from scanner.parsers.pickles.machine import Machine
from scanner.parsers.tar import Buffer
from tests.parsers.pickle_samples import SAMPLES, call, named, old, pickled, proto, raw, stacked, text


def of(data: bytes):
    return trace(Buffer(data))


def names(found):
    return [(each.module, each.name) for each in found.imports]


def kinds(found):
    return [flaw.kind for flaw in found.flaws]


class Forward:
    """A source that holds others to the protocol: no offset is below the one before."""

    def __init__(self, data, ends=None):
        self.data, self.last, self.asked = data, 0, 0

    def at(self, offset, size, /):
        assert offset >= self.last, "a source is read forward only"
        self.last = offset
        self.asked += size
        return self.data[offset : offset + size]


class Plain:
    """What objects of other modules are pickled as."""

    def __init__(self, **attributes):
        self.__dict__.update(attributes)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(1 << 80), 1 << 80) | st.floats(allow_nan=False) | st.text(max_size=300) | st.binary(max_size=300)
    | st.dates() | st.sampled_from(["os", "x" * 70_000, b"y" * 70_000, collections.OrderedDict(a=1), bytearray(b"z"), frozenset({1})]),
    lambda inner: st.lists(inner, max_size=8) | st.dictionaries(st.text(max_size=9) | st.integers(0, 300), inner, max_size=8)
    | st.tuples(inner) | st.tuples(inner, inner) | st.tuples(inner, inner, inner, inner) | st.builds(Plain, a=inner, b=inner),
    max_leaves=20,
)  # fmt: skip


def walk(data: bytes) -> tuple[int, bool, list[str]]:
    """Where pickletools stops, whether at STOP, and the GLOBALs up to there."""
    end, seen = 0, []
    try:
        for opcode, argument, position in pickletools.genops(data):
            end = position
            if opcode.name in ("GLOBAL", "INST"):
                seen.append(argument)
            if opcode.name == "STOP":
                return position + 1, True, seen
    except Exception:
        return end, False, seen
    raise AssertionError("genops ends with STOP or an error")


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(VALUES, st.integers(0, 5))
def test_what_is_pickled_is_followed_to_its_stop(value, protocol):
    data = pickle.dumps(value, protocol)
    found = trace(Forward(data))
    assert (found.end, found.stopped, found.flaws) == (len(data), True, ())
    assert found.protocol == (protocol if protocol > 1 else None)
    assert looks_like_pickle(data[:HEAD]) or (protocol < 2 and not 3 < len(data) <= HEAD)
    imported = {(op[1].split(" ")[0], op[1].split(" ")[1]) for op in pickletools.genops(data) if op[0].name == "GLOBAL"}
    assert set(names(found)) >= imported


MUTATIONS = st.lists(st.tuples(st.integers(0, 1 << 16), st.integers(0, 255), st.integers(0, 3)), max_size=4)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(VALUES, st.integers(0, 5), MUTATIONS)
def test_a_damaged_pickle_is_followed_as_far_as_pickletools_goes(value, protocol, mutations):
    data = bytearray(pickle.dumps(value, protocol))
    for at, byte, kind in mutations:
        place = at % (len(data) or 1)
        if kind == 0:
            data[place : place + 1] = []
        elif kind == 1:
            data[place:place] = bytes([byte])
        else:
            data[place : place + 1] = bytes([byte])
    end, stopped, seen = walk(bytes(data))
    found = trace(Forward(bytes(data)))
    assert found.end >= end
    if stopped:
        assert "truncated" not in kinds(found) or found.stopped
        if not {"opcode", "stack"} & set(kinds(found)):
            assert (found.stopped, found.end) == (True, end)
    assert {" ".join(name) for name in names(found)} >= set(seen)


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=400))
def test_any_bytes_end_in_a_trace(data):
    for each in traces(Forward(data)):
        assert each.start <= each.end <= len(data)
        assert each.stopped or each.flaws
    looks_like_pickle(data)


@pytest.mark.parametrize("name", SAMPLES)
def test_each_sample_tells_what_it_imports(name):
    found = [each for one in traces(Buffer(SAMPLES[name])) for each in one.imports]
    assert found
    assert all(each.resolved for each in found)


def test_a_call_tells_its_arguments():
    (found,) = of(
        pickled(call("subprocess", "Popen", b"](" + text("sh") + text("-c") + b"e", b"}" + text("shell") + b"\x88s"))
    ).calls
    assert found.callee.module == "subprocess"
    assert (found.opcode, found.arguments) == ("REDUCE", "(['sh', '-c'], {'shell': True})")


def test_every_way_of_calling_is_told():
    opcodes = ("INST", "OBJ", "NEWOBJ", "NEWOBJ_EX", "BUILD")
    assert [of(SAMPLES[name]).calls[-1].opcode for name in opcodes] == list(opcodes)


@pytest.mark.parametrize("code", [b"\x82\x05", b"\x83\x05\0", b"\x84\x05\0\0\0"])
def test_an_extension_is_an_import_that_the_registry_of_the_reader_resolves(code):
    found = of(pickled(code + b")R"))
    assert [(each.name, each.resolved) for each in found.imports] == [("extension 5", False)]
    assert len(found.calls) == 1


@pytest.mark.parametrize(
    "joined",
    [
        call("operator", "concat", text("sys"), text("tem")),
        call("_operator", "add", text("sys"), text("tem")),
        call("builtins", "str.join", text(""), b"(" + text("sys") + text("tem") + b"t"),
        call("builtins", "str", text("system")),
        call("_codecs", "decode", call("_codecs", "encode", text("system"), text("utf-8"))),
    ],
)
def test_a_name_that_is_put_together_is_followed(joined):
    assert ("os", "system") in names(of(pickled(text("os") + joined + b"\x93)R")))


def test_a_name_that_is_made_in_another_way_is_not_resolved():
    found = of(pickled(text("os") + call("base64", "b64decode", text("c3lzdGVt")) + b"\x93)R"))
    assert [(each.module, each.name, each.resolved) for each in found.imports][-1] == ("os", "", False)


def test_an_attribute_of_an_import_is_an_import():
    chain = (
        call("builtins", "getattr", call("builtins", "__import__", text("os")), text("system")) + text("id") + b"\x85R"
    )
    found = of(pickled(chain))
    assert names(found)[-1] == ("os", "system")
    assert (found.calls[-1].callee.name, found.calls[-1].arguments) == ("system", "('id',)")


NESTED = pickled(call("os", "system", text("id")))


@pytest.mark.parametrize(
    "outer",
    [
        pickled(raw(NESTED)),
        pickled(call("pickle", "loads", b"\x8e" + struct.pack("<Q", len(NESTED)) + NESTED)),
        pickled(b"\x96" + struct.pack("<Q", len(NESTED)) + NESTED, 5),
        pickled(raw(old("os", "system"))),
        pickle.dumps([1, NESTED], 2),
        pickled(raw(pickled(b"N") + NESTED + b"\0" * 5_000)),
    ],
)
def test_a_pickle_inside_of_one_is_followed(outer):
    found = trace(Forward(outer))
    assert found.stopped
    assert ("os", "system") in [name for inner in found.nested for name in names(inner)]


def test_a_pickle_in_a_payload_that_is_not_held_is_followed_where_it_stands():
    payload = pickled(b"N") + NESTED + bytes(100_000)
    found = trace(Forward(pickled(b"\x8e" + struct.pack("<Q", len(payload)) + payload)))
    inner = found.nested[-1]
    assert inner.imports[0].offset - inner.start == of(NESTED).imports[0].offset


class Vast:
    """Ten gigabytes of zeros between two ends."""

    def __init__(self, head, tail, size):
        self.head, self.tail, self.size, self.asked = head, tail, size, 0

    def at(self, offset, size, /):
        self.asked += size
        part = self.head[offset : offset + size]
        middle = min(size - len(part), max(0, len(self.head) + self.size - offset - len(part)))
        behind = max(0, offset - len(self.head) - self.size)
        return part + bytes(middle) + self.tail[behind : behind + size - len(part) - middle]


def test_a_payload_of_ten_gigabytes_is_jumped_over():
    size = 10 << 30
    source = Vast(proto(4) + b"\x8e" + struct.pack("<Q", size), b"0" + call("os", "system", text("id")) + b".", size)
    found = trace(source)
    assert (found.stopped, names(found)) == (True, [("os", "system")])
    assert source.asked < 1 << 20


def storage(key, elements, kind="FloatStorage"):
    return (
        b"("
        + text("storage")
        + named("torch", kind)
        + text(key)
        + text("cpu")
        + b"J"
        + struct.pack("<i", elements)
        + b"tQ"
    )


def tensor(key, *sizes, kind="FloatStorage"):
    body = b"(" + b"".join(b"J" + struct.pack("<i", size) for size in sizes) + b"t"
    return named("torch._utils", "_rebuild_tensor_v2") + b"(" + storage(key, 99, kind) + b"K\0" + body + b")\x89)tR"


def test_tensors_of_torch_tell_type_shape_and_storage():
    found = of(pickled(b"](" + tensor("0", 2, 3) + tensor("1", 7, kind="BFloat16Storage") + b"e", 2))
    assert [each[:3] for each in found.tensors] == [("float32", (2, 3), "0"), ("bfloat16", (7,), "1")]
    assert [each[2:] for each in found.persistent_ids] == [
        ("FloatStorage", "0", "cpu", 99),
        ("BFloat16Storage", "1", "cpu", 99),
    ]


def test_a_file_of_old_torch_is_five_pickles_and_raw_data():
    parts = [pickle.dumps(part, 2) for part in (0x1950A86A20F9469CFC6C, 1001, {"little_endian": True})]
    data = b"".join(parts) + pickled(tensor("0", 2, 2), 2) + pickle.dumps(["0"], 2)
    found = list(traces(Forward(data + struct.pack("<Q", 4) + bytes(16))))
    assert [each.stopped for each in found] == [True] * 5
    assert found[-1].end == len(data)
    assert found[3].tensors[0].shape == (2, 2)


def joblib_array(code, shape, *, flags=0, alignment=True):
    """What joblib writes for an array, up to its padding."""
    dtype = (
        named("numpy", "dtype")
        + text(code)
        + b"\x89\x88\x87R(K\x03"
        + text("<")
        + b"NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK"
        + bytes([flags])
        + b"tb"
    )
    items = (
        text("shape")
        + b"("
        + b"".join(b"M" + struct.pack("<H", size) for size in shape)
        + b"t"
        + text("order")
        + text("C")
    )
    items += text("dtype") + dtype + (text("numpy_array_alignment_bytes") + b"K\x10" if alignment else b"")
    return named("joblib.numpy_pickle", "NumpyArrayWrapper") + b")\x81}(" + items + b"ub"


@pytest.mark.parametrize(
    ("array", "raw_data"),
    [
        (joblib_array("f8", (3, 100)), b"\x05" + bytes(5) + b"c" * 2_400),
        (joblib_array("f4", (7,), alignment=False), b"." * 28),
        (joblib_array("U10", (2,)), b"\0" + b"R" * 80),
        (joblib_array("V12", (2,)), b"\xff" + bytes(255) + b"b" * 24),
        (joblib_array("i8", (20_000, 2)), b"\x01\0" + b"\x93" * 320_000),
        (joblib_array("O8", (2,), flags=63), pickled(b"](" + call("os", "system", text("id")) + b"Ne")),
    ],
)
def test_opcodes_go_on_behind_the_data_of_an_array_of_joblib(array, raw_data):
    body = b"](" + array + raw_data + named("collections", "Counter") + b"e"
    found = trace(Forward(pickled(body)))
    assert (found.stopped, found.flaws, names(found)[-1]) == (True, (), ("collections", "Counter"))
    assert found.raw_bytes in (len(raw_data), 0)
    assert [names(inner) for inner in found.nested] == ([[("os", "system")]] if b"system" in raw_data else [])


def test_data_of_an_array_that_are_opcodes_to_other_readers_are_followed_as_such():
    hidden = named("os", "system") + text("id") + b"\x85R."
    array = joblib_array(f"V{len(hidden)}", (1,), alignment=False)
    found = of(pickled(array + hidden))
    assert [names(inner) for inner in found.nested] == [[("os", "system")]]


@pytest.mark.parametrize("protocol", [2, 4])
def test_runs_leave_the_memo_as_single_opcodes_do(protocol, monkeypatch):
    choices = [
        1,
        300,
        70_000,
        -5,
        0.5,
        None,
        True,
        "a",
        "b" * 63,
        "c" * 64,
        "é\x94",
        (1, 2),
        (1, "d"),
        [],
        [1],
        ["e", 1.5],
        {},
        {"f": 2},
        {1: (2,)},
    ]
    value = [
        Plain(**{f"k{n % 7}": choices[(n * k) % len(choices)] for k in range(1, 6)}, text=f"t{n}\x94")
        for n in range(400)
    ]
    value = [value, {f"w{n}": n for n in range(3_000)}, {n: {"x": [n, str(n)], "y": f"{n}"} for n in range(3_000)}]
    data = pickle.dumps(value, protocol)

    def memo():
        machine = Machine(Buffer(data), 0)
        machine.run()
        assert machine.stopped
        return (
            [symbol for symbol in machine.memo if type(symbol) is bytes],
            len(machine.memo),
            list(machine.calls),
        )

    with_runs = memo()
    monkeypatch.setattr("scanner.parsers.pickles.machine.passed_over", lambda *_: False)
    monkeypatch.setattr("scanner.parsers.pickles.runs.passed_over", lambda *_: False)
    assert with_runs == memo()


def damaged(data: bytes, choose: random.Random) -> bytes:
    """With a few bytes changed, and imports put in at random places."""
    out = bytearray(data)
    for _ in range(choose.randrange(1, 4)):
        place = choose.randrange(len(out))
        kind = choose.randrange(4)
        if kind == 0:
            out[place] = choose.randrange(256)
        elif kind == 1:
            del out[place]
        elif kind == 2:
            out[place:place] = choose.choice([b"h\x00", b"0", b"q\x03", b"\x94", b"N", b"(", b"\x85", b"j\x07\0\0\0"])
        else:
            out[place:place] = choose.choice([named("os", "system"), stacked("os", "system"), b"h\x05h\x06\x93"])
    return bytes(out)


@pytest.mark.parametrize("protocol", [2, 5])
def test_runs_of_damaged_pickles_end_where_single_opcodes_do(protocol, monkeypatch):
    choose = random.Random(protocol)
    objects = [Plain(a=n, b=str(n), c=[n / 7, "x"], d={"e": (n, n)}) for n in range(150)]
    data = pickle.dumps(
        [objects, [{"f": n, "g": [str(n)]} for n in range(150)], {f"h{n}": n for n in range(150)}], protocol
    )
    for _ in range(50):
        broken = damaged(data, choose)
        with_runs = of(broken)
        with monkeypatch.context() as without:
            without.setattr("scanner.parsers.pickles.machine.passed_over", lambda *_: False)
            without.setattr("scanner.parsers.pickles.runs.passed_over", lambda *_: False)
            single = of(broken)
        assert (with_runs.end, with_runs.stopped, with_runs.imports) == (single.end, single.stopped, single.imports)
        assert with_runs.end >= walk(broken)[0]


def test_tensors_read_at_once_are_as_those_read_one_by_one(monkeypatch):
    from tests.benchmarks.pickles import samples

    data = samples()["tensors of torch"]
    at_once = of(data)
    monkeypatch.setattr("scanner.parsers.pickles.machine.more_tensors", lambda state, callee, at: at)
    assert at_once == of(data)
    assert len(at_once.tensors) == len(at_once.persistent_ids) > 1_000


@pytest.mark.parametrize("opcode", pickletools.opcodes, ids=lambda opcode: opcode.name)
def test_every_opcode_is_one(opcode):
    data = b"](NN" + opcode.code.encode("latin-1") + b"\0" * 20 + b"\n\n."
    assert not [flaw for flaw in of(data).flaws if flaw.kind == "opcode" and flaw.offset == 4]


FLAWED = {
    "an unknown opcode": (proto(4) + b"N\xff", "opcode", 3),
    "cut off": (proto(4) + b"N", "truncated", 3),
    "cut off in an argument": (proto(4) + b"\x8c\x09abc", "truncated", 7),
    "a size beyond the end": (proto(4) + b"\x8e" + struct.pack("<Q", 1 << 62), "truncated", 2),
    "a negative size": (proto(2) + b"T\xff\xff\xff\xff", "argument", 2),
    "no number": (b"Iabc\n.", "argument", 0),
    "a frame in a frame": (
        proto(4) + b"\x95" + struct.pack("<Q", 20) + b"\x95" + struct.pack("<Q", 2) + b"N.",
        "frame",
        11,
    ),
    "an opcode beyond its frame": (proto(4) + b"\x95" + struct.pack("<Q", 2) + b"\x8c\x01a.", "frame", 14),
    "STOP inside of a frame": (proto(4) + b"\x95" + struct.pack("<Q", 9) + b"N.", "frame", 13),
    "PROTO twice": (proto(4) + proto(4) + b"N.", "protocol", 2),
    "PROTO later": (b"N0" + proto(2) + b"N.", "protocol", 2),
    "protocol 9": (b"\x80\x09N.", "protocol", 0),
    "an entry that was never written": (proto(2) + b"h\x05.", "memo", 2),
    "an entry that was never written, in protocol 0": (b"g77\n.", "memo", 0),
    "nothing on the stack": (proto(4) + b"R.", "stack", 2),
    "no MARK": (proto(4) + b"Nt.", "stack", 3),
}


@pytest.mark.parametrize("name", FLAWED)
def test_what_is_wrong_is_told_with_its_place(name):
    data, kind, place = FLAWED[name]
    flaws = of(data).flaws
    assert (flaws[0].kind, flaws[0].offset) == (kind, place)


@pytest.mark.parametrize("data", [b"", b"N.", b"Hello, world.\n", b"import os\nos.system('id')\n", b"{\"a\": 1}", b"(defun f (x) x)\n", b"cat\ndog\n", b"\x80",
    b"\x80\x03", b"PK\x03\x04" + bytes(30), b"\x7fELF" + bytes(60), b"GIF89a" + bytes(60), b"GGUF" + bytes(60), b"\x89PNG\r\n\x1a\n", b"Name: x\nVersion: 1\n",
    b"In the beginning.\n", b"NNNN", b"Some text. More text.\n", b"%PDF-1.7\n", b"\xff\xd8\xff", zlib.compress(b"x" * 99)])  # fmt: skip
def test_other_files_do_not_look_like_pickles(data):
    assert not looks_like_pickle(data)


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=300) | st.binary(max_size=300))
def test_text_and_bytes_hardly_ever_look_like_pickles(data):
    data = data.encode("utf-8", "replace") if isinstance(data, str) else data
    assert not looks_like_pickle(data) or walk(data)[1] or b"\x80" in data  # PROTO in a wrong place is still one


@pytest.mark.parametrize("name", [name for name in SAMPLES if name != "no PROTO"])
def test_each_sample_looks_like_a_pickle(name):
    assert looks_like_pickle(SAMPLES[name])


def put(index):
    return b"r" + struct.pack("<I", index)


def objects_out_of_order():
    """Many objects that could be passed over at once, were it not for the numbers of the last ones."""
    made = [
        b"h\0)\x81" + put(3 * n) + b"}" + put(3 * n + 1) + b"(X\x01\0\0\0a" + put(3 * n + 2) + b"K\x01ub"
        for n in range(100, 20_000)
    ]
    wrong = b"h\0)\x81" + put(1) + b"}" + put(2) + b"(X\x01\0\0\0a" + put(7) + b"K\x01ub"
    return (
        proto(2)
        + named("a", "B")
        + b"q\0"
        + b"".join(b"N" + put(n) for n in range(1, 300))
        + b"".join((*made[:3_000], wrong) * 5)
        + b"."
    )


def tensors_out_of_order():
    from tests.benchmarks.pickles import _state_dict

    data = bytearray(_state_dict(2_000))
    place = data.rindex(b"1999r") + 5
    data[place : place + 4] = struct.pack("<I", 1)
    return bytes(data)


BOMBS = {
    "DUP": proto(4) + b"N" + b"2" * 300_000 + b".",
    "MARK": proto(4) + b"(" * 300_000 + b"a" * 30_000 + b".",
    "tuples of tuples": proto(4) + b"N" + b"2\x86" * 200_000 + call("os", "system", b"N") + b".",
    "a tuple that is exponential": proto(4) + b"N" + b"22\x87" * 60 + b"\x94" + stacked("os", "system") + b"h\x00\x85R.",
    "lists of lists": proto(4) + b"](" * 100_000,
    "a list in itself": proto(4) + b"]\x94" + b"h\x00a" * 200_000 + stacked("os", "system") + b"h\x00\x85R.",
    "memo": proto(4) + b"N" + b"\x94" * 100_000 + stacked("os", "system") + b"\x94)R.",
    "sparse memo": proto(4) + b"N" + b"".join(b"r" + struct.pack("<I", n * 1_000) for n in range(100_000)) + b".",
    "underflow": proto(4) + b"0" * 100_000 + b".",
    "lines without end": proto(2) + b"c" + b"x" * 3_000_000,
    "runs that do not end": proto(4) + b"N]" + b"(]K\x01" * 100_000 + b".",
    "payloads that might be names": proto(4) + (b"B\x00\x10\0\0" + b"c" * 4_096 + b"0") * 300 + b"N.",
    "objects that are not in order": objects_out_of_order(),
    "tensors that are not in order": tensors_out_of_order(),
    "pickles in pickles": proto(4),
    "imports": proto(2) + b"".join(b"ca%d\nb\n0" % n for n in range(30_000)) + b"N.",
    "many pickles": b"N." * 30_000,
}  # fmt: skip
for _ in range(30):
    BOMBS["pickles in pickles"] = pickled(
        b"\x8e" + struct.pack("<Q", len(BOMBS["pickles in pickles"])) + BOMBS["pickles in pickles"]
    )


@pytest.mark.parametrize("name", BOMBS)
def test_bombs_end_in_bounded_time_and_are_told(name, monkeypatch):
    monkeypatch.setattr("scanner.parsers.pickles.state.MAX_MEMO", 1 << 16)
    monkeypatch.setattr("scanner.parsers.pickles.state.MAX_STACK", 1 << 16)
    start = time.process_time()
    found = list(traces(Forward(BOMBS[name])))
    assert time.process_time() - start < 10
    text = repr(found[:20])
    assert len(text) < 10_000_000
    if b"system" in BOMBS[name]:
        assert ("os", "system") in names(found[0])
    limited = {"MARK", "memo", "pickles in pickles", "imports"}
    if name in limited:
        assert "limit" in repr([flaw.kind for each in flatten(found) for flaw in each.flaws])


def flatten(found):
    for each in found:
        yield each
        yield from flatten(each.nested)


def test_more_than_is_walked_is_told(monkeypatch):
    monkeypatch.setattr("scanner.parsers.pickles.state.MAX_WALKED", 1 << 18)
    found = of(proto(4) + b"N0" * 200_000 + b".")
    assert kinds(found) == ["limit"]
    assert not found.stopped
    assert limits.MAX_WALKED > 1 << 18
