"""What is installed in an image: a record for each file of a layer that says something about a package.

``wants`` is asked for every file of every layer, so which files those are is told by their paths alone
(``parsers/packages/places.py``); what reads them is only imported for the first one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from typing import TYPE_CHECKING

from scanner.extractors.interface import Extractor, Told
from scanner.model.facts.base import Fact
from scanner.model.target import File, Item

if TYPE_CHECKING:
    from scanner.parsers.packages.places import Place


@cache
def _places() -> Callable[[str], Place | None]:
    """What a path records; only imported for the first file of a layer."""
    from scanner.parsers.packages.places import place

    return place


class Installed:
    """Records of packages, the operating system, and the libraries of GPUs."""

    of = (File,)

    @property
    def told(self) -> Told:
        """What records are called."""
        from scanner.parsers.packages import places

        return Told(places.ENDS, places.STARTS, places.WITHIN)

    def wants(self, item: Item) -> bool:
        """Files that package managers leave behind; in layers only, since a build context is not installed."""
        if not isinstance(item, File) or item.at.layer is None or item.link is not None:
            return False
        return _places()(item.at.path) is not None

    def extract(self, item: Item) -> Iterator[Fact]:
        """The facts. Raises ValueError for a record that is broken, after the facts of what could be read."""
        from scanner.extractors.installed.readers import READERS

        assert isinstance(item, File)
        place = _places()(item.at.path)
        assert place is not None
        yield from READERS[place.reader](item, place.location)


class Programs:
    """The modules of programs that Go made."""

    LARGEST = 1 << 30
    """Bytes of the largest program that is looked at."""
    SMALLEST = 300_000
    """Bytes; Go links no smaller ones."""

    of = (File,)
    told = Told(size=SMALLEST)

    def wants(self, item: Item) -> bool:
        """Executables wherever they are, under their own name; libraries, which there are many of, are none."""
        if not isinstance(item, File) or not self.SMALLEST <= item.size <= self.LARGEST or item.at.layer is None:
            return False
        if not item.mode & 0o111 or item.link is not None or item.hard_link:
            return False
        return ".so" not in item.at.path.rpartition("/")[2]

    def extract(self, item: Item) -> Iterator[Fact]:
        """A record for each module; nothing for other programs."""
        from scanner.extractors.installed.readers import program

        assert isinstance(item, File)
        yield from program(item)


EXTRACTORS: tuple[Extractor, ...] = (Installed(), Programs())
