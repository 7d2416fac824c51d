"""Which files of an image record packages, by their paths alone.

Paths are those of a layer's tar, without a leading slash: ``usr/lib/python3/dist-packages/six-1.16.0.egg-info``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

MAX_PATH = 4096
"""Characters of a path; Linux takes no longer ones."""

_SITE = frozenset({"site-packages", "dist-packages"})
_ASIDE = frozenset({
    "test", "tests", "testdata", "test-data", "test_data", "fixtures", "example", "examples", "sample", "samples",
    "doc", "docs",
})  # fmt: skip
"""Folders inside a package whose content nobody runs."""
_VENDOR = frozenset({"_vendor", "vendor", "_vendored", "third_party", "thirdparty", "extern"})
_STATUS = "var/lib/dpkg/status.d"
_LIBRARIES = ("libcudnn.so.", "libnccl.so.", "libnvinfer.so.", "libcudart.so.", "libcuda.so.")


class Place(NamedTuple):
    """What a path records: the reader of its format, and the location (folder or file) of the package."""

    reader: str
    location: str


Judge = Callable[[str, str, str], Place | None]
"""What a path, split into folder and base name as well, records."""


def place(path: str) -> Place | None:
    """What a path records; None for nearly all paths. Looks at the base name first."""
    folder, _, name = path.rpartition("/")
    judge = _BY_NAME.get(name) or _BY_SUFFIX.get(name[name.rfind(".") :])
    if judge is not None:
        return judge(path, folder, name) if len(path) <= MAX_PATH else None
    if name.startswith("lib") and name.startswith(_LIBRARIES):
        return Place("gpu_name", path)
    if folder == _STATUS:
        return Place("dpkg", path)
    return None


def location(path: str) -> str:
    """The location of the package of a language that a path records; "" for any other path."""
    found = place(path)
    return found.location if found is not None and found.reader in _LANGUAGES else ""


def carrier(path: str) -> str:
    """The package that carries the file as a copy of its own, "" for none.

    ``setuptools`` for ``…/site-packages/setuptools/_vendor/wheel-0.43.0.dist-info/METADATA``, and ``pyspark`` for a jar
    among its files.
    """
    parts = path.split("/")
    site = next((index for index, part in enumerate(parts) if part in _SITE), None)
    if site is not None:
        inner = [part for part in parts[site + 1 : -1] if part != "EGG-INFO"]
        while inner and inner[-1].endswith((".dist-info", ".egg-info", ".egg")):
            inner.pop()
        while inner and inner[0].endswith(".egg"):
            inner.pop(0)
        return inner[0] if inner else ""
    at = next((index for index, part in enumerate(parts) if part in _VENDOR), 0)
    return parts[at - 1] if at else ""


def _python(path: str, folder: str, name: str) -> Place | None:
    """``X.dist-info/METADATA``, ``X.egg-info/PKG-INFO``, ``X.egg/EGG-INFO/PKG-INFO`` and the files beside them."""
    if not folder.endswith((".egg-info", "/EGG-INFO") if name == "PKG-INFO" else ".dist-info") or _aside(path, True):
        return None
    if name not in {"METADATA", "PKG-INFO"}:
        return Place("python_details", folder)
    outer, _, last = folder.rpartition("/")
    if last.startswith("~"):  # what pip could not remove
        return None
    if last == "EGG-INFO":
        return Place("python", outer) if outer.endswith(".egg") else None
    project = last.endswith(".egg-info") and outer.rpartition("/")[2] not in _SITE
    return Place("python_project" if project else "python", folder)


def _python_file(path: str, folder: str, name: str) -> Place | None:
    """``X.egg-info``, ``X.egg-link`` and ``X.egg`` as files right in site-packages."""
    if folder.rpartition("/")[2] not in _SITE:
        return None
    return Place({"o": "python", "k": "egg_link", "g": "egg"}[name[-1]], path)


def _json(path: str, folder: str, name: str) -> Place | None:
    """A package of a conda environment, the base environment included."""
    if folder.rpartition("/")[2] != "conda-meta" or name.count("-") < 2 or _aside(path):
        return None
    return Place("conda", path)


def _npm(path: str, folder: str, _name: str) -> Place | None:
    """A package right in a ``node_modules``: neither its own folders nor its tests."""
    _, found, rest = f"/{folder}".partition("/node_modules/")
    parts = rest.split("/node_modules/")
    if not found or parts[-1].startswith(".") or _aside(path):
        return None
    right = all(part.count("/") == part.startswith(("@", ".pnpm/")) for part in parts)
    return Place("npm", folder) if right else None


def _gemspec(path: str, folder: str, _name: str) -> Place | None:
    return Place("gem", path) if folder.removesuffix("/default").endswith("specifications") else None


def _jar(path: str, _folder: str, _name: str) -> Place | None:
    return None if _aside(path) else Place("jar", path)


def _list(path: str, folder: str, _name: str) -> Place | None:
    return Place("dpkg_list", path) if folder == "var/lib/dpkg/info" else None


def _cuda(path: str, folder: str, _name: str) -> Place | None:
    """``usr/local/cuda-12.4/version.json``; older ones ``version.txt``."""
    return Place("gpu_version", path) if folder.rpartition("/")[2].startswith("cuda") else None


def _at(reader: str, *paths: str) -> Judge:
    return lambda path, _folder, _name: Place(reader, path) if path in paths else None


def _in(reader: str, *folders: str) -> Judge:
    return lambda path, folder, _name: Place(reader, path) if folder in folders else None


def _below(reader: str, end: str) -> Judge:
    return lambda path, folder, _name: Place(reader, path) if end in f"{folder}/" and not _aside(path) else None


_RPM = ("var/lib/rpm", "usr/lib/sysimage/rpm", "usr/share/rpm")
_BY_NAME: dict[str, Judge] = {
    "METADATA": _python,
    "PKG-INFO": _python,
    "INSTALLER": _python,
    "REQUESTED": _python,
    "direct_url.json": _python,
    "package.json": _npm,
    "status": _at("dpkg", "var/lib/dpkg/status"),
    "installed": _at("apk", "lib/apk/db/installed", "usr/lib/apk/db/installed"),
    "rpmdb.sqlite": _in("rpm_sqlite", *_RPM),
    "rpmdb.sqlite-wal": _in("rpm_log", *_RPM),
    "Packages.db": _in("rpm_ndb", *_RPM),
    "Packages": _in("rpm_bdb", *_RPM),
    "os-release": _at("os_release", "etc/os-release", "usr/lib/os-release"),
    "patchlevel.h": _below("python_header", "include/python"),
    "node_version.h": _below("node_header", "include/node/"),
    "version.json": _cuda,
    "version.txt": _cuda,
    "NvInferVersion.h": _below("gpu_header", "include/"),
    "cudnn_version.h": _below("gpu_header", "include/"),
    "nvcc": _below("gpu_compiler", "/bin/"),
}
_BY_SUFFIX: dict[str, Judge] = {
    ".egg-info": _python_file,
    ".egg-link": _python_file,
    ".egg": _python_file,
    ".json": _json,
    ".gemspec": _gemspec,
    ".jar": _jar,
    ".war": _jar,
    ".ear": _jar,
    ".list": _list,
}
ENDS, STARTS = frozenset((*_BY_NAME, *_BY_SUFFIX)) - {".json"}, _LIBRARIES
WITHIN = (f"/{_STATUS}/", "/conda-meta/")
"""What tells a path of which ``place`` may say something: ends and starts of its name, a part of its folder."""
_LANGUAGES = frozenset({"python", "npm", "gem", "jar", "egg", "python_header", "node_header"})


def _aside(path: str, anywhere: bool = False) -> bool:
    """Whether nobody runs what is there: tests and examples of a package, or conda's cache of packages.

    Only folders inside site-packages count, unless ``anywhere``.
    """
    parts = path.split("/")[:-1]
    for index, part in enumerate(parts):
        if part == "pkgs" and index + 1 < len(parts) and parts[index + 1].count("-") >= 2:
            return True
        if part in _SITE:
            return not _ASIDE.isdisjoint(parts[index + 1 :])
    return anywhere and not _ASIDE.isdisjoint(parts)
