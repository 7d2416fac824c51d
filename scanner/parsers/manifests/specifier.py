"""One Python requirement, as pip reads it: PEP 508 names and versions, URLs, repositories, paths."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from scanner.parsers.lazy import Lazy
from scanner.parsers.manifests.entries import Spec

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Literal

LIMIT = 8192
"""Longest requirement that is read, in characters; pip's own index would refuse far shorter names."""

MAX_VERSION = 256
"""Characters."""

_RUN = Lazy(r"[-_.]+")
_NAMED = Lazy(r"(?a)\s*([A-Za-z0-9](?:[\w.-]*\w)?)\s*(?:\[([^\]]*)\])?\s*")
_CLAUSE = Lazy(r"\s*(===|==|~=|!=|<=|>=|<|>)\s*([^\s,;()]+)\s*")
_PLAIN = Lazy(r"(?a)==((?:0|[1-9]\d*)(?:\.(?:0|[1-9]\d*))*)")
_SCHEME = Lazy(r"(?a)(?:(git|hg|svn|bzr)\+)?([A-Za-z][A-Za-z0-9.]*)://")
_ARCHIVE = Lazy(r"(?i)\.(?:whl|zip|tar|tar\.gz|tgz|tar\.bz2|tbz|tar\.xz|txz|tar\.lz|tlz|tar\.lzma)$")
_WHEEL = Lazy(r"(?a)([A-Za-z0-9][\w.]*)-(\d[\w.!+]*)-.*\.whl$")
_SOURCE = Lazy(r"(?a)([A-Za-z][\w.-]*?)-(\d+(?:\.\w+)*(?:\+[\w.]+)?)\.(?:tar\.gz|zip|tar\.bz2|tgz)$")
_HASH = Lazy(r"(?i)[#&](sha256|sha384|sha512)=[0-9a-f]{64,128}(?:&|$)")
_EGG = Lazy(r"(?a)[#&]egg=([A-Za-z0-9][\w.-]*)")
_COMMIT = Lazy(r"(?i)(?:[0-9a-f]{40}|[0-9a-f]{64})")
_USER = Lazy(r"(://)(?!git@)[^/@\s]+@")

_SYSTEM = ("sys_platform", "platform_system", "os_name")
_LINUX = {"sys_platform": "linux", "platform_system": "Linux", "os_name": "posix"}
_UNKNOWN = {  # values that a container may have either way
    "platform_machine": ("x86_64", "aarch64"),
    "python_version": ("3.8", "3.9", "3.10", "3.11", "3.12", "3.13", "3.14"),
}


def normalize(name: str) -> str:
    """A project's name as the index knows it: lower case, runs of ``-_.`` one hyphen (PEP 503)."""
    return _RUN.sub("-", name).lower()


def masked(url: str) -> str:
    """A URL without the credentials in it; the user name ``git`` is none."""
    return _USER.sub(r"\1***@", url) if "://" in url else url


def unknown(text: str) -> bool:
    """Whether a part of it is not filled in."""
    return "$" in text or "`" in text


def is_commit(reference: str) -> bool | None:
    """Whether it is a full commit; None when it is not known."""
    return bool(_COMMIT.fullmatch(reference)) or (None if unknown(reference) else False)


def read(text: str) -> Spec:
    """What a requirement says.

    Raises ValueError for text that pip takes for none. Where pip would look at the disk (``./dir``, ``dir/``,
    ``x.whl``) the shape of the words decides.
    """
    if len(text) > LIMIT:
        raise ValueError(f"a requirement of more than {LIMIT} characters")
    named = _NAMED.match(text)
    if named and text.startswith("@", named.end()):
        return _direct(text[named.end() + 1 :].strip(), normalize(named[1]), _extras(named[2]))
    if _SCHEME.match(text) or text.startswith("git+git@"):
        return _direct(text, "", ())
    words, _, marker = text.partition(";")
    words = words.strip()
    if _is_path(words):
        return _local(words, marker.strip())
    if not named:
        raise ValueError(f"not a requirement: {words or text!r}")
    return _versioned(named, words, marker.strip())


