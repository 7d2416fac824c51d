"""One layer, from its first byte to its last."""

from __future__ import annotations

import stat
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager, nullcontext
from functools import cache
from hashlib import new
from itertools import islice
from typing import BinaryIO, NamedTuple

from scanner.errors import TargetError
from scanner.model.facts.base import Fact
from scanner.model.finding import Problem
from scanner.model.location import Evidence, Layer, Location
from scanner.model.record import Record
from scanner.model.target import File, Folder
from scanner.parsers import tar
from scanner.sources.image.ahead import ahead
from scanner.sources.image.content import Content
from scanner.sources.image.decompress import Inflated, Stored, form_of, hashed
from scanner.sources.image.gather import MAX_ENTRIES, Counted, Found, Gathering, Look
from scanner.sources.image.image import Blob
from scanner.sources.image.merge import AUFS, MAX_PATH, OPAQUE, WHITEOUT, Names, leaves_root, path_of
from scanner.sources.image.verified import verified
from scanner.sources.image.window import Forward, Seeking
from scanner.sources.search import FIRST, HEAD, kind_of

MAX_LINKS = 100_000
"""Hard links of one layer whose files are looked up."""
INDEXES = frozenset((b"stargz.index.json", b".prefetch.landmark", b".no.prefetch.landmark"))
"""What eStargz puts into each layer for whoever reads it in parts: no files of the image, so none replaces another.
https://github.com/containerd/stargz-snapshotter/blob/main/docs/estargz.md"""
THREADED = 32 << 20
"""Stored bytes from which on it is worth while to inflate a layer in a thread beside hashing and looking."""
HELD = 8 << 20
"""Bytes of the largest file that is both searched and read by an extractor in a layer that is read forward only."""
APART = 1 << 20
"""Bytes of a file from which on it is read as it is wanted, though its layer goes by to be hashed, if that can be."""
MAX_KEPT = 16 << 20
"""Bytes of files that were read and are kept, lest a hard link to one costs a second pass."""

_STEPS = frozenset((b"", b".", b".."))
"""Last parts of a name that are none of a path."""


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
    size: int = 0
    """Bytes of its files, if somebody asked."""
    counted: int = 0
    """Files that count, if somebody asked."""
    digest: str = ""
    """Of its tar; "" when nobody asked."""
    folders: frozenset[bytes] = frozenset()
    """Of a part of it: the folders that are members themselves."""
    links: tuple[bytes, ...] = ()
    """Of a part of it: what wanted hard links stand for."""

    def placed(self, layer: Layer) -> Read:
        """The same of the layer that it turns out to be."""

        def moved(at: Location) -> Location:
            return at.replace(layer=layer)

        def told(fact: Fact) -> Fact:
            evidence = (Evidence(moved(each.at), each.quote, each.note) for each in fact.evidence)
            return fact.replace(evidence=tuple(evidence))

        found = [
            one.replace(at=moved(one.at), facts=tuple(map(told, one.facts)), removed_by=one.removed_by and layer)
            for one in self.found
        ]
        return self.replace(found=found, problems=[each.replace(at=moved(each.at)) for each in self.problems])


def read_layer(
    blob: Blob,
    layer: Layer,
    name: str,
    look: Look,
    *,
    verify: bool,
    start: int = 0,
    stop: int = sys.maxsize,
    spare: Callable[[], bool] | None = None,
    counted: Counted | None = None,
    passed: Callable[[int], None] | None = None,
) -> Read:
    """Open a layer of the image ``name``, and extract from the files that are wanted.

    With ``verify``, its tar is held to ``diff_id`` and what is stored to ``digest``. Only the members from the byte
    ``start`` of the tar up to ``stop`` are looked at. Whatever is wrong with it becomes a problem, such as that none
    begins at ``stop``, and what can be read all the same is. With ``counted``, files are weighed, and those are counted
    of which it is true. What is verified is inflated in a thread as soon as there is a ``spare`` core. ``passed`` is
    called with the number of stored bytes whenever some have gone by.
    """
    reader = _Reader(blob, layer, name, look, verify=verify, spare=spare, counted=counted, passed=passed)
    try:
        reader.read(start, stop)
    except TargetError as error:
        reader.tell(name, str(error), error.hint)
    except (ValueError, OSError) as error:
        reader.tell(name, str(error))
    part = start > 0 or stop < sys.maxsize
    return Read(
        found=sorted(reader.found, key=lambda one: one.place),
        names=reader.names,
        problems=reader.problems,
        entries=reader.entries,
        sure=reader.verified and not reader.problems,
        size=reader.size,
        counted=reader.count,
        digest=reader.digest,
        folders=frozenset(reader.folders if part else ()),
        links=tuple(reader.links if part else ()),
    )


