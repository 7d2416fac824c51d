"""Model files of layers and of build contexts, and those that somebody asks for: recognized by content, never loaded.

Nearly all files are none, and ``wants`` is asked of all of them; what looks inside is only imported for the first one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache

from scanner.extractors.interface import Extractor
from scanner.extractors.model_files.wanted import TOLD, is_wanted
from scanner.model.facts.base import Fact
from scanner.model.target import File, Item


@cache
def _may_be() -> Callable[[str, int, bytes], bool]:
    from scanner.extractors.model_files.look import may_be

    return may_be


class ModelFiles:
    """What model files, and the files beside them, say of themselves, and what loading them would do."""

    of = (File,)
    told = TOLD

    def wants(self, item: Item) -> bool:
        """By path and size."""
        return isinstance(item, File) and is_wanted(item)

    @property
    def dull(self) -> Callable[[bytes, int], bool]:
        """Most texts are."""
        from scanner.parsers.models.texts import is_text

        return is_text

    def begins(self, path: str, size: int, head: bytes) -> bool:
        """By the first bytes, and by names that promise something."""
        return _may_be()(path, size, head)

    def extract(self, item: Item) -> Iterator[Fact]:
        """The facts; none for a file that turns out to be something else."""
        from scanner.extractors.model_files.look import look

        assert isinstance(item, File)
        yield from look(item)


EXTRACTORS: tuple[Extractor, ...] = (ModelFiles(),)
