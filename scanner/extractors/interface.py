"""What an extractor is."""

from __future__ import annotations

import sys
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
    """By what a regular file of a layer tells that an extractor may want it: one of these."""

    ends: frozenset[str] = frozenset()
    """Names, and ends of paths, in any case; of three letters at least."""
    starts: tuple[str, ...] = ()
    """How names begin, as written."""
    within: tuple[str, ...] = ()
    """What is in the path of the folder, which begins and ends with a slash, as written."""
    modes: int = 0
    """Bits of the mode."""
    size: int = sys.maxsize
    """Bytes that a file has at least which is told by nothing else."""
    apart: bool = False
    """The end of a path tells nothing where it is ``packaged``."""


_PACKAGED = ("usr/lib/", "usr/share/", "usr/include/", "var/lib/dpkg/")


def packaged(path: str) -> bool:
    """Whether a path of a layer, or a folder with its slash, is plainly where package managers put files; most are."""
    return path.startswith(_PACKAGED) or "site-packages/" in path


@runtime_checkable
class Selective(Extractor, Protocol):
    """One that is only asked about a regular file of a layer that tells: most are nobody's without asking anybody."""

    @property
    def told(self) -> Told:
        """Wider than what it wants."""


@runtime_checkable
class ByContent(Selective, Protocol):
    """One that is asked as well about those that do not tell, unless they begin with what says no."""

    @property
    def dull(self) -> Callable[[bytes, int], bool]:
        """Whether it surely extracts nothing from a file that begins so, of that size, and does not tell; quick."""


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
