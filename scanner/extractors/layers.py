"""Files of an image's layers, which are there only while they go by."""

from __future__ import annotations

import stat
import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import reduce
from operator import or_
from typing import TypeVar

from scanner import code
from scanner.extractors.interface import ByContent, Extractor, Searcher, Selective, Sniffer, Told, packaged
from scanner.model.facts.base import Fact
from scanner.model.finding import Problem
from scanner.model.location import Layer, Location, Text
from scanner.model.target import File, Folder, Item, Part

_SOME = Layer(0, "")
TAIL = 3
"""Letters at the end of a path by which most files are told to be nobody's."""
_LIKELY = 1 << 20
"""Bytes that a hard link is taken for until its file is known: no extractor finds them too few or too many."""

_First = TypeVar("_First")
_Second = TypeVar("_Second")
_Ends = str | tuple[str, ...]
_Asked = tuple[str, Callable[[Item], bool], _Ends]
"""An extractor by its name, what it is asked by, and the ends of paths of which it is."""

_put_path = vars(Location)["path"].__set__
_put_size, _put_mode, _put_link, _put_hard_link = (
    vars(File)[field].__set__ for field in ("size", "mode", "link", "hard_link")
)


class Look:
    """What extractors of files look for, each under its name."""

    def __init__(self, extractors: Iterable[Extractor], searchers: Iterable[Searcher] = ()) -> None:
        self._extractors = {_name(extractor): extractor for extractor in extractors}
        self._everyone: Sequence[_Asked] = tuple((name, each.wants, "") for name, each in self._extractors.items())
        selective = {name: each for name, each in self._extractors.items() if isinstance(each, Selective)}
        by_content = {name: each for name, each in selective.items() if isinstance(each, ByContent)}
        told = {name: each.told for name, each in selective.items()}
        self._starts = tuple(dict.fromkeys(start for each in told.values() for start in each.starts))
        self._within = tuple(dict.fromkeys(part for each in told.values() for part in each.within))
        self._modes = reduce(or_, (each.modes for each in told.values()), 0)
        self._size = min((each.size for each in told.values()), default=sys.maxsize)
        others = self._extractors.keys() - selective
        self._tails = {
            where: (self._by_tail(told, others.union(by_content), where), self._by_tail(told, others, where))
            for where in (False, True)
        }
        """By whether a folder is packaged: whom the ends of paths tell to be asked of what is not dull, and is."""
        self.dull = _agreed([each.dull for each in by_content.values()])
        """Whether a regular file that begins so is nobody's unless it tells otherwise."""
        self._folder, self._tells, self._linked = "", False, False
        self._here = self._tails[False]
        place = Location("", None, _SOME)
        self._file = File(at=place, size=0, read=_nothing, part=_no_part, text=_no_text)
        """Filled in anew for each name: making one takes longer than asking every extractor about it."""
        self._searchers = {_name(searcher): searcher for searcher in searchers}
        self.quiet = _agreed([each.quiet for each in self._searchers.values()])
        """Whether a text says nothing to those who search, which shows at a glance for most."""
        self._of_folders = tuple(name for name, each in self._extractors.items() if Folder in each.of)
        self._begins = {name: each.begins for name, each in self._extractors.items() if isinstance(each, Sniffer)}

    def versions(self) -> dict[str, str]:
        """A text for each extractor, which changes with its source and all that this imports."""
        stamps = {name: code.stamp(type(each).__module__, __name__) for name, each in self._extractors.items()}
        for name, searcher in self._searchers.items():
            stamps[name] = f"{code.stamp(type(searcher).__module__, __name__)} {searcher.version()}"
        return stamps

    def only(self, names: Collection[str]) -> Look:
        """Some of them."""
        return Look(
            (each for name, each in self._extractors.items() if name in names),
            (each for name, each in self._searchers.items() if name in names),
        )

    @property
    def skips(self) -> Callable[[bytes, bytes], bool] | None:
        """Whether a file is not searched, by its path and the last part of it; None when none is."""
        return _agreed([searcher.skips for searcher in self._searchers.values()]) if self._searchers else None

    def search(self, part: Part, layer: Layer) -> Iterator[tuple[str, Fact | Problem]]:
        """What a part of a file says, and who says it."""
        for name, searcher in self._searchers.items():
            for said in searcher.search(part, layer):
                yield name, said

    def wants(self, path: str, size: int | None, mode: int, *, dull: bool = False) -> tuple[str, ...]:
        """Who wants a file or folder, by its path, size (None: a hard link), mode with its type, and how it begins."""
        kind = mode & 0o170000
        lower = ""
        if kind == stat.S_IFREG and size is not None:
            slash = path.rfind("/") + 1
            if path[:slash] != self._folder:  # files come folder by folder
                self._folder = path[:slash]
                self._tells = any(part in f"/{self._folder}" for part in self._within)
                self._here = self._tails[packaged(self._folder)]
            if self._tells or size >= self._size or mode & self._modes or path.startswith(self._starts, slash):
                asked = self._everyone
            else:
                tails = self._here[dull]
                ends, asked = tails.get(path[-TAIL:].lower()) or tails[""]
                if not asked:
                    return ()
                lower = path.lower()
                if not lower.endswith(ends):
                    return ()
        elif kind == stat.S_IFDIR:
            folder = Folder(at=Location(path, None, _SOME), mode=stat.S_IMODE(mode))
            return tuple(name for name in self._of_folders if self._extractors[name].wants(folder))
        else:
            asked = self._everyone
        file = self._file
        _put_path(file.at, path)
        _put_size(file, _LIKELY if size is None else size)
        _put_mode(file, mode & 0o7777)
        linked = size is None or kind == stat.S_IFLNK
        if linked or self._linked:
            _put_link(file, "" if kind == stat.S_IFLNK else None)
            _put_hard_link(file, size is None)
            self._linked = linked
        found: tuple[str, ...] = ()
        for name, wants, end in asked:
            if lower.endswith(end) and wants(file):
                found += (name,)
        return found

    def _by_tail(
        self, told: Mapping[str, Told], always: Collection[str], where: bool
    ) -> Mapping[str, tuple[_Ends, Sequence[_Asked]]]:
        """By the last letters of a path, who is asked and of which ends; by "", who is asked of every other path."""
        tails: dict[str, dict[str, tuple[str, ...]]] = {"": {}}
        for name, each in told.items():
            for end in () if where and each.apart else each.ends:
                ends = tails.setdefault(end[-TAIL:].lower(), {})
                ends[name] = (*ends.get(name, ()), end.lower())

        def asked(ends: Mapping[str, tuple[str, ...]]) -> tuple[_Ends, Sequence[_Asked]]:
            listed = tuple(
                (name, wants, "" if name in always else ends[name])
                for name, wants, _ in self._everyone
                if name in always or name in ends
            )
            return "" if always else tuple(end for each in ends.values() for end in each), listed

        return {tail: asked(ends) for tail, ends in tails.items()}

    def likely(self, names: Sequence[str], path: str, size: int, head: bytes) -> Sequence[str]:
        """Those to whom the first bytes of the file do not say no."""
        begins = self._begins
        return [name for name in names if name not in begins or begins[name](path, size, head)]

    def extract(self, file: File | Folder, names: Sequence[str]) -> Iterator[tuple[str, Fact | Problem]]:
        """What it says to those who want it, and what could not be read of it, with the name of who says so."""
        for name in names:
            extractor = self._extractors[name]
            try:
                for fact in extractor.extract(file):
                    yield name, fact
            except (ValueError, OSError, RecursionError) as error:
                yield name, Problem(at=file.at, reason=f"{type(extractor).__name__}: {error}")


def _agreed(checks: Sequence[Callable[[_First, _Second], bool]]) -> Callable[[_First, _Second], bool]:
    """Whether all of them say so; one alone is called without a detour, for every file."""
    return checks[0] if len(checks) == 1 else lambda first, second: all(check(first, second) for check in checks)


def _name(extractor: Extractor | Searcher) -> str:
    """``installed.Programs``."""
    kind = type(extractor)
    return f"{kind.__module__.removeprefix('scanner.extractors.')}.{kind.__qualname__}"


def _nothing() -> bytes:
    return b""


def _no_part(start: int, size: int) -> bytes:
    return b""


def _no_text() -> Text:
    return Text(path="", value="")