def _versioned(named: re.Match[str], words: str, marker: str) -> Spec:
    name = normalize(named[1])
    rest = words[named.end() :].strip()
    if rest.startswith("(") and rest.endswith(")"):
        rest = rest[1:-1].strip()
    if rest and unknown(rest[0]):
        spec = Spec(name=name, specifier=rest, version=None, pinned=None, bounded=None)
        return _more(spec, _extras(named[2]), marker)
    clauses: list[tuple[str, str]] = []
    for part in rest.split(",") if rest else ():
        clause = _CLAUSE.fullmatch(part)
        if clause:
            clauses.append((clause[1], clause[2]))
        elif part.strip():
            raise ValueError(f"not a version: {part.strip()!r}")
    return _more(_clauses(name, clauses), _extras(named[2]), marker)


def _clauses(name: str, clauses: list[tuple[str, str]]) -> Spec:
    specifier = ",".join(operator + version for operator, version in clauses)
    exact = {v for op, v in clauses if op == "===" or (op == "==" and not v.endswith(".*"))}
    if exact:
        known = not any(unknown(version) for version in exact)
        version = exact.pop() if len(exact) == 1 and known else "" if known else None
        bounded = False if known else None
        return Spec(name=name, specifier=specifier, version=version, pinned=known or None, bounded=bounded)
    return Spec(name=name, specifier=specifier, bounded=any(op != "!=" for op, _ in clauses))


def _more(spec: Spec, extras: tuple[str, ...], marker: str) -> Spec:
    if not extras and not marker:
        return spec
    return spec.replace(extras=extras, marker=marker, elsewhere=is_elsewhere(marker))


@lru_cache(maxsize=1024)
def is_elsewhere(marker: str) -> bool:
    """Whether a marker holds on other systems than Linux only, whatever the Python and the machine."""
    if not any(name in marker for name in _SYSTEM):
        return False
    from packaging.markers import InvalidMarker, Marker, UndefinedComparison, UndefinedEnvironmentName

    try:
        parsed = Marker(marker)
        return not any(
            parsed.evaluate(_LINUX | {"platform_machine": machine, "python_version": python, "extra": ""})
            for machine in _UNKNOWN["platform_machine"]
            for python in _UNKNOWN["python_version"]
        )
    except (InvalidMarker, UndefinedComparison, UndefinedEnvironmentName, RecursionError):
        return False


def newest(specifier: str, releases: Iterable[str]) -> str:
    """The newest of some releases that a specifier can mean; "" when it means none, or could mean a later one.

    Which other releases there are is not known, so a range has to shut out the next patch, minor and major release.
    """
    if not specifier:
        return ""
    if plain := _PLAIN.fullmatch(specifier):
        return next((each for each in releases if _short(each) == _short(plain[1])), "")
    from packaging.specifiers import SpecifierSet
    from packaging.version import Version

    try:
        allowed = SpecifierSet(specifier, prereleases=True)
        version = max((each for each in map(Version, releases) if each in allowed), default=None)
        if version is None:
            return ""
        numbers = version.release
        later = (".".join(map(str, (*numbers[:at], numbers[at] + 1))) for at in range(len(numbers)))
        return "" if any(each in allowed for each in later) else str(version)
    except ValueError:  # no specifier, or numbers of thousands of digits
        return ""


def public(version: str) -> str:
    """A version as the index writes it, without its local label (``2.6.0`` for ``2.6.0+cu124``); "" for none."""
    from packaging.version import InvalidVersion, Version

    try:
        return Version(version).public if len(version) <= MAX_VERSION else ""
    except (InvalidVersion, ValueError):
        return ""


def _short(version: str) -> str:
    """Without zeros at the end, which mean nothing."""
    while version.endswith(".0"):
        version = version[:-2]
    return version


