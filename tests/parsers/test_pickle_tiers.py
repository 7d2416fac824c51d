"""Imports of pickles are sorted by the table; where others flag one, it is flagged here."""

from __future__ import annotations

import _compat_pickle
import io
import sys
import zipfile

import pytest

from scanner.knowledge import rows
from scanner.parsers.pickles import traces
from scanner.parsers.pickles.python2 import modern
from scanner.parsers.pickles.tiers import TIERS, tier_of, tiers
from scanner.parsers.pickles.trace import Import, Trace
from scanner.parsers.tar import Buffer
from tests.parsers.pickle_samples import (
    GADGETS,
    SAMPLES,
    call,
    named,
    old,
    pickled,
    proto,
    raw,
    stacked,
    text,
)

TABLE = tiers(rows("pickle-imports"))


def tier(module: str, name: str, *, resolved: bool = True) -> str:
    return tier_of(Import(module, name, 0, "GLOBAL", resolved), TABLE)


def flatten(found):
    for each in found:
        yield each
        yield from flatten(each.nested)


def worst(data: bytes) -> str:
    """The least trusted tier of all imports in a file."""
    found: list[Trace] = list(flatten(traces(Buffer(data))))
    return min((tier_of(of, TABLE) for each in found for of in each.imports), key=TIERS.index, default="weights-only")


def test_the_table_has_known_tiers_only():
    assert {row[0] for row in rows("pickle-imports")} == set(TIERS)


@pytest.mark.parametrize(("module", "name"), GADGETS)
def test_what_runs_something_is_dangerous(module, name):
    assert tier(module, name) == "dangerous"


@pytest.mark.parametrize(
    ("module", "name", "expected"),
    [
        ("torch._utils", "_rebuild_tensor_v2", "weights-only"),
        ("torch", "FloatStorage", "weights-only"),
        ("torch", "float16", "weights-only"),
        ("collections", "OrderedDict", "weights-only"),
        ("__builtin__", "set", "weights-only"),
        ("__builtin__", "long", "weights-only"),
        ("copy_reg", "_reconstructor", "weights-only"),
        ("numpy._core.multiarray", "_reconstruct", "weights-only"),
        ("_codecs", "encode", "weights-only"),
        ("sklearn.ensemble._forest", "RandomForestClassifier", "library"),
        ("sklearn.neighbors._kd_tree", "newObj", "library"),
        ("scipy.sparse._csr", "csr_matrix", "library"),
        ("pandas.core.frame", "DataFrame", "library"),
        ("pandas._libs.internals", "_unpickle_block", "library"),
        ("xgboost.core", "Booster", "library"),
        ("joblib.numpy_pickle", "NumpyArrayWrapper", "library"),
        ("joblib.numpy_pickle", "NDArrayWrapper", "library"),
        ("joblib.numpy_pickle_compat", "ZNDArrayWrapper", "library"),
        ("joblib.numpy_pickle", "load", "dangerous"),
        ("numpy.random._pickle", "__randomstate_ctor", "library"),
        ("torch.nn.modules.linear", "Linear", "library"),
        ("uuid", "UUID", "library"),
        ("xgboost.core", "DMatrix", "unknown"),
        ("sklearn.datasets._base", "fetch_file", "unknown"),
        ("sklearn.utils.fixes", "parse_version", "unknown"),
        ("sklearn.tree._tree", "Tree.attribute", "unknown"),
        ("__main__", "Model", "unknown"),
        ("mine.types", "Thing", "unknown"),
        ("", "", "unknown"),
    ],
)
def test_trust_is_by_module_and_name(module, name, expected):
    assert tier(module, name) == expected


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("sklearn.datasets._base", "urlretrieve"),
        ("sklearn.utils", "os.system"),
        ("sklearn.tree._tree", "Popen"),
        ("pandas.io.common", "get_handle"),
        ("pandas.core.frame", "os"),
        ("torch.nn.modules.linear", "Linear.forward.__globals__"),
        ("joblib.numpy_pickle", "load"),
        ("collections", "OrderedDict.__reduce__"),
        ("numpy", "__builtins__"),
        ("torch.nn.modules.__main__", "Run"),
    ],
)
def test_no_trusted_library_covers_a_gadget(module, name):
    assert tier(module, name) == "dangerous"


def test_a_name_that_is_not_resolved_is_unknown():
    assert tier("collections", "OrderedDict", resolved=False) == "unknown"


def test_names_of_python_2_are_those_that_the_unpickler_takes_them_for():
    for old_module, new in _compat_pickle.IMPORT_MAPPING.items():
        assert modern(old_module, "x") == (new, "x")
    for (module, name), wanted in _compat_pickle.NAME_MAPPING.items():
        assert modern(module, name) == wanted
    assert modern("os", "system") == ("os", "system")


@pytest.mark.skipif(sys.version_info < (3, 11), reason="asks for the names of the standard library")
def test_no_module_of_the_standard_library_is_trusted_as_a_whole():
    for module in sys.stdlib_module_names:
        assert tier(module, "something") in ("unknown", "dangerous")


