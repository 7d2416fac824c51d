"""Libraries of the GPU stack that packages bring, beside those that files show."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Literal

from scanner.model.facts import Fact, GpuLibrary, InstalledPackage
from scanner.parsers.lazy import Lazy

_PACKAGE = Lazy(
    r"(?:nvidia-)?(?:(?P<cuda>cuda-(?:cudart|runtime|toolkit)(?:-\d+-\d+)?|cuda-runtime(?:-cu\d+)?|cudatoolkit|cuda-version)"
    r"|(?P<cudnn>(?:lib)?cudnn(?:\d+)?(?:-cuda-\d+|-cu\d+)?)"
    r"|(?P<nccl>(?:lib)?nccl2?(?:-cu\d+)?)"
    r"|(?P<tensorrt>tensorrt(?:-cu\d+)?|libnvinfer(?:-bin|\d+)?))$"
)
"""deb and rpm (``libcudnn9-cuda-12``), PyPI (``nvidia-cudnn-cu12``), conda (``cudatoolkit``)."""
_VERSION = Lazy(r"(?:\d+:)?(\d{1,4}(?:\.\d{1,6}){0,3})")
_ECOSYSTEMS = frozenset({"pypi", "conda", "deb", "rpm"})


def derive(facts: Sequence[Fact], _today: str) -> Iterator[GpuLibrary]:
    """One fact for each product and version that no file shows already."""
    shown = {
        (fact.product, _line(fact.version), fact.ships)
        for fact in facts
        if isinstance(fact, GpuLibrary) and fact.shown_by != "package"
    }
    for fact in facts:
        if not isinstance(fact, InstalledPackage) or fact.ecosystem not in _ECOSYSTEMS:
            continue
        name, version = _PACKAGE.match(fact.name), _VERSION.match(fact.version)
        if name is None or name.lastgroup is None or version is None:
            continue
        product = _product(name)
        if (product, _line(version[1]), fact.ships) in shown:
            continue
        shown.add((product, _line(version[1]), fact.ships))
        yield GpuLibrary(
            evidence=fact.evidence,
            ships=fact.ships,
            product=product,
            version=version[1],
            location=fact.location,
            shown_by="package",
        )


def _product(name: re.Match[str]) -> Literal["cuda", "cudnn", "nccl", "tensorrt"]:
    return name.lastgroup  # type: ignore[return-value]


def _line(version: str) -> tuple[str, ...]:
    """Major and minor, by which a file and its package are known to be the same."""
    return tuple(version.split(".")[:2])
