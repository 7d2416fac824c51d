"""One layer, from its first byte to its last."""

from __future__ import annotations

import stat
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from hashlib import new
from typing import BinaryIO, NamedTuple, Protocol

from scanner.errors import TargetError
from scanner.model.facts.base import Fact
from scanner.model.finding import Problem
from scanner.model.location import Evidence, Layer, Location
from scanner.model.record import Record
from scanner.model.target import File, Folder
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


class Look(Protocol):
    """What is looked for in the files of layers; several extractors, each with a name."""

    def versions(self) -> Mapping[str, str]:
        """Their names in order, each with a text that changes when the extractor does. Raises OSError."""

    def only(self, names: Collection[str]) -> Look:
        """Some of them."""

    def wants(self, path: str, size: int | None, mode: int) -> bool:
        """Whether to extract from a file, by its path, size and mode (with its type, as ``st_mode`` has it).

        Called for every regular file and, with size 0, for every symbolic link and every folder that everyone may write
        to; cheap, reads nothing. The size is None for a hard link: if it is wanted, the file it stands for is looked up
        and asked for again, under the link's path and with its size.
        """

    def extract(self, file: File | Folder) -> Iterable[tuple[str, Fact | Problem]]:
        """What a file says, and what could not be read of it, each with the name of the extractor.

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
        if self.removed_by is None:
            yield from self.facts
            return
        gone = Evidence(Location(self.at.path, None, self.removed_by), note="removed or replaced here")
        for fact in self.facts:
            yield fact.replace(ships=False, evidence=(*fact.evidence, gone))


class _Link(NamedTuple):
    """A hard link, by its number among the members."""

    place: int
    target: bytes


class _Wanted(NamedTuple):
    path: bytes
    place: int


class Read(Record):
    """What one layer holds."""

    found: list[Found]
    """As its archive has them."""
    names: Names
    problems: list[Problem]
    entries: int
    """Members of its archive."""
    sure: bool
    """It was read to its end, is what its ``diff_id`` says, and there were no problems."""


def read_layer(blob: Blob, layer: Layer, name: str, look: Look, *, verify: bool) -> Read:
    """Open a layer of the image ``name``, and extract from the files that are wanted.

    Its tar is held to ``diff_id``; what is stored is held to ``digest`` by the opener already. Whatever is wrong with
    it becomes a problem, and what can be read all the same is.
    """
    reader = _Reader(blob, layer, name, look, verify)
    try:
        reader.read()
    except TargetError as error:
        reader.tell(name, str(error), error.hint)
    except (ValueError, OSError) as error:
        reader.tell(name, str(error))
    return Read(
        found=sorted(reader.found, key=lambda one: one.place),
        names=reader.names,
        problems=reader.problems,
        entries=reader.entries,
        sure=reader.verified and not reader.problems,
    )


class _Reader:
    def __init__(self, blob: Blob, layer: Layer, name: str, look: Look, verify: bool) -> None:
        self._blob, self._layer, self._name, self._look, self._verify = blob, layer, name, look, verify
        self.found: list[Found] = []
        self.names = Names()
        self.problems: list[Problem] = []
        self.entries = 0
        self.verified = False
        self._places: dict[bytes, int | _Link] = {}
        """Paths that are wanted: where in ``found`` they are, or what they are hard links to."""
        self._kept: dict[bytes, tuple[tar.Entry, bytes]] = {}
        self._room = MAX_KEPT
        self._links = 0

    def read(self) -> None:
        if self._blob.media_type.endswith("+encrypted"):
            raise TargetError("the layer is encrypted", hint="Decrypt the image first (skopeo copy --decryption-key).")
        with self._opened(self._verify) as (source, form):
            self._walk(source, form)
        links: dict[bytes, list[_Wanted]] = {}
        for path, link in self._places.items():
            if isinstance(link, _Link):
                links.setdefault(link.target, []).append(_Wanted(path, link.place))
        for target in [target for target in links if target in self._kept]:
            entry, whole = self._kept[target]
            self._take_links(links.pop(target), entry, tar.Buffer(whole))
        if links:
            self._follow(links)

    @contextmanager
    def _opened(self, verify: bool) -> Iterator[tuple[tar.Source, str]]:
        """The tar inside and the form it is stored in; in the end it is held to its digests."""
        blob = self._blob
        self.verified = False
        with self._open() as raw:
            stored = Stored(raw)
            form = form_of(stored.peek(tar.BLOCK))
            hashed = new(blob.diff_id.partition(":")[0]) if verify and is_digest(blob.diff_id) else None
            if form == "tar" and hashed is None and raw.seekable():
                yield Seeking(raw), form
                return
            source = Forward(Inflated(stored, form, hashed))
            yield source, form
            if verify:
                source.drain()
                stored.drain()
            if hashed is None:
                return
            digest = f"{hashed.name}:{hashed.hexdigest()}"
            self.verified = digest == blob.diff_id
            if not self.verified:
                self.tell(
                    self._name,
                    f"what is in the layer is {digest}, the image's config says {blob.diff_id}",
                    "It was damaged or changed after the image was made; fetch the image anew.",
                )

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
            if entry[3] & stat.S_IWOTH and self._look.wants(_text(path), 0, entry[3] | stat.S_IFDIR):
                self._state(path, self.entries, Folder(at=Location(_text(path), None, self._layer), mode=entry[3]))
            return
        self.names.add(folder, base)
        if kind == tar.REGULAR:
            if self._look.wants(path.decode("utf-8", "surrogateescape"), entry[2], entry[3] | stat.S_IFREG):
                self._take(path, self.entries, entry, source)
        elif kind == tar.SYMLINK:
            if self._look.wants(_text(path), 0, entry.mode | stat.S_IFLNK):
                self._take(path, self.entries, entry, source)
        elif kind == tar.HARD_LINK and self._look.wants(_text(path), None, entry.mode | stat.S_IFREG):
            self._links += 1
            if self._links <= MAX_LINKS:
                self._places[path] = _Link(self.entries, path_of(entry.link))
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

    def _take(self, path: bytes, place: int, entry: tar.Entry, source: tar.Source) -> None:
        content = Content(entry, source, _text(path), self._layer, hard_link=path_of(entry.name) != path)
        self._state(path, place, content.file())
        whole = content.whole
        if whole is not None and entry.type == tar.REGULAR and len(whole) <= self._room:
            self._room -= len(whole)
            self._kept[path] = entry._replace(offset=0), whole

    def _state(self, path: bytes, place: int, file: File | Folder) -> None:
        facts: list[Fact] = []
        by: list[str] = []
        try:
            for name, said in self._look.extract(file):
                if isinstance(said, Fact):
                    facts.append(said)
                    by.append(name)
                else:
                    self.tell(file.at.path, said.reason, said.remedy)
        except (ValueError, OSError, RecursionError) as error:
            self.tell(file.at.path, str(error))
        if facts:
            for fact in facts:
                for evidence in fact.evidence:
                    evidence.release()
            self._places[path] = len(self.found)
            self.found.append(Found(at=file.at, place=place, facts=tuple(facts), by=tuple(by)))

    def _replaced(self, path: bytes) -> None:
        place = self._places.pop(path)
        if isinstance(place, int):
            self.found[place] = self.found[place].replace(removed_by=self._layer)

    def _take_links(self, links: Iterable[_Wanted], entry: tar.Entry, source: tar.Source) -> None:
        for path, place in links:
            if self._look.wants(_text(path), entry.size, entry.mode | stat.S_IFREG):
                self._take(path, place, entry, source)

    def _follow(self, links: dict[bytes, list[_Wanted]]) -> None:
        """Read the files that hard links stand for: their bytes went by before anybody knew of the link."""
        with self._opened(self.verified) as (source, _):
            for entry in tar.walk(source, []):
                if entry.type == tar.REGULAR:
                    self._take_links(links.pop(path_of(entry.name), ()), entry, source)
                    if not links:
                        break
        for target, paths in links.items():
            for path, _ in paths:
                self.tell(_text(path), f"a hard link to {_text(target)}, no file of its layer; it was not read")


def _text(path: bytes) -> str:
    return path.decode("utf-8", "surrogateescape")
