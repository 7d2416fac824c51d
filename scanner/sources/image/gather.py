"""What is found in one layer while it is read: in its archive, or in a folder that holds what it was unpacked to."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Protocol

from scanner.model.facts import StartFile
from scanner.model.facts.base import Fact
from scanner.model.finding import Problem
from scanner.model.location import Evidence, Layer, Location
from scanner.model.record import Record
from scanner.model.target import File, Folder, Part
from scanner.sources.search import At, kind_of, parts

MAX_ENTRIES = 10_000_000
"""Files of one layer that are looked at."""
MAX_PROBLEMS = 1_000
"""Problems of one layer that are listed."""
MAX_STARTS, MAX_STARTS_SIZE = 2_000, 16 << 20
"""Texts of one layer that are kept since the image may start or be set up by them, and their characters."""
MAX_STARTS_KNOWN = 20_000
"""Those of which it is known that they are there, without their text."""

Counted = Callable[[str], bool]
"""Whether to count a file, by its path."""


class Look(Protocol):
    """What is looked for in the files of layers; several extractors, each with a name."""

    def versions(self) -> Mapping[str, str]:
        """Their names in order, each with a text that changes when the extractor does. Raises OSError."""

    def only(self, names: Collection[str]) -> Look:
        """Some of them."""

    def dull(self, head: bytes, size: int) -> bool:
        """Whether a regular file that begins so is wanted by nobody who does not go by its name; quick."""

    def wants(self, path: str, size: int | None, mode: int, *, dull: bool = False) -> Sequence[str]:
        """The names of who wants a file, by its path, size and mode (with its type, as ``st_mode`` has it).

        Called for every regular file and, with size 0, for every symbolic link and every folder that everyone may write
        to; cheap, reads nothing. The size is None for a hard link: if it is wanted, the file it stands for is looked up
        and asked for again, under the link's path and with its size. ``dull``: how the file begins is known, and is so.
        """

    @property
    def skips(self) -> Callable[[bytes, bytes], bool] | None:
        """Whether a regular file is not searched as text, by its path and the last part of it; None when none is."""

    def quiet(self, path: str, data: bytes) -> bool:
        """Whether a text, which is all there is in a file, surely says nothing; quick."""

    def search(self, part: Part, layer: Layer) -> Iterable[tuple[str, Fact | Problem]]:
        """What a part of a file says, with the name of who says it."""

    def likely(self, names: Sequence[str], path: str, size: int, head: bytes) -> Sequence[str]:
        """Those of them to whom the first bytes of a file (``search.FIRST`` will do) do not say no."""

    def extract(self, file: File | Folder, names: Sequence[str]) -> Iterable[tuple[str, Fact | Problem]]:
        """What a file says to those who want it, and what could not be read of it, each with the name of the extractor.

        It may read the file while its bytes go by, not later. What it raises (ValueError, OSError) becomes a problem of
        that file, and what it said before counts.
        """


class Found(Record):
    """A file that has something to say, and what became of it."""

    at: Location
    place: int
    """Its number among the members of its layer's archive."""
    facts: tuple[Fact, ...]
    by: tuple[str, ...]
    """The extractor of each fact."""
    removed_by: Layer | None = None
    """The layer that removes or replaces it, perhaps its own; None for a file of the finished image."""

    def stated(self) -> Iterator[Fact]:
        """Its facts; those of a file that is not in the finished image do not ship, and name the layer that took it."""
        facts = (fact for fact in self.facts if not isinstance(fact, StartFile))
        if self.removed_by is None:
            yield from facts
            return
        gone = Evidence(Location(self.at.path, None, self.removed_by), note="removed or replaced here")
        for fact in facts:
            yield fact.replace(ships=False, evidence=(*fact.evidence, gone))


def kept_size(start: StartFile) -> int:
    """Characters of it that are kept."""
    return len(start.text or start.link or "")


class Gathering:
    """Takes files as they come. ``found``, ``problems`` and the number of ``entries`` are the outcome."""

    def __init__(self, layer: Layer, name: str, look: Look) -> None:
        self._layer, self._name, self._look = layer, name, look
        self.found: list[Found] = []
        self.problems: list[Problem] = []
        self.entries = 0
        self._skips = look.skips
        self._starts = self._starts_size = 0

    def tell(self, path: str, reason: str, remedy: str = "") -> None:
        """Add a problem."""
        if len(self.problems) == MAX_PROBLEMS:
            path, remedy = self._name, ""
            reason = f"more than {MAX_PROBLEMS:,} problems in this layer; the others are not listed"
        if len(self.problems) <= MAX_PROBLEMS:
            self.problems.append(Problem(at=Location(path, None, self._layer), reason=reason, remedy=remedy))

    def take(self, file: File | Folder, place: int, names: Sequence[str]) -> bool:
        """Extract from a file, which is there now and not later, for these; whether it had something to say."""
        facts: list[Fact] = []
        by: list[str] = []
        try:
            for name, said in self._look.extract(file, names):
                if isinstance(said, Problem):
                    self.tell(file.at.path, said.reason, said.remedy)
                    continue
                kept = self._limited(said) if isinstance(said, StartFile) else said
                if kept is not None:
                    facts.append(kept)
                    by.append(name)
        except (ValueError, OSError, RecursionError) as error:
            self.tell(file.at.path, str(error))
        for fact in facts:
            for evidence in fact.evidence:
                evidence.release()
        if facts:
            self.found.append(Found(at=file.at, place=place, facts=tuple(facts), by=tuple(by)))
        return bool(facts)

    def _limited(self, start: StartFile) -> StartFile | None:
        """What there is room for of it: all, all but its text, or nothing, which is told once."""
        self._starts += 1
        if self._starts > MAX_STARTS_KNOWN:
            if self._starts == MAX_STARTS_KNOWN + 1:
                reason = f"more than {MAX_STARTS_KNOWN:,} scripts, programs and settings in this layer"
                self.tell(self._name, f"{reason}: what the image starts is not followed into the others")
            return None
        size = self._starts_size + kept_size(start)
        if self._starts > MAX_STARTS or size > MAX_STARTS_SIZE:
            return start.replace(text=None)
        self._starts_size = size
        return start

    def search(self, path: str, place: int, size: int, at: At, offset: int, *, head: bytes) -> None:
        """Search the file that stands there, and begins so, as text."""
        if len(head) == size and kind_of(head, size) == "text" and self._look.quiet(path, head):
            return
        try:
            for part in parts(path, size, head, at, offset):
                for name, said in self._look.search(part, self._layer):
                    if isinstance(said, Problem):
                        self.tell(said.at.path, said.reason, said.remedy)
                    else:
                        self.add(path, place, name, said)
        except (ValueError, OSError) as error:
            self.tell(path, f"not all of it was searched for credentials: {error}")

    def add(self, path: str, place: int, name: str, fact: Fact) -> None:
        """Add what a part of a file says to what else the file does."""
        last = self.found[-1] if self.found else None
        if last is not None and last.place == place:
            self.found[-1] = last.replace(facts=(*last.facts, fact), by=(*last.by, name))
        else:
            at = Location(path, None, self._layer)
            self.found.append(Found(at=at, place=place, facts=(fact,), by=(name,)))
