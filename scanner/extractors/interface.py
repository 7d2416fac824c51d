"""What an extractor is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from scanner.model.facts.base import Fact
from scanner.model.target import Item


class Extractor(Protocol):
    """Looks at one kind of item and states what it says."""

    @property
    def of(self) -> tuple[type[Item], ...]:
        """The kinds of item that it may want."""

    def wants(self, item: Item, /) -> bool:
        """Whether to extract from it: asked for every item of these kinds, looks at path and size, never reads."""

    def extract(self, item: Item, /) -> Iterator[Fact]:
        """The facts. Raises ValueError for content that cannot be read; it becomes a problem."""
