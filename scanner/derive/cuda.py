"""The CUDA of the base image, or of an image's files, beside the CUDA that the installed packages were built for."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from scanner.model.facts import BaseImage, CudaPairing, Fact, GpuLibrary, PackageIndex, Requirement
from scanner.model.location import Evidence
from scanner.parsers.lazy import Lazy

_MAX_LOOKED_AT = 200
"""Characters of a specifier, name or word: what says the version stands near its beginning."""

_IN_WORDS = Lazy(r"(?:[+-]cu|[+-]cuda|\[(?:[^\]]{0,60},)?\s*cuda)(\d{1,3})x?(?![0-9a-z])")
"""``+cu118``, ``-cu12``, ``-cuda11x``, ``+cuda12.cudnn89``, ``[cuda12]``, ``[cuda12-local]``."""
_TOOLKIT = Lazy(r"(?:nvidia-)?cuda(?:-(?:toolkit|runtime|libraries|libraries-dev|compiler))?(?:-(\d{1,2}-\d{1,2}))?$")
"""``cuda``, ``cuda-12-4``, ``cuda-toolkit-12-4``, ``nvidia-cuda-toolkit``; not single libraries."""

_VERSION = Lazy(r"\d{1,4}(?:\.\d{1,6}){0,3}$")
_SYSTEM = ("usr/", "var/", "opt/nvidia/")
"""Where the toolkit of an image is, rather than the one that a wheel or a conda environment brings along."""
_BROUGHT = ("-packages/", "conda-meta/")
_CONDA = {"pytorch-cuda", "cudatoolkit", "cuda-version", "cuda-toolkit", "cuda-runtime"}


def derive(facts: Sequence[Fact], _today: str) -> Iterator[CudaPairing]:
    """One fact for each CUDA version that packages of the shipping image are built for."""
    base = next((f for f in reversed(facts) if isinstance(f, BaseImage) and f.ships and f.use == "from"), None)
    cuda, at = (base.cuda or "", base.evidence) if base is not None else _held(facts)
    if not cuda:
        return
    seen: set[str] = set()
    for fact in facts:
        if not fact.ships or not isinstance(fact, Requirement | PackageIndex):
            continue
        if isinstance(fact, Requirement) and fact.ecosystem in {"deb", "rpm"}:
            if base is not None and (match := _TOOLKIT.match(fact.name)) and "toolkit" not in seen:
                seen.add("toolkit")
                yield _pairing(fact, cuda, at, (match[1] or cuda).replace("-", "."), toolkit=True)
            continue
        wheels = _of_requirement(fact) if isinstance(fact, Requirement) else _of_index(fact)
        if not wheels or wheels in seen:
            continue
        seen.add(wheels)
        yield _pairing(fact, cuda, at, wheels)


def _held(facts: Sequence[Fact]) -> tuple[str, tuple[Evidence, ...]]:
    """The newest toolkit among an image's files, and where; "" for none."""
    found = [
        fact
        for fact in facts
        if isinstance(fact, GpuLibrary)
        and fact.product == "cuda"
        and fact.ships
        and _VERSION.match(fact.version)
        and fact.location.startswith(_SYSTEM)
        and not any(part in fact.location for part in _BROUGHT)
    ]
    newest = max(found, key=lambda fact: _numbers(fact.version), default=None)
    return (newest.version, newest.evidence) if newest is not None else ("", ())


def _pairing(
    fact: Requirement | PackageIndex, cuda: str, at: tuple[Evidence, ...], wheels: str, *, toolkit: bool = False
) -> CudaPairing:
    mine, theirs = _numbers(cuda), _numbers(wheels)
    known = min(len(mine), len(theirs))
    return CudaPairing(
        evidence=fact.evidence + at,
        base=cuda,
        wheels=wheels,
        package=fact.name if isinstance(fact, Requirement) else fact.url or "",
        same_major=mine[0] == theirs[0],
        wheels_newer=theirs[:known] > mine[:known],
        toolkit=toolkit,
    )


def _of_requirement(fact: Requirement) -> str:
    """``12.1`` of ``torch==2.1.0+cu121``, ``12`` of ``jax[cuda12]`` or ``nvidia-cublas-cu12``; "" for none."""
    if fact.ecosystem == "conda":
        match = re.match(r"\d{1,3}(?:\.\d{1,3})?(?![0-9])", fact.specifier.lstrip("= "))
        return match[0] if match and fact.name in _CONDA else ""
    if fact.ecosystem != "pypi":
        return ""
    for text in (fact.specifier, fact.name, fact.evidence[0].quote):
        if match := _IN_WORDS.search(text, 0, _MAX_LOOKED_AT):
            return _version(match[1])
    return ""


def _of_index(fact: PackageIndex) -> str:
    """``12.1`` of ``https://…/whl/cu121``; "" for none."""
    match = re.search(r"[/+]cu(\d{2,3})(?![0-9a-z])", fact.url or "")
    return _version(match[1]) if match else ""


def _version(digits: str) -> str:
    """``cu118`` is 11.8, ``cu92`` is 9.2, ``cuda12`` is 12."""
    if len(digits) == 3:
        return f"{digits[:2]}.{digits[2]}"
    return f"{digits[0]}.{digits[1]}" if len(digits) == 2 and digits[0] != "1" else digits


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".")[:2])