class _Reader(Gathering):
    def __init__(
        self,
        blob: Blob,
        layer: Layer,
        name: str,
        look: Look,
        *,
        verify: bool,
        spare: Callable[[], bool] | None,
        counted: Counted | None,
        passed: Callable[[int], None] | None,
    ) -> None:
        super().__init__(layer, name, look)
        self._blob, self._verify, self._counted, self._passed = blob, verify, counted, passed
        self._spare = spare
        self.size = self.count = 0
        self.names = Names()
        self.verified = False
        self.digest = ""
        self._head, self._folder = b"", b""
        """The folder of the last file, as its name has it, and from the root."""
        self._places: dict[bytes, int | _Link] = {}
        """Paths that are wanted: where in ``found`` they are, or what they are hard links to."""
        self._apart: Callable[[], tar.Source] | None = None
        """Where files can be read anywhere, though the layer goes by."""
        self._kept: dict[bytes, tuple[tar.Entry, bytes]] = {}
        self._room = MAX_KEPT
        self.folders: list[bytes] = []
        self.links: list[bytes] = []

    def read(self, start: int, stop: int) -> None:
        if self._blob.media_type.endswith("+encrypted"):
            raise TargetError("the layer is encrypted", hint="Decrypt the image first (skopeo copy --decryption-key).")
        with self._opened(self._verify) as (source, form):
            self._walk(source, form, start, stop)
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
    def _opened(self, verify: bool) -> Iterator[tuple[tar.Windowed, str]]:
        """The tar inside and the form it is stored in; in the end it is held to its digests."""
        blob = self._blob
        self.verified = False
        with self._open(verify) as raw, ExitStack() as stack:
            stored = Stored(raw, self._passed)
            form = form_of(stored.peek(tar.BLOCK))
            sum_ = new(blob.diff_id.partition(":")[0] or "sha256") if verify else None
            if form == "tar" and sum_ is None and raw.seekable():
                yield Seeking(raw), form
                return
            if form == "tar" and blob.local:
                self._apart = cache(lambda: Seeking(stack.enter_context(blob.open())))
                stack.callback(self._gone_by)
            chunks = iter(Inflated(stored, form))
            spare = self._spare if verify and blob.size > THREADED else None
            with closing(ahead(chunks, spare)) if spare else nullcontext(chunks) as chunks:
                source = Forward(chunks if sum_ is None else hashed(chunks, sum_))
                yield source, form
                if verify:
                    source.drain()
                    stored.drain()
            if sum_ is None:
                return
            self.digest = f"{sum_.name}:{sum_.hexdigest()}"
            self.verified = self.digest == blob.diff_id
            if blob.diff_id and not self.verified:
                self.tell(
                    self._name,
                    f"what is in the layer is {self.digest}, it should be {blob.diff_id}",
                    "It was damaged or changed after the image was made; fetch the image anew.",
                )

    def _gone_by(self) -> None:
        self._apart = None

    def _open(self, verify: bool) -> BinaryIO:
        blob = self._blob
        try:
            raw = blob.open()
        except TargetError as error:
            if "foreign" in blob.media_type or "nondistributable" in blob.media_type:
                raise TargetError(
                    f"a foreign layer, which the image only points at: {error}", hint="Scan the image it belongs to."
                ) from error
            raise
        # Of a layer that is stored as it is, one sum tells all.
        return verified(raw, blob.digest, blob.size) if verify and blob.digest not in ("", blob.diff_id) else raw

    def _walk(self, source: tar.Windowed, form: str, start: int, stop: int) -> None:
        flaws: list[tar.Flaw] = []
        try:
            entries = tar.walk(source, flaws, start, stop)
            for self.entries, entry in enumerate(islice(entries, MAX_ENTRIES), 1):
                self._member(entry, source)
            if next(entries, None) is not None:
                raise ValueError(f"more than {MAX_ENTRIES:,} files in the layer; the rest was not looked at")
        finally:
            for offset, reason in flaws:
                # What a cut-off zstd stream lacks shows only here; tar files of some makers never have the mark.
                if reason != tar.NO_END or form == "zstd":
                    self.tell(self._name, f"{reason} (at byte {offset:,} of the tar)")

    def _member(self, entry: tar.Entry, source: tar.Source) -> None:
        name, kind = entry[0], entry[1]
        head, _, base = name.rpartition(b"/")
        if head and head == self._head and base not in _STEPS and len(name) <= MAX_PATH:
            folder = self._folder
            path = name if folder == head else folder + b"/" + base
        else:
            path, folder, base = self._enter(name)
        if base[:4] == WHITEOUT or path[:8] == AUFS:
            self._whiteout(path, folder, base)
            return
        if path in self._places:
            self._replaced(path)
        if kind == tar.FOLDER:
            self.names.add_folder(path)
            self.folders.append(path)
            if entry[3] & stat.S_IWOTH and (names := self._look.wants(_text(path), 0, entry[3] | stat.S_IFDIR)):
                folder_ = Folder(at=Location(_text(path), None, self._layer), mode=entry[3])
                self._state(path, self.entries, folder_, names)
            return
        if path not in INDEXES:
            self.names.add(folder, base)
            if self._counted is not None:
                self._weigh(path, folder, base, entry)
        if kind == tar.REGULAR:
            self._regular(path, base, entry, source)
        else:
            self._link(path, entry, source)

    def _link(self, path: bytes, entry: tar.Entry, source: tar.Source) -> None:
        if entry.type == tar.SYMLINK:
            if names := self._look.wants(_text(path), 0, entry.mode | stat.S_IFLNK):
                self._take(path, self.entries, entry, source, names)
        elif entry.type == tar.HARD_LINK and self._look.wants(_text(path), None, entry.mode | stat.S_IFREG):
            if len(self.links) < MAX_LINKS:
                self.links.append(path_of(entry.link))
                self._places[path] = _Link(self.entries, self.links[-1])
            else:
                self.tell(_text(path), f"more than {MAX_LINKS:,} hard links in the layer; this one was not looked at")

    def _enter(self, name: bytes) -> tuple[bytes, bytes, bytes]:
        """Path, folder and last part of a name; others in the same folder need not be looked at as closely."""
        path = path_of(name)
        if path is not name and b".." in name and leaves_root(name):
            self.tell(_text(path), f"its name leaves the image: {_text(name)}")
        folder, _, base = path.rpartition(b"/")
        head, _, last = name.rpartition(b"/")
        if folder and last == base and b".." not in head:
            self._head, self._folder = head, folder
        return path, folder, base

    def _regular(self, path: bytes, base: bytes, entry: tar.Entry, source: tar.Source) -> None:
        size, offset, text = entry[2], entry[7], path.decode("utf-8", "surrogateescape")
        stored = size if entry[8] is None else sum(length for _, length in entry[8])
        searched = self._skips is not None and stored > 0 and not self._skips(path, base)
        if searched:
            head = source.at(offset, min(stored, HEAD))
            dull = stored == size and self._look.dull(head, size)
            names = self._look.wants(text, size, entry[3] | stat.S_IFREG, dull=dull)
        else:
            names = self._look.wants(text, size, entry[3] | stat.S_IFREG)
            if not names:
                return
            head = source.at(offset, min(stored, FIRST))
        if names and stored == size:
            names = self._look.likely(names, text, size, head)
        if names and searched and HEAD < stored <= HELD and kind_of(head, stored) is not None:
            source.at(offset, stored)  # it stays at hand for both
        if names:
            self._take(path, self.entries, entry, source, names)
        if searched:
            self.search(text, self.entries, stored, source.at, offset, head=head)

    def _weigh(self, path: bytes, folder: bytes, base: bytes, entry: tar.Entry) -> None:
        size = entry.size if entry.type == tar.REGULAR else 0
        self.names.weigh(folder, base, size)
        self.size += size
        self.count += entry.type == tar.REGULAR and self._counted is not None and self._counted(_text(path))

    def _whiteout(self, path: bytes, folder: bytes, base: bytes) -> None:
        if base == OPAQUE:
            self.names.add_opaque(folder)
        elif path[:8] == AUFS:
            return
        elif base[4:] in (b"", b".", b".."):
            self.tell(_text(path), "a whiteout that names no file")
        else:
            self.names.add(folder, base[4:])

    def _take(self, path: bytes, place: int, entry: tar.Entry, source: tar.Source, names: Sequence[str]) -> None:
        if self._apart is not None and entry.size > APART:
            source = self._apart()
        content = Content(entry, source, _text(path), self._layer, hard_link=path_of(entry.name) != path)
        self._state(path, place, content.file(), names)
        whole = content.whole
        if whole is not None and entry.type == tar.REGULAR and len(whole) <= self._room:
            self._room -= len(whole)
            self._kept[path] = entry._replace(offset=0, sparse=None), whole

    def _state(self, path: bytes, place: int, file: File | Folder, names: Sequence[str]) -> None:
        if self.take(file, place, names):
            self._places[path] = len(self.found) - 1

    def _replaced(self, path: bytes) -> None:
        place = self._places.pop(path)
        if isinstance(place, int):
            self.found[place] = self.found[place].replace(removed_by=self._layer)

    def add(self, path: str, place: int, name: str, fact: Fact) -> None:
        super().add(path, place, name, fact)
        self._places[path.encode("utf-8", "surrogateescape")] = len(self.found) - 1

    def _take_links(self, links: Iterable[_Wanted], entry: tar.Entry, source: tar.Source) -> None:
        for path, place in links:
            if names := self._look.wants(_text(path), entry.size, entry.mode | stat.S_IFREG):
                self._take(path, place, entry, source, names)

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
