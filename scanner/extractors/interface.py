"""What an extractor is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Protocol, runtime_checkable

from scanner.model.facts.base import Fact
from scanner.model.finding import Problem
from scanner.model.location import Layer
from scanner.model.target import Item, Part


class Extractor(Protocol):
    """Looks at one kind of item and states what it says."""

    @property
    def of(self) -> tuple[type[Item], ...]:
        """The kinds of item that it may want."""

    def wants(self, item: Item, /) -> bool:
        """Whether to extract from it: asked for every item of these kinds, looks at path and size, never reads."""

    def extract(self, item: Item, /) -> Iterator[Fact]:
        """The facts. Raises ValueError for content that cannot be read; it becomes a problem."""


@runtime_checkable
class Sniffer(Extractor, Protocol):
    """One that nearly all files that it wants say no to with their first bytes."""

    def begins(self, path: str, size: int, head: bytes, /) -> bool:
        """Whether it may extract something from a file of a layer that begins so; 4 kB are enough of it."""


class Searcher(Protocol):
    """Looks at the text of nearly all files of layers, and of those of a build context that ship."""

    @property
    def skips(self) -> Callable[[bytes, bytes], bool]:
        """Whether to leave a file out, by its path and the last part of it."""

    def version(self) -> str:
        """Changes with what its facts depend on besides its source."""

    def search(self, part: Part, layer: Layer | None, /) -> Iterable[Fact | Problem]:
        """What a part of a file says, in a layer or in none. Most say nothing, so it is quick."""
