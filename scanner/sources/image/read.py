"""One layer, from its first byte to its last."""

from __future__ import annotations

import stat
from collections.abc import Callable, Iterable, Iterator
from hashlib import new
from typing import BinaryIO

from scanner.errors import TargetError
from scanner.model.facts.base import Fact
from scanner.model.finding import Problem
from scanner.model.location import Evidence, Layer, Location
from scanner.model.record import Record
from scanner.model.target import File
from scanner.parsers import tar
from scanner.sources.image.content import Content
from scanner.sources.image.decompress import Inflated, Stored, form_of
from scanner.sources.image.image import Blob
from scanner.sources.image.merge import AUFS, OPAQUE, WHITEOUT, Names, leaves_root, path_of
from scanner.sources.image.verified import is_digest
from scanner.sources.image.window import Forward, Seeking

MAX_ENTRIES = 10_000_000
"""Members of one layer that are looked at."""
MAX_LINKS = 100_000
"""Hard links of one layer whose files are looked up."""
MAX_KEPT = 16 << 20
"""Bytes of files that were read and are kept, lest a hard link to one costs a second pass."""
MAX_PROBLEMS = 1_000
"""Problems of one layer that are listed."""

Wants = Callable[[str, int | None, int], bool]
"""Whether to extract from a file, by its path, size and mode (with its type, as ``st_mode`` has it).

Called for every regular file and, with size 0, for every symbolic link. The size is None for a hard link: if it is
wanted, the file it stands for is looked up and asked for again, under the link's path and with its size.
"""
Extract = Callable[[File], Iterable[Fact | Problem]]
"""What a file says, and what could not be read of it."""


class Found(Record):
    """A file that has something to say, and what became of it."""

    at: Location
    facts: tuple[Fact, ...]
    removed_by: Layer | None = None
    """The layer that removes or replaces it, perhaps its own; None for a file of the finished image."""

    def stated(self) -> Iterator[Fact]:
        """Its facts; those of a file that is not in the finished image do not ship, and name the layer that took it."""
        if self.removed_by is None:
            yield from self.facts
            return
        gone = Evidence(Location(self.at.path, None, self.removed_by), note="removed or replaced here")
        for fact in self.facts:
            yield fact.replace(ships=False, evidence=(*fact.evidence, gone))


class Read(Record):
    """What one layer holds."""

    found: list[Found]
    names: Names
    problems: list[Problem]
    entries: int
    """Members of its archive."""


def read_layer(blob: Blob, layer: Layer, name: str, wants: Wants, extract: Extract, *, verify: bool) -> Read:
    """Open a layer of the image ``name``, and extract from the files that are wanted.

    Its tar is held to ``diff_id``; what is stored is held to ``digest`` by the opener already. Whatever is wrong with
    it becomes a problem, and what can be read all the same is.
    """
    reader = _Reader(blob, layer, name, wants, extract)
    try:
        reader.read(verify=verify)
    except TargetError as error:
        reader.tell(name, str(error), error.hint)
    except (ValueError, OSError) as error:
        reader.tell(name, str(error))
    names = reader.names if layer.index else Names()  # there is nothing below the lowest that they could hide
    return Read(found=reader.found, names=names, problems=reader.problems, entries=reader.entries)


