"""Facts that follow from other facts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from scanner.derive import (
    ai_servers,
    artifacts,
    combinations,
    cuda,
    end_of_life,
    impostors,
    provenance,
    telemetry,
    twice,
)
from scanner.model.facts import (
    Account,
    CachedModel,
    GpuLibrary,
    HeldSecret,
    InstalledPackage,
    LayerFile,
    LayerIndex,
    LayerVerificationOff,
    ModelFile,
    PackageRecord,
)
from scanner.model.facts.base import Fact

Deriver = Callable[[Sequence[Fact], str], Iterator[Fact]]
"""Concludes facts from all that the extractors found; the second argument is today as ``YYYY-MM-DD``."""


def _any(facts: Sequence[Fact], *kinds: type[Fact]) -> bool:
    """Whether there is a fact of one of these kinds; asked of all Dockerfiles, most of which have none."""
    return not frozenset(map(type, facts)).isdisjoint(kinds)


def _installed(facts: Sequence[Fact], today: str) -> Iterator[Fact]:
    """The packages of an image, and their GPU libraries; what finds them is not imported for a Dockerfile."""
    if _any(facts, PackageRecord, GpuLibrary):
        from scanner.derive import gpu, inventory, reach

        packages = list(reach.marked(list(inventory.derive(facts, today)), facts))
        yield from packages
        yield from gpu.derive([*facts, *packages], today)


def _held(facts: Sequence[Fact], today: str) -> Iterator[Fact]:
    """What the files of layers say together; not imported for a Dockerfile either."""
    if _any(facts, Account, CachedModel, LayerFile, LayerIndex, LayerVerificationOff):
        from scanner.derive import layers

        yield from layers.derive(facts, today)
    if _any(facts, HeldSecret):
        from scanner.derive import layer_secrets

        yield from layer_secrets.derive(facts, today)


def _models(facts: Sequence[Fact], today: str) -> Iterator[Fact]:
    """The models; not imported where there are no files of any."""
    if _any(facts, ModelFile):
        from scanner.derive import models

        yield from models.derive(facts, today)
        yield from models.removed(facts)


def _recorded(facts: Sequence[Fact], today: str) -> Iterator[Fact]:
    """What is installed as if it were asked for, for what comes behind; not imported for a Dockerfile."""
    if _any(facts, InstalledPackage):
        from scanner.derive import recorded

        yield from recorded.derive(facts, today)


DERIVERS: tuple[Deriver, ...] = (
    _installed,
    _held,
    _models,
    end_of_life.derive,
    impostors.derive,
    ai_servers.derive,
    _recorded,
    cuda.derive,
    twice.derive,
    telemetry.derive,
    artifacts.derive,
    provenance.derive,
    combinations.derive,
)
"""In order: each is also given what those before it concluded."""
