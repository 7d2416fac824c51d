"""What a file is by its first block, and what its name promises. No name decides what a file is.

Formats without a magic (safetensors, protobuf messages, joblib's zlib streams) are known by their structure.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable

from scanner.parsers.lazy import Lazy
from scanner.parsers.models import shapes
from scanner.parsers.models.limits import HEAD, MAX_SAFETENSORS_HEADER

COMPRESSED = frozenset({"gzip", "zlib", "bz2", "xz", "lzma", "lz4", "zstd"})
"""One stream that may hold a pickle (joblib) or anything else: see ``inside``."""
CONTAINERS = frozenset({"zip", "tar", "7z", "rar"})
EXECUTABLES = frozenset({"elf", "pe", "macho", "script"})
"""A llamafile is one of them, with a zip at its end."""
MODELS = frozenset({
    "pickle", "safetensors", "gguf", "ggml", "onnx", "hdf5", "tensorflow", "tensorflow-graph", "keras-metadata",
    "tflite", "npy", "xgboost", "lightgbm", "catboost", "pmml", "openvino", "coreml", "rdata", "torch7", "rknn",
    "mxnet", "tensorrt",
})  # fmt: skip
FORMATS = COMPRESSED | CONTAINERS | EXECUTABLES | MODELS

_MAGICS: dict[int, tuple[tuple[bytes, str], ...]] = {}
for _magic, _format in (
    (b"PK\x03\x04", "zip"), (b"PK\x05\x06", "zip"), (b"\x1f\x8b\x08", "gzip"), (b"\xfd7zXZ\0", "xz"),
    (b"\x04\x22\x4d\x18", "lz4"), (b"\x28\xb5\x2f\xfd", "zstd"), (b"7z\xbc\xaf\x27\x1c", "7z"),
    (b"Rar!\x1a\x07", "rar"), (b"\x7fELF", "elf"), (b"\xfe\xed\xfa\xce", "macho"), (b"\xfe\xed\xfa\xcf", "macho"),
    (b"\xce\xfa\xed\xfe", "macho"), (b"\xcf\xfa\xed\xfe", "macho"), (b"#!/", "script"), (b"#! /", "script"),
    (b"\x89HDF\r\n\x1a\n", "hdf5"), (b"\x93NUMPY", "npy"), (b"CBM1", "catboost"), (b"tree\nversion=", "lightgbm"),
    (b"RDX2\n", "rdata"), (b"RDX3\n", "rdata"), (b"RDA2\n", "rdata"), (b"RDA3\n", "rdata"),
    (b"X\n\0\0\0\x02\0", "rdata"), (b"X\n\0\0\0\x03\0", "rdata"), (b"RKNN\0", "rknn"),
):  # fmt: skip
    _MAGICS[_magic[0]] = (*_MAGICS.get(_magic[0], ()), (_magic, _format))

_FIRST_OPCODES = frozenset(b"\x80\x95(])}NIJKMLFGVXUTSBCPc\x82\x83\x84\x88\x89\x8a\x8b\x8c\x8d\x8e\x8f\x96")
"""Opcodes that need nothing on the stack."""
_LEARNER = Lazy(rb'(?s)\s*\{\s*"(?:learner"\s*:\s*\{|version"\s*:\s*\[\s*\d+\s*,\s*\d+\s*,\s*\d+\s*\]\s*,\s*"learner")')
_COMMENT = Lazy(rb"(?s)<!--.*?(?:-->|$)")
_ROOT = Lazy(rb"<([A-Za-z_][\w.:-]*)([^>]*)")


def format_of(head: bytes, size: int) -> str | None:
    """One of ``FORMATS``, None for everything else; ``head`` are the first ``HEAD`` bytes of ``size``, fewer will do.

    A tar needs 512 bytes to be known, HDF5 behind a user block as many as the block has.
    """
    if len(head) < 4:
        return None
    for magic, format in _MAGICS.get(head[0], ()):
        if head.startswith(magic):
            return format
    check = _CHECKS.get(head[0])
    found = check(head, size) if check else None
    return found or _elsewhere(head, size)


def _elsewhere(head: bytes, size: int) -> str | None:
    """The formats that do not begin with bytes of their own."""
    if head.startswith(b"TFL3", 4) and 8 <= int.from_bytes(head[:4], "little") < size:
        return "tflite"
    if head[8:9] == b"{" and head[9:10] in (b'"', b"}", b" ", b"\n", b"\t", b"\r"):
        length = int.from_bytes(head[:8], "little")
        if 2 <= length <= MAX_SAFETENSORS_HEADER:
            return "safetensors"
    if len(head) < 262:
        return "mxnet" if head.startswith(_MXNET) and len(head) >= 24 else None
    if head.startswith(b"ustar", 257) or (len(head) >= 512 and _old_tar(head)):
        return "tar"
    for block in (512, 1024, 2048):
        if head.startswith(b"\x89HDF\r\n\x1a\n", block):
            return "hdf5"
    return "mxnet" if head.startswith(_MXNET) else None


_MXNET = b"\x12\x01" + bytes(14)


def _old_tar(head: bytes) -> bool:
    """A tar from before ustar is known by its sum alone; torch's oldest files may be such ones."""
    field = head[148:156].strip(b" \0")
    if not head[0] or not 4 <= len(field) <= 7 or field.strip(b"01234567"):
        return False
    return int(field, 8) == sum(head[:148]) + 8 * 32 + sum(head[156:512])


