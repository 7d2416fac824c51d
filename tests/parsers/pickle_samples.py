"""Pickles made of opcodes, byte by byte, for tests of those that read pickles without loading them. None may ever be loaded.

What they would run is harmless all the same.
"""

from __future__ import annotations

import struct

STOP = b"."


def proto(version: int) -> bytes:
    return b"\x80" + bytes([version])


def text(value: str) -> bytes:
    raw = value.encode()
    return b"\x8c" + bytes([len(raw)]) + raw if len(raw) < 256 else b"X" + struct.pack("<I", len(raw)) + raw


def raw(value: bytes) -> bytes:
    return b"C" + bytes([len(value)]) + value if len(value) < 256 else b"B" + struct.pack("<I", len(value)) + value


def named(module: str, name: str) -> bytes:
    return f"c{module}\n{name}\n".encode()


def stacked(module: str, name: str) -> bytes:
    return text(module) + text(name) + b"\x93"


def call(module: str, name: str, *arguments: bytes) -> bytes:
    """REDUCE of an import."""
    return stacked(module, name) + b"(" + b"".join(arguments) + b"tR"


def pickled(body: bytes, version: int = 4) -> bytes:
    return proto(version) + body + STOP


def old(module: str, name: str, argument: str = "id") -> bytes:
    """Protocol 0, as a person would write it."""
    return f"c{module}\n{name}\n(S'{argument}'\ntR.".encode()


GADGETS = [
    ("os", "system"), ("posix", "system"), ("nt", "system"), ("subprocess", "Popen"), ("subprocess", "check_output"),
    ("builtins", "eval"), ("builtins", "exec"), ("builtins", "__import__"), ("builtins", "getattr"), ("builtins", "open"),
    ("builtins", "compile"), ("builtins", "breakpoint"), ("__builtin__", "eval"), ("__builtin__", "apply"), ("commands", "getoutput"),
    ("runpy", "run_path"), ("pty", "spawn"), ("socket", "create_connection"), ("shutil", "rmtree"), ("sys", "exit"),
    ("webbrowser", "open"), ("httplib", "HTTPSConnection"), ("requests.api", "get"), ("aiohttp.client", "request"),
    ("asyncio", "run"), ("bdb", "Bdb"), ("pdb", "run"), ("pickle", "loads"), ("_pickle", "loads"), ("cPickle", "loads"),
    ("operator", "attrgetter"), ("operator", "methodcaller"), ("_operator", "itemgetter"), ("functools", "partial"),
    ("ctypes", "CDLL"), ("pip", "main"), ("pip._internal", "main"), ("ensurepip", "_run_pip"), ("ssl", "get_server_certificate"),
    ("pkgutil", "resolve_name"), ("profile", "run"), ("cProfile", "run"), ("trace", "Trace.run"), ("io", "FileIO"), ("_io", "FileIO"),
    ("logging", "FileHandler"), ("uuid", "_get_command_stdout"), ("imaplib", "IMAP4_stream"), ("_pyrepl.pager", "pipe_pager"),
    ("distutils.file_util", "write_file"), ("numpy.f2py.crackfortran", "getlincoef"), ("numpy.testing._private.utils", "runstring"),
    ("types", "CodeType"), ("marshal", "loads"), ("doctest", "debug_script"), ("idlelib.run", "Executive.runcode"),
    ("lib2to3.pgen2.grammar", "Grammar.loads"), ("timeit", "timeit"), ("venv", "create"), ("test.support.script_helper", "assert_python_ok"),
    ("code", "InteractiveInterpreter.runcode"), ("pydoc", "pipepager"), ("urllib.request", "urlopen"), ("_osx_support", "_read_output"),
    ("_aix_support", "_read_cmd_output"), ("cloudpickle.cloudpickle", "_make_function"), ("torch.hub", "load"), ("torch", "load"),
    ("torch.serialization", "load"), ("torch.storage", "_load_from_bytes"), ("torch.jit.unsupported_tensor_ops", "execWrapper"),
    ("torch._inductor.codecache", "compile_file"), ("torch._dynamo.guards", "GuardBuilder.get"),
    ("torch.fx.experimental.symbolic_shapes", "ShapeEnv.evaluate_guards_expression"), ("torch.utils.collect_env", "run"),
    ("torch.utils._config_module", "ConfigModule.load_config"), ("torch.utils.bottleneck.__main__", "run_cprofile"),
    ("torch.utils.data.datapipes.utils.decoder", "basichandlers"), ("multiprocessing.util", "spawnv_passfds"),
    ("mlflow.projects.backend.local", "_run_entry_point"), ("pandas", "read_csv"), ("pandas", "read_pickle"), ("numpy", "load"),
    ("importlib", "import_module"), ("zipimport", "zipimporter"), ("tempfile", "mktemp"), ("sqlite3", "connect"), ("smtplib", "SMTP"),
    ("glob", "glob"), ("linecache", "getlines"), ("compileall", "compile_dir"), ("signal", "alarm"), ("threading", "Thread"),
    ("atexit", "register"), ("platform", "popen"), ("_posixsubprocess", "fork_exec"), ("_thread", "start_new_thread"),
]  # fmt: skip
"""Imports that run something, by what scanners list and what was reported to them."""

SAMPLES: dict[str, bytes] = {
    **{f"{module}.{name} by STACK_GLOBAL": pickled(call(module, name, text("id"))) for module, name in GADGETS},
    **{f"{module}.{name} by GLOBAL": pickled(named(module, name) + text("id") + b"\x85R", 2) for module, name in GADGETS},
    "protocol 0": old("os", "system"),
    "INST": b"(S'id'\nios\nsystem\n.",
    "OBJ": b"(cos\nsystem\nS'id'\no.",
    "NEWOBJ": pickled(named("os", "system") + text("id") + b"\x85\x81", 2),
    "NEWOBJ_EX": pickled(stacked("os", "system") + text("id") + b"\x85}\x92"),
    "BUILD": pickled(named("subprocess", "Popen") + b")\x81}" + text("x") + b"K\x01sb", 2),
    "operands out of the memo": pickled(text("os") + b"\x94" + text("system") + b"\x940" b"0h\x00h\x01\x93" + text("id") + b"\x85R"),
    "operands out of the memo by number": proto(4) + text("system") + b"q\x070" + text("os") + b"r\xff\x00\x00\x000" + b"j\xff\x00\x00\x00h\x07\x93" + text("id") + b"\x85R.",
    "a call that is popped": pickled(call("os", "system", text("id")) + b"0N"),
    "OBJ that is popped": b"(cos\nsystem\nS'id'\no0N.",
    "broken behind the call": proto(4) + call("os", "system", text("id")) + b"\xff\xff\xff",
    "cut off behind the call": proto(4) + call("os", "system", text("id")),
    "a second pickle": pickled(b"N") + pickled(call("os", "system", text("id"))),
    "PROTO twice": proto(4) + proto(2) + call("os", "system", text("id")) + STOP,
    "no PROTO": call("os", "system", text("id")) + STOP,
    "Python 2's names": pickled(named("__builtin__", "eval") + text("1") + b"\x85R", 2),
}  # fmt: skip