def _extras(words: str | None) -> tuple[str, ...]:
    return tuple(normalize(extra.strip()) for extra in words.split(",") if extra.strip()) if words else ()


def _is_path(words: str) -> bool:
    bare = words.partition("[")[0]
    return bare.startswith((".", "/", "~")) or "/" in bare or bool(_ARCHIVE.search(bare))


def _direct(target: str, name: str, extras: tuple[str, ...]) -> Spec:
    url, _, marker = target.partition(" ;") if " ;" in target else target.partition("; ")
    url, marker = url.strip(), marker.strip()
    if not url or any(char.isspace() for char in url):
        raise ValueError(f"not a URL: {masked(url)!r}")
    if url.startswith(("git+", "hg+", "svn+", "bzr+")):
        return _more(repository(url, name), extras, marker)
    if url.startswith("file:") or not _SCHEME.match(url):
        return _local(url.removeprefix("file://").removeprefix("file:"), marker, name)
    return _more(link(url, name), extras, marker)


def repository(url: str, name: str = "") -> Spec:
    """A requirement for a repository: ``git+https://host/path@reference#egg=name``."""
    bare, _, _ = url.partition("#")
    place = bare.rpartition("://")[2]
    path = place.partition("/")[2]
    where, at, reference = path.rpartition("@")
    if not at:
        where, reference = path, ""
    egg = _EGG.search(url)
    if not name:
        name = egg[1] if egg else where.rstrip("/").rpartition("/")[2].removesuffix(".git")
    commit = is_commit(reference)
    if not reference and unknown(bare):
        commit = None
    elif not reference:
        commit = False
    return Spec(
        name=normalize(name),
        specifier=f"@ {masked(url)}",
        version=None if commit is None else "",
        pinned=commit,
        bounded=None if commit is None else False,
        origin="vcs",
        url=masked(url),
        commit_pinned=commit,
    )


def link(url: str, name: str = "") -> Spec:
    """A requirement for an archive at a URL; a wheel's name tells its version."""
    bare = url.partition("#")[0].partition("?")[0]
    file = bare.rpartition("/")[2].replace("%2B", "+").replace("%2b", "+")
    parts = _WHEEL.fullmatch(file) or _SOURCE.fullmatch(file)
    hashed = bool(_HASH.search(url))
    egg = _EGG.search(url)
    if not name:
        name = egg[1] if egg else parts[1] if parts else ""
    commit = _COMMIT.search(bare.rpartition("/")[2])
    pinned: bool | None = True if hashed or parts or commit else None if unknown(url) else False
    return Spec(
        name=normalize(name),
        specifier=f"@ {masked(url)}",
        version=parts[2] if parts else None if pinned is None else "",
        pinned=pinned,
        bounded=None if pinned is None else False,
        hashed=hashed if hashed or not unknown(url) else None,
        origin="url",
        url=masked(url),
    )


def _local(path: str, marker: str, name: str = "") -> Spec:
    bare, _, extras = path.partition("[")
    parts = _WHEEL.fullmatch(bare.rpartition("/")[2]) or _SOURCE.fullmatch(bare.rpartition("/")[2])
    spec = Spec(
        name=name or (normalize(parts[1]) if parts else ""),
        specifier=f"@ {bare}",
        version=parts[2] if parts else "",
        pinned=True,
        origin="local",
        url=bare,
    )
    return _more(spec, _extras(extras.rstrip("] ")), marker)


def archive(path: str) -> bool:
    """Whether it names an archive rather than a folder."""
    return bool(_ARCHIVE.search(path))


def role_of(option: str) -> Literal["primary", "extra", "find-links"] | None:
    """The role of the index that a pip or uv option names; None for other options."""
    return _ROLES.get(option)


_ROLES: dict[str, Literal["primary", "extra", "find-links"]] = {
    "-i": "primary",
    "--index-url": "primary",
    "--pypi-url": "primary",
    "--default-index": "primary",
    "--extra-index-url": "extra",
    "--index": "extra",
    "-f": "find-links",
    "--find-links": "find-links",
}
