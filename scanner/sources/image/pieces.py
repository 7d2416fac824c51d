"""Pieces of a layer that are read apart from each other, so that several processes can have a part of the same one."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import ItemsView, Iterable, Sequence
from typing import NamedTuple

from scanner.model.facts import StartFile
from scanner.sources.image.gather import MAX_ENTRIES, MAX_STARTS, MAX_STARTS_SIZE, Found, kept_size
from scanner.sources.image.merge import Names
from scanner.sources.image.read import MAX_LINKS, Read


class Piece(NamedTuple):
    """Of a layer, by its number, the members from one byte of its tar on up to another; all of it unless said."""

    layer: int
    start: int = 0
    stop: int = sys.maxsize


class Parts:
    """What was read of layers, until all pieces of one are there."""

    def __init__(self, pieces: Iterable[Piece]) -> None:
        self._reads: dict[int, dict[Piece, Read | None]] = {}
        for piece in pieces:
            self._reads.setdefault(piece.layer, {})[piece] = None

    def with_one(self, piece: Piece, read: Read) -> list[Read]:
        """All of the layer, in order, if that was the last piece; else nothing."""
        reads = self._reads[piece.layer]
        reads[piece] = read
        there = [each for each in (reads[piece] for piece in sorted(reads)) if each is not None]
        return there if len(there) == len(reads) else []

    def anew(self, layer: int) -> Piece:
        """What to read of a layer whose pieces do not fit."""
        whole = Piece(layer)
        self._reads[layer] = {whole: None}
        return whole


def joined(reads: Sequence[Read]) -> Read | None:
    """What was read in pieces, all of them in order, as if it had been read at once.

    None where that is not sure: a piece has a problem, such as that the next does not begin where it ends; all together
    exceed a limit; a file comes again in a later piece, or twice, and a hard link stands for it.
    """
    found: list[Found] = []
    names, entries = Names(), 0
    for read in reads:
        if _come_again(found, read):
            return None
        found += (one.replace(place=one.place + entries) for one in read.found)
        names.add_all(read.names)
        entries += read.entries
    links = [path for read in reads for path in read.links]
    starts = [fact for one in found for fact in one.facts if isinstance(fact, StartFile)]
    if (
        any(read.problems for read in reads)
        or entries > MAX_ENTRIES
        or len(links) > MAX_LINKS
        or _comes_twice(links, names)
        or len(starts) > MAX_STARTS
        or sum(map(kept_size, starts)) > MAX_STARTS_SIZE
    ):
        return None
    return reads[0].replace(
        found=found,
        names=names,
        entries=entries,
        size=sum(read.size for read in reads),
        counted=sum(read.counted for read in reads),
        folders=frozenset(),
        links=(),
    )


def _come_again(found: Iterable[Found], later: Read) -> bool:
    """Whether one of these files is in a later piece too, as a file, a folder or a whiteout."""
    paths = [one.at.path.encode("utf-8", "surrogateescape") for one in found]
    return not later.folders.isdisjoint(paths) or any(
        not later.names.within(folder).isdisjoint(listed) for folder, listed in _by_folder(paths)
    )


def _comes_twice(paths: Iterable[bytes], names: Names) -> bool:
    """Whether there are several files of one of these paths."""
    for folder, listed in _by_folder(paths):
        times = Counter(names.listed(folder))
        if any(times[name] > 1 for name in listed):
            return True
    return False


def _by_folder(paths: Iterable[bytes]) -> ItemsView[bytes, set[bytes]]:
    """The names in each folder, since looking through one takes as long for one name as for all."""
    folders: dict[bytes, set[bytes]] = {}
    for path in paths:
        folder, _, name = path.rpartition(b"/")
        folders.setdefault(folder, set()).add(name)
    return folders.items()
