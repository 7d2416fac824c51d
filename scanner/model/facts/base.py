"""What all facts have."""

from __future__ import annotations

from typing import Any, ClassVar

from scanner.model.location import Evidence
from scanner.model.record import Record

KINDS: dict[str, type[Fact]] = {}
"""Every kind of fact by name; filled as the classes are defined."""


class Fact(Record):
    """Something known about a target. A field that may be unknown is ``X | None``."""

    kind: ClassVar[str] = ""
    identity: ClassVar[tuple[str, ...]] = ()
    """The fields that tell this fact from its siblings across runs (for fingerprints)."""

    evidence: tuple[Evidence, ...]
    """Never empty; the first is where a report points."""
    ships: bool = True
    """It is so in the image that ships, not only in a stage that is left behind."""

    def __init_subclass__(cls, **options: Any) -> None:
        KINDS[cls.kind] = cls