def _pickle(head: bytes, size: int) -> str | None:
    return "pickle" if head[1] <= 5 and head[2] in _FIRST_OPCODES else None


def _gguf(head: bytes, size: int) -> str | None:
    version = head[4:8]
    known = len(version) == 4 and (version[2:] == b"\0\0" or version[:2] == b"\0\0")
    return "gguf" if head.startswith(b"GGUF") and known else None


def _ggml(head: bytes, size: int) -> str | None:
    magic, number = head[:4], int.from_bytes(head[4:8], "little")
    if magic == b"lmgg":  # no version: a vocabulary's size follows
        return "ggml" if 0 < number < 1 << 24 else None
    return "ggml" if magic in (b"fmgg", b"tjgg", b"algg") and 0 < number < 100 else None


def _bz2(head: bytes, size: int) -> str | None:
    return "bz2" if head.startswith(b"BZh") and head[4:10] in (b"1AY&SY", b"\x17\x72\x45\x38\x50\x90") else None


def _zlib(head: bytes, size: int) -> str | None:
    if head[1] not in (0x01, 0x5E, 0x9C, 0xDA):
        return None
    return "zlib" if inside(head, "zlib") else None


def _lzma(head: bytes, size: int) -> str | None:
    told = head[5:13]
    sane = told == b"\xff" * 8 or 0 < int.from_bytes(told, "little") < 1 << 38
    return "lzma" if head.startswith(b"\x5d\0\0") and len(told) == 8 and sane and head[13:14] == b"\0" else None


def _pe(head: bytes, size: int) -> str | None:
    if not head.startswith(b"MZ"):
        return None
    at = int.from_bytes(head[60:64], "little")
    return "pe" if head[at : at + 4] == b"PE\0\0" or head.startswith(b"MZqFpD") else None


def _fat(head: bytes, size: int) -> str | None:
    """A universal binary; Java's classes begin alike, with a version of 45 at least where the count stands."""
    return "macho" if head[:4] == b"\xca\xfe\xba\xbe" and 0 < int.from_bytes(head[4:8], "big") < 40 else None


def _torch7(head: bytes, size: int) -> str | None:
    if head.startswith(b"T7\0\0"):
        return "torch7"
    named = head[:4] == b"\4\0\0\0" and head[8:12] == b"\3\0\0\0" and head[12:15] == b"V 1"
    return "torch7" if named else None


def _tensorrt(head: bytes, size: int) -> str | None:
    """By the tag in front of a serialized engine, which is not documented; other versions may have another one."""
    return "tensorrt" if head[:4] in (b"ftrt", b"ptrt") and b"\0" in head[4:12] else None


def _brace(head: bytes, size: int) -> str | None:
    if head[1:2] in (b"L", b"i", b"U", b"l", b"I"):
        key = head[2:].lstrip(b"\0")
        return "xgboost" if key.startswith((b"\x07learner{", b"\x07version[")) else None
    return "xgboost" if _LEARNER.match(head) else None


def _xml(head: bytes, size: int) -> str | None:
    text = head.removeprefix(b"\xef\xbb\xbf")
    if text[:2] in (b"\xff\xfe", b"\xfe\xff"):
        text = text[2:].replace(b"\0", b"")
    root = _ROOT.search(_COMMENT.sub(b"", text)) if text.lstrip().startswith(b"<") else None
    if root is None:
        return None
    if root[1].rpartition(b":")[2] == b"PMML":
        return "pmml"
    return "openvino" if root[1] == b"net" and (b"version=" in root[2] or b"<layers" in text) else None


def _blank(head: bytes, size: int) -> str | None:
    """Text that begins with blanks; a GraphDef begins with a line feed too."""
    first = head.lstrip()[:1]
    found = _brace(head.lstrip(), size) if first == b"{" else _xml(head, size) if first == b"<" else None
    return found or shapes.message(head, size)