BYPASSES = {
    "CVE-2025-1716 pip.main": pickled(call("pip", "main", b"](" + text("install") + text("x") + b"e")),
    "CVE-2025-46417 ssl looks names up": pickled(call("ssl", "get_server_certificate", text("x") + b"K\x01\x86")),
    "CVE-2025-67747 marshal and types": pickled(call("types", "FunctionType", call("marshal", "loads", raw(b"x")), b"}")),
    "CVE-2025-10157 a submodule of what is denied": pickled(call("asyncio.unix_events", "_UnixSubprocessTransport._start", text("id"))),
    "CVE-2026-3490 pkgutil.resolve_name": pickled(call("pkgutil", "resolve_name", text("os:system"))),
    "CVE-2026-53873 profile.run": pickled(call("profile", "run", text("1"))),
    "CVE-2026-53872 io.FileIO": pickled(call("io", "FileIO", text("/etc/hosts"))),
    "CVE-2026-56304 logging.FileHandler": pickled(call("logging", "FileHandler", text("x"))),
    "CVE-2026-53874 builtins.eval through getattr": pickled(call("builtins", "getattr", call("builtins", "__import__", text("builtins")), text("eval"))),
    "CVE-2026-22612 builtins by Python 2's name": pickled(named("__builtin__", "eval") + text("1") + b"\x85R", 2),
    "CVE-2026-53875 a long that is code": b"L__import__('os')\n0" + old("os", "system"),
    "GHSA-5j3x-jp52-966f a dotted name": pickled(call("pathlib", "os.system", text("id"))),
    "GHSA-mxhj-88fx-4pcv OBJ and POP": pickled(b"(" + stacked("os", "system") + text("id") + b"o0N"),
    "nullifAI: broken behind the payload": proto(4) + call("posix", "system", text("id")) + b"X\xff\xff",
    "picklescan PR 21: INST": b"(S'id'\nios\nsystem\n.",
    "picklescan PR 23: a memo index out of order": pickled(text("system") + b"q\xf0" + b"0" + text("os") + b"q\x030h\x03h\xf0\x93)R"),
    "picklescan 52: a memo entry that is not there": pickled(b"h\x630" + call("os", "system", text("id"))),
    "cpython 154848: an opcode beyond its frame": proto(4) + b"\x95\x02\0\0\0\0\0\0\0" + call("os", "system", text("id")) + b".",
    "fickling: PROTO twice": proto(4) + proto(4) + call("os", "system", text("id")) + b".",
    "several pickles in a file": pickled(b"N") + pickled(b"N") + old("os", "system"),
    "a pickle in torch.storage._load_from_bytes": pickled(call("torch.storage", "_load_from_bytes", raw(pickled(call("os", "system", text("id")))))),
    "modelscan 330: numpy's __builtins__": pickled(call("numpy", "__builtins__.get", text("eval"))),
    "modelscan 338: torch.utils.collect_env.run": pickled(call("torch.utils.collect_env", "run", text("id"))),
    "modelscan 338: spawnv_passfds": pickled(call("multiprocessing.util", "spawnv_passfds", raw(b"/bin/id"))),
    "saferpickle 18: mlflow": pickled(call("mlflow.projects.backend.local", "_run_entry_point", text("id"))),
}  # fmt: skip


@pytest.mark.parametrize("name", BYPASSES)
def test_a_published_bypass_is_dangerous(name):
    assert worst(BYPASSES[name]) == "dangerous"


def test_a_nested_pickle_is_told_beside_what_loads_it():
    (outer,) = traces(Buffer(BYPASSES["a pickle in torch.storage._load_from_bytes"]))
    assert [(of.module, of.name) for of in outer.nested[0].imports] == [("os", "system")]


def test_a_call_that_is_popped_is_told():
    (found,) = traces(Buffer(BYPASSES["GHSA-mxhj-88fx-4pcv OBJ and POP"]))
    assert [(each.callee.module, each.opcode, each.arguments) for each in found.calls] == [("os", "OBJ", "('id',)")]


@pytest.mark.parametrize("name", SAMPLES)
def test_each_sample_is_dangerous(name):
    assert worst(SAMPLES[name]) == "dangerous"


HARMLESS = {
    "nothing": pickled(b"N"),
    "a dictionary": pickled(b"}" + text("a") + b"K\x01s"),
    "an ordered dictionary": pickled(call("collections", "OrderedDict")),
    "a class nobody knows": pickled(call("acme.models", "Model")),
}


@pytest.mark.parametrize("name", [*SAMPLES, *HARMLESS])
def test_what_picklescan_flags_is_flagged(name):
    from picklescan.scanner import SafetyLevel, scan_pickle_bytes

    data = (SAMPLES | HARMLESS)[name]
    result = scan_pickle_bytes(io.BytesIO(data), name)
    ours = worst(data)
    if any(each.safety == SafetyLevel.Dangerous for each in result.globals):
        assert ours == "dangerous"
    elif any(each.safety == SafetyLevel.Suspicious for each in result.globals):
        assert ours in ("dangerous", "unknown", "library")


@pytest.mark.parametrize("name", [*SAMPLES, *HARMLESS])
def test_what_fickling_flags_is_flagged(name):
    from fickling.analysis import Severity, check_safety
    from fickling.fickle import StackedPickle

    data = (SAMPLES | HARMLESS)[name]
    try:
        severities = [check_safety(each).severity for each in StackedPickle.load(io.BytesIO(data))]
    except Exception:  # what it cannot read, it says nothing of
        severities = []
    if any(severity >= Severity.LIKELY_UNSAFE for severity in severities):
        assert worst(data) in ("dangerous", "unknown")


@pytest.mark.skipif(sys.version_info >= (3, 13), reason="modelscan needs an older Python")
def test_what_modelscan_flags_is_flagged(tmp_path):
    from modelscan.modelscan import ModelScan

    everything = SAMPLES | HARMLESS
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        for number, data in enumerate(everything.values()):
            archive.writestr(f"{number}.pkl", data)
    issues = ModelScan().scan(tmp_path / "all.zip")["issues"]
    flagged = {int(each["source"].rpartition(":")[2].removesuffix(".pkl")) for each in issues}
    assert len(flagged) > 50
    for number, (name, data) in enumerate(everything.items()):
        assert number not in flagged or worst(data) == "dangerous", name
