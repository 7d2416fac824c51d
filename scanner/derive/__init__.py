"""Facts that follow from other facts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from scanner.derive import cuda, end_of_life, gpu, impostors, inventory, telemetry, twice
from scanner.model.facts.base import Fact

Deriver = Callable[[Sequence[Fact], str], Iterator[Fact]]
"""Concludes facts from all that the extractors found; the second argument is today as ``YYYY-MM-DD``."""

DERIVERS: tuple[Deriver, ...] = (
    inventory.derive,
    gpu.derive,
    end_of_life.derive,
    cuda.derive,
    twice.derive,
    telemetry.derive,
    impostors.derive,
)
"""In order: each is also given what those before it concluded."""