class _Reader:
    def __init__(self, blob: Blob, layer: Layer, name: str, wants: Wants, extract: Extract) -> None:
        self._blob, self._layer, self._name, self._wants, self._extract = blob, layer, name, wants, extract
        self.found: list[Found] = []
        self.names = Names()
        self.problems: list[Problem] = []
        self.entries = 0
        self._places: dict[bytes, int | bytes] = {}
        """Paths that are wanted: where in ``found`` they are, or what they are hard links to."""
        self._kept: dict[bytes, tuple[tar.Entry, bytes]] = {}
        self._room = MAX_KEPT
        self._links = 0

    def read(self, *, verify: bool) -> None:
        blob = self._blob
        if blob.media_type.endswith("+encrypted"):
            raise TargetError("the layer is encrypted", hint="Decrypt the image first (skopeo copy --decryption-key).")
        with self._open() as raw:
            stored = Stored(raw)
            form = form_of(stored.peek(tar.BLOCK))
            hashed = new(blob.diff_id.partition(":")[0]) if verify and is_digest(blob.diff_id) else None
            if form == "tar" and hashed is None and raw.seekable():
                self._walk(Seeking(raw), form)
            else:
                source = Forward(Inflated(stored, form, hashed))
                self._walk(source, form)
                if verify:
                    source.drain()
                    stored.drain()
            if hashed is not None and (digest := f"{hashed.name}:{hashed.hexdigest()}") != blob.diff_id:
                self.tell(
                    self._name,
                    f"what is in the layer is {digest}, the image's config says {blob.diff_id}",
                    "It was damaged or changed after the image was made; fetch the image anew.",
                )
        links: dict[bytes, list[bytes]] = {}
        for path, target in self._places.items():
            if isinstance(target, bytes):
                links.setdefault(target, []).append(path)
        for target in [target for target in links if target in self._kept]:
            entry, whole = self._kept[target]
            self._take_links(links.pop(target), entry, tar.Buffer(whole))
        if links:
            self._follow(links)

    def tell(self, path: str, reason: str, remedy: str = "") -> None:
        """Add a problem."""
        if len(self.problems) == MAX_PROBLEMS:
            path, remedy = self._name, ""
            reason = f"more than {MAX_PROBLEMS:,} problems in this layer; the others are not listed"
        if len(self.problems) <= MAX_PROBLEMS:
            self.problems.append(Problem(at=Location(path, None, self._layer), reason=reason, remedy=remedy))

    def _open(self) -> BinaryIO:
        try:
            return self._blob.open()
        except TargetError as error:
            if "foreign" in self._blob.media_type or "nondistributable" in self._blob.media_type:
                raise TargetError(
                    f"a foreign layer, which the image only points at: {error}", hint="Scan the image it belongs to."
                ) from error
            raise

    def _walk(self, source: tar.Source, form: str) -> None:
        flaws: list[tar.Flaw] = []
        try:
            for entry in tar.walk(source, flaws):
                if self.entries == MAX_ENTRIES:
                    raise ValueError(f"more than {MAX_ENTRIES:,} files in the layer; the rest was not looked at")
                self.entries += 1
                self._member(entry, source)
        finally:
            for offset, reason in flaws:
                # What a cut-off zstd stream lacks shows only here; tar files of some makers never have the mark.
                if reason != tar.NO_END or form == "zstd":
                    self.tell(self._name, f"{reason} (at byte {offset:,} of the tar)")

    def _member(self, entry: tar.Entry, source: tar.Source) -> None:
        name, kind = entry[0], entry[1]
        path = path_of(name)
        if path is not name and b".." in name and leaves_root(name):
            self.tell(_text(path), f"its name leaves the image: {_text(name)}")
        folder, _, base = path.rpartition(b"/")
        if base[:4] == WHITEOUT or path[:8] == AUFS:
            self._whiteout(path, folder, base)
            return
        if path in self._places:
            self._replaced(path)
        if kind == tar.FOLDER:
            self.names.add_folder(path)
            return
        self.names.add(folder, base)
        if kind == tar.REGULAR:
            if self._wants(path.decode("utf-8", "surrogateescape"), entry[2], entry[3] | stat.S_IFREG):
                self._take(path, entry, source)
        elif kind == tar.SYMLINK:
            if self._wants(_text(path), 0, entry.mode | stat.S_IFLNK):
                self._take(path, entry, source)
        elif kind == tar.HARD_LINK and self._wants(_text(path), None, entry.mode | stat.S_IFREG):
            self._links += 1
            if self._links <= MAX_LINKS:
                self._places[path] = path_of(entry.link)
            else:
                self.tell(_text(path), f"more than {MAX_LINKS:,} hard links in the layer; this one was not looked at")

    def _whiteout(self, path: bytes, folder: bytes, base: bytes) -> None:
        if base == OPAQUE:
            self.names.add_opaque(folder)
        elif path[:8] == AUFS:
            return
        elif base[4:] in (b"", b".", b".."):
            self.tell(_text(path), "a whiteout that names no file")
        else:
            self.names.add(folder, base[4:])

    def _take(self, path: bytes, entry: tar.Entry, source: tar.Source) -> None:
        content = Content(entry, source, _text(path), self._layer)
        file = content.file()
        facts: list[Fact] = []
        try:
            for said in self._extract(file):
                if isinstance(said, Fact):
                    facts.append(said)
                else:
                    self.tell(file.at.path, said.reason, said.remedy)
        except (ValueError, OSError, RecursionError) as error:
            self.tell(file.at.path, str(error))
        if facts:
            for fact in facts:
                for evidence in fact.evidence:
                    evidence.release()
            self._places[path] = len(self.found)
            self.found.append(Found(at=file.at, facts=tuple(facts)))
        whole = content.whole
        if whole is not None and entry.type == tar.REGULAR and len(whole) <= self._room:
            self._room -= len(whole)
            self._kept[path] = entry._replace(offset=0), whole

    def _replaced(self, path: bytes) -> None:
        place = self._places.pop(path)
        if isinstance(place, int):
            self.found[place] = self.found[place].replace(removed_by=self._layer)

    def _take_links(self, links: Iterable[bytes], entry: tar.Entry, source: tar.Source) -> None:
        for link in links:
            if self._wants(_text(link), entry.size, entry.mode | stat.S_IFREG):
                self._take(link, entry, source)

    def _follow(self, links: dict[bytes, list[bytes]]) -> None:
        """Read the files that hard links stand for: their bytes went by before anybody knew of the link."""
        with self._open() as raw:
            stored = Stored(raw)
            form = form_of(stored.peek(tar.BLOCK))
            seek = form == "tar" and raw.seekable()
            source = Seeking(raw) if seek else Forward(Inflated(stored, form))
            for entry in tar.walk(source, []):
                if entry.type == tar.REGULAR:
                    self._take_links(links.pop(path_of(entry.name), ()), entry, source)
                    if not links:
                        return
        for target, paths in links.items():
            for path in paths:
                self.tell(_text(path), f"a hard link to {_text(target)}, no file of its layer; it was not read")


def _text(path: bytes) -> str:
    return path.decode("utf-8", "surrogateescape")