def _either(*checks: Callable[[bytes, int], str | None]) -> Callable[[bytes, int], str | None]:
    return lambda head, size: next(filter(None, (check(head, size) for check in checks)), None)


_CHECKS: dict[int, Callable[[bytes, int], str | None]] = {
    0x80: _pickle,
    **dict.fromkeys(b"\x08\x12\x1a\x22\x28\x3aBr", shapes.message),
    **dict.fromkeys(b" \t\r\n", _blank),
    ord("2"): shapes.message,
    ord("G"): _gguf,
    **dict.fromkeys(b"la", _ggml),
    ord("f"): _either(_ggml, _tensorrt),
    ord("t"): _ggml,
    ord("p"): _tensorrt,
    ord("B"): _either(_bz2, shapes.message),
    ord("x"): _zlib,
    0x5D: _lzma,
    ord("M"): _pe,
    0xCA: _fat,
    ord("T"): _torch7,
    4: _torch7,
    ord("{"): _brace,
    **dict.fromkeys(b"<\xef\xff\xfe", _xml),
    ord("b"): lambda head, size: "xgboost" if head.startswith(b"binf") and b"\0" in head[4:12] else None,
}


def inside(head: bytes, format: str) -> bytes:
    """The first bytes of what a stream of ``COMPRESSED`` holds, at most ``HEAD``; b"" when it cannot be told.

    bz2 says nothing before a whole block of it, which may take 900,000 bytes of the stream. zstd is not read.
    """
    try:
        if format in ("zlib", "gzip"):
            return zlib.decompressobj(15 if format == "zlib" else 31).decompress(head, HEAD)
        if format == "bz2":
            import bz2

            return bz2.BZ2Decompressor().decompress(head, HEAD)
        if format in ("xz", "lzma"):
            import lzma

            return lzma.LZMADecompressor(memlimit=128 << 20).decompress(head, HEAD)
    except (zlib.error, OSError, EOFError, ValueError, MemoryError):
        return b""
    except Exception as error:
        if type(error).__name__ != "LZMAError":
            raise
        return b""
    return shapes.first_literals(head) if format == "lz4" else b""


def stand_in(head: bytes) -> str:
    """What stands where a model should: ``empty``, ``git-lfs`` (a pointer), ``html`` (an error page); "" otherwise."""
    if not head:
        return "empty"
    if head.startswith(b"version https://git-lfs.github.com/spec/"):
        return "git-lfs"
    start = head[:512].lstrip().lower()
    return "html" if start.startswith((b"<!doctype html", b"<html")) else ""


_TORCH = frozenset({"zip", "pickle", "tar"})
_STREAMS = frozenset({"pickle", *COMPRESSED})
_PROMISES: dict[str, frozenset[str]] = {
    **dict.fromkeys(("pt", "pth", "ckpt"), _TORCH | {"hdf5"}),
    "pt2": frozenset({"zip"}),
    **dict.fromkeys(("pkl", "pickle", "joblib", "dill"), _STREAMS),
    **dict.fromkeys(("h5", "hdf5"), frozenset({"hdf5"})),
    "keras": frozenset({"zip", "hdf5"}),
    **dict.fromkeys(("npz", "mar", "skops", "mlpackage"), frozenset({"zip"})),
    "nemo": frozenset({"tar", "gzip"}),
    "rds": frozenset({"rdata", "gzip", "bz2", "xz"}),
    "rdata": frozenset({"rdata", "gzip", "bz2", "xz"}),
    "t7": frozenset({"torch7"}),
    "cbm": frozenset({"catboost"}),
    **dict.fromkeys(("engine", "plan", "trt"), frozenset({"tensorrt"})),
    "mlmodel": frozenset({"coreml"}),
    "ubj": frozenset({"xgboost"}),
    "llamafile": frozenset({"elf", "pe", "zip"}),
    **{name: frozenset({name}) for name in ("safetensors", "gguf", "onnx", "tflite", "npy", "pmml", "rknn")},
}
"""What content goes with an ending. ``.bin`` and ``.pb`` go with anything."""


def format_of_name(path: str) -> frozenset[str]:
    """The formats that a file of this name may have; none where a name promises nothing (``.bin``, no ending)."""
    name = path.rpartition("/")[2].lower()
    if name.endswith(".pth") and path.endswith((f"site-packages/{name}", f"dist-packages/{name}")):
        return frozenset()  # lines for Python's path
    if name == "saved_model.pb":
        return frozenset({"tensorflow"})
    if name == "keras_metadata.pb":
        return frozenset({"keras-metadata"})
    if name == "pytorch_model.bin":
        return _TORCH
    return _PROMISES.get(name.rpartition(".")[2], frozenset()) if "." in name else frozenset()
