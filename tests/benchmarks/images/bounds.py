"""What is to be reached, all of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import product
from typing import NamedTuple

from tests.benchmarks.images.make import FORMS, SIZES
from tests.benchmarks.images.measured import Used

INVENTORY, PLAIN, DIGESTS, CACHED = (
    f"hullcheck, {what}" for what in ("inventory", "no digests", "digests", "from the cache")
)
INFLATE = {"gzip": "igzip -dc", "zstd": "zstd -dc"}
HASH = "openssl sha256"

Key = tuple[str, str, str]
"""Image, form and what was run."""


class Bound(NamedTuple):
    """Each of ``ours`` may take ``most`` of a measure; if ``than`` says one for each, that many times what it takes."""

    says: str
    ours: tuple[Key, ...]
    measure: str
    most: float
    than: tuple[Key, ...] = ()

    def worst(self, measured: Mapping[Key, Used]) -> tuple[float, Key] | None:
        """The worst there is, in the unit of ``most``, and whose it is; None when nothing of it was measured."""
        values = []
        for ours, than in zip(self.ours, self.than or (None,) * len(self.ours), strict=True):
            value = _value(measured, ours, self.measure)
            base = 1.0 if than is None else _value(measured, than, self.measure)
            if value is not None and base:
                values.append((value / base, ours))
        return max(values, default=None)


def _value(measured: Mapping[Key, Used], key: Key, measure: str) -> float | None:
    used = measured.get(key)
    return None if used is None or used.status else float(getattr(used, measure))


def _all(images: Iterable[str], forms: Iterable[str], what: Iterable[str]) -> tuple[Key, ...]:
    return tuple(product(images, forms, what))


_EVERY = _all(SIZES, FORMS, (PLAIN, DIGESTS, CACHED))
_MIDDLE = _all(["3.8"], ["docker"], [INVENTORY])
"""Without what looks into models and for credentials, as the other scanners are run."""
_LARGE = ("3.8", "12")
"""Images whose bytes are most of the work; in a small one, a hundred thousand small files and the start are."""
_TINY = _all(["3M"], ["docker"], (PLAIN, DIGESTS))

BOUNDS = (
    Bound(
        "docker save, inventory: Trivy takes 10 times as long",
        _MIDDLE,
        "wall",
        1 / 10,
        _all(["3.8"], ["docker"], ["trivy"]),
    ),
    Bound(
        "docker save, inventory: syft takes 25 times as long",
        _MIDDLE,
        "wall",
        1 / 25,
        _all(["3.8"], ["docker"], ["syft"]),
    ),
    Bound(
        "docker save with digests: 1.3 times openssl",
        _all(_LARGE, ["docker"], [DIGESTS]),
        "wall",
        1.3,
        _all(_LARGE, ["docker"], [HASH]),
    ),
    *(
        Bound(
            f"{form}: not slower than {peer}", _all(_LARGE, [form], [PLAIN]), "wall", 1.0, _all(_LARGE, [form], [peer])
        )
        for form, peer in INFLATE.items()
    ),
    Bound("memory: 150 MB a process", _EVERY, "process", 150),
    Bound(
        "memory: the same for 12 GB as for 0.7",
        tuple(key for key in _EVERY if key[0] == "12"),
        "process",
        1.2,  # a few MB depend on which layers a process happens to read
        tuple(key for key in _EVERY if key[0] == "0.7"),
    ),
    Bound("no temporary files", (*_EVERY, *_TINY), "disk", 0),
    Bound("from the cache: a second", _all(SIZES, FORMS, [CACHED]), "wall", 1.0),
    Bound("3 million files: 600 MB a process", _TINY, "process", 600),
    Bound(
        "3 million files: 3 times the CPU of 1 million", _TINY, "cpu", 3.15, _all(["1M"], ["docker"], (PLAIN, DIGESTS))
    ),
)
