"""Files in which no credentials are looked for, each with the reason; docs/detectors.md lists them."""

from __future__ import annotations

from collections.abc import Mapping

MAX_TEXT = 32 << 20
"""Bytes of one text of a build context that are searched; more are machine-made: corpora, dumps. Told when met."""
MAX_CONTEXT = 128 << 20
"""Bytes of all text of a build context that is searched. Told when met."""
MAX_FILES = 20_000
"""Files of a build context that are opened to be searched. Told when met."""
MAX_ARCHIVE = 16 << 20
"""Bytes of the largest zip whose members are searched."""
MAX_MEMBER = 1 << 20
"""Bytes of the largest member."""
MAX_MEMBERS = 32 << 20
"""Bytes of the members of one zip, unpacked."""
MAX_DATABASE = 16 << 20
"""Bytes of the largest SQLite database that is searched."""
MAX_WIDE = 1 << 20
"""Bytes of the largest text in UTF-16 that is searched; it says so with its first two."""

SUFFIXES: Mapping[str, frozenset[str]] = {
    "machine code": frozenset(
        {"so", "a", "o", "ko", "dll", "exe", "lib", "cubin", "fatbin", "bc", "ptx", "wasm", "node", "hsaco", "dylib"}
    ),
    "compiled from a source that is searched": frozenset({"pyc", "pyo", "class", "elc", "mo", "gmo", "nbi", "nbc"}),
    "pictures, sound and fonts": frozenset(
        {
            "png", "jpg", "jpeg", "gif", "ico", "bmp", "webp", "tif", "tiff", "svg", "svgz", "mp3", "mp4", "wav", "ogg",
            "flac", "avi", "mkv", "mov", "webm", "ttf", "otf", "woff", "woff2", "eot", "afm", "pfb", "pdf", "ps", "eps",
            "icns", "cur",
        }
    ),
    "compressed": frozenset({"gz", "xz", "bz2", "zst", "lz4", "lzma", "tgz", "txz", "7z", "rar", "z", "deb", "rpm"}),
    "weights and arrays": frozenset(
        {
            "safetensors", "gguf", "ggml", "pt", "pth", "ckpt", "onnx", "h5", "hdf5", "npy", "npz", "pkl", "pickle",
            "joblib", "pb", "tflite", "bin", "engine", "plan", "mlmodel", "pdparams", "msgpack", "keras", "model",
            "parquet", "arrow", "feather", "tfrecord", "mat", "rds", "lmdb", "faiss", "index", "dat",
        }
    ),
    "vocabularies of models, which hold every kind of word": frozenset({"vocab", "bpe", "spm", "tiktoken", "merges"}),
    "source maps, made from a source": frozenset({"map"}),
}  # fmt: skip
"""By the end of the name."""

NAMES: Mapping[str, frozenset[str]] = {
    "vocabularies of models, which hold every kind of word": frozenset(
        {"tokenizer.json", "vocab.json", "vocab.txt", "merges.txt", "added_tokens.json", "special_tokens_map.json"}
    ),
    "lists of digests": frozenset({"RECORD", "SHA256SUMS", "SHA512SUMS", "MD5SUMS", "md5sums", "go.sum"}),
}  # fmt: skip
"""By the whole name."""

PLACES: Mapping[str, frozenset[str]] = {
    "the system's databases of packages": frozenset(
        {"var/lib/dpkg/", "lib/apk/", "var/lib/rpm/", "usr/lib/sysimage/rpm/"}
    ),
    "lists of packages that an installer fetched": frozenset({"var/lib/apt/lists/", "var/cache/"}),
    "data of locales, time zones and terminals": frozenset(
        {
            "usr/share/locale/", "usr/share/zoneinfo/", "usr/share/i18n/", "usr/lib/locale/", "usr/share/terminfo/",
            "lib/terminfo/", "usr/share/icons/", "usr/share/fonts/", "usr/share/X11/", "usr/share/mime/",
            "usr/share/misc/magic",
        }
    ),
    "the certificates of public authorities": frozenset(
        {"usr/share/ca-certificates/", "etc/ssl/certs/", "etc/pki/ca-trust/extracted/"}
    ),
}  # fmt: skip
"""By the beginning of the path."""

ARCHIVES = frozenset({"jar", "war", "zip", "egg", "whl"})
"""Ends of the names of zips that are left out in these places: packages of the system brought them, as published."""
ARCHIVE_PLACES = frozenset({"usr/lib/", "usr/share/", "lib/"})

_SUFFIXES = frozenset(end.encode() for ends in SUFFIXES.values() for end in ends)
_NAMES = frozenset(name.encode() for names in NAMES.values() for name in names)
_PLACES = tuple(sorted(place.encode() for places in PLACES.values() for place in places))
_ARCHIVES = frozenset(end.encode() for end in ARCHIVES)
_ARCHIVE_PLACES = tuple(sorted(place.encode() for place in ARCHIVE_PLACES))
_MOST = frozenset((b"py", b"h", b"js", b"ts", b"hpp", b"pyi", b"html", b"rst", b"md", b"c", b"cpp", b"pl", b"pm"))
"""Ends of the names of most text files, so that these are told at once."""


def is_skipped(path: bytes, base: bytes) -> bool:
    """Whether a file, given with the last part of its path, is left out by name and place."""
    dot = base.rfind(b".")
    if dot >= 0:
        end = base[dot + 1 :]
        if end in _MOST:
            return path.startswith(_PLACES)
        if end in _SUFFIXES or end.lower() in _SUFFIXES:
            return True
        if end in _ARCHIVES:
            return path.startswith(_ARCHIVE_PLACES)
        if end.isdigit() and b".so." in base:
            return True
    return base in _NAMES or path.startswith(_PLACES)
