"""What an extractor is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple, Protocol, runtime_checkable

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


class Told(NamedTuple):
    """By what the path of a file of a layer tells that an extractor may want it: one of these, in any case."""

    ends: frozenset[str] = frozenset()
    """Names, and ends of names; of three letters at least."""
    starts: tuple[str, ...] = ()
    """How names begin, as written."""
    within: tuple[str, ...] = ()
    """What is in the path of the folder, which begins and ends with a slash, as written."""


@runtime_checkable
class ByPath(Extractor, Protocol):
    """One that is not asked about a file of a layer unless its path tells; most are told so without asking anybody."""

    @property
    def told(self) -> Told:
        """Wider than what it wants."""


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

    def quiet(self, path: str, data: bytes, /) -> bool:
        """Whether a text of a layer says nothing, as most do; False where that takes more than a glance."""

    def search(self, part: Part, layer: Layer | None, /) -> Iterable[Fact | Problem]:
        """What a part of a file says, in a layer or in none. Most say nothing, so it is quick."""
