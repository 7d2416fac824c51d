"""Read the layers of an image, each once from its beginning to its end, several at a time.

A file of one layer may be taken away by a layer above it, which is known at the end only. So facts are extracted from
all layers, and what became of their files is filled in afterwards (docs/decisions/009-layers.md).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Generator, Iterable, Sequence
from contextlib import closing
from mmap import mmap

from scanner.model.facts import StartFile
from scanner.model.facts.base import Fact
from scanner.model.finding import LayerUse, Problem
from scanner.model.location import Layer, Location
from scanner.model.record import Record
from scanner.sources.image import recalled
from scanner.sources.image.gather import Counted, Found, Look
from scanner.sources.image.image import Blob, Image
from scanner.sources.image.known import PROVISIONAL, Known
from scanner.sources.image.merge import Names, removed_by, wasted
from scanner.sources.image.order import planned
from scanner.sources.image.pieces import Parts, Piece, joined
from scanner.sources.image.read import Read, read_layer
from scanner.workers import FORKS, Workers, cores

SMALL = 32 << 20
"""Stored bytes of a single layer, or of all where nobody says otherwise, that are read without further processes."""
AT_ONCE = 4
"""Layers that are read at a time, where there are so many cores and nobody says otherwise."""
EVERY = 0.1
"""Seconds after which other processes are asked how far they are."""

Reads = Generator[tuple[int, Read], None, None]


class Passed(Record):
    """How far the reading is."""

    done: int
    """Layers that are read, or were known."""
    layers: int
    """0 while nobody knows."""
    size: int
    """Stored bytes that have gone by."""
    total: int
    """Stored bytes of the layers that were not known; 0 while nobody knows."""


class Contents(Record):
    """What an image's layers hold."""

    found: tuple[Found, ...]
    """From the bottom layer up, in each as its archive has them."""
    problems: tuple[Problem, ...]
    entries: int
    """Members of all layers."""
    layers: tuple[LayerUse, ...] = ()
    """What each takes up, if somebody asked; from the bottom up."""

    def stated(self) -> list[Fact]:
        """The facts of all files, those that are gone from the finished image marked."""
        return [fact for one in self.found for fact in one.stated()]

    def starts(self) -> list[StartFile]:
        """The texts of the finished image that it may start or be set up by, each path once."""
        remaining = (one.facts for one in self.found if one.removed_by is None)
        return [fact for facts in remaining for fact in facts if isinstance(fact, StartFile)]


def read_layers(
    image: Image,
    look: Look,
    *,
    verify: bool = True,
    jobs: int | None = None,
    told: Iterable[Layer] = (),
    counted: Counted | None = None,
    known: Known | None = None,
    on_progress: Callable[[Passed], None] | None = None,
) -> Contents:
    """Walk all layers and extract from the files that are wanted, in memory that does not grow with their size.

    ``verify`` reads each layer to its last byte and holds it to its digests. ``jobs`` layers are read at a time, each
    in a process of its own, where the system can fork; None leaves that to the number of cores and the size. ``told``
    are layers as the history tells of them; others are known by their digest alone. What ``known`` has of a layer is
    not read again, and what it has not is put there. ``counted`` asks for what each layer takes up, and says which
    files to count as models; ``known`` does not hold that, so it should be None. ``on_progress`` is called whenever
    something was read, many times a second.
    """
    said = {layer.index: layer for layer in told}
    blobs = enumerate(image.layers)
    layers = [said.get(index) or Layer(index, blob.digest or blob.diff_id) for index, blob in blobs]
    task = _Task(image, layers, look, verify, known, counted=counted)
    done = task.whole()
    left = [(index, blob) for index, blob in enumerate(image.layers) if index not in done]
    total = sum(blob.size for _, blob in left)
    jobs = jobs or (min(AT_ONCE, cores()) if total > SMALL else 1)
    jobs = jobs if FORKS else 1
    pieces = planned(left, jobs, verify=verify) if jobs > 1 else [Piece(index) for index, _ in left]
    killed: set[int] = set()
    parallel = jobs > 1 and (len(pieces) > 1 or total > SMALL)

    def tell() -> None:
        if on_progress is not None:
            size = min(total, sum(task.passed))
            on_progress(Passed(done=len(done), layers=len(task.layers), size=size, total=total))

    with closing(_in_parallel(task, pieces, jobs, tell, killed) if parallel else _each(task, pieces, tell)) as reads:
        for index, read in reads:
            done[index] = read
            tell()
    if known is not None and (left or image.reads):
        known.shrink()
    problems = [
        Problem(
            at=Location(image.name, None, layers[index]),
            reason="a process that read layers was killed, so this one was not looked at",
            remedy="Give it more memory, or read one layer at a time with -j 1.",
        )
        for index in sorted(killed)
    ]
    contents = _merged(layers, done, problems)
    return contents if counted is None else contents.replace(layers=_uses(task, done))


class Passing:
    """Reads the layers of an image that comes as a stream, one after the other, before it is known which they are."""

    def __init__(
        self,
        look: Look,
        *,
        jobs: int | None = None,
        counted: Counted | None = None,
        known: Known | None = None,
        on_progress: Callable[[Passed], None] | None = None,
    ) -> None:
        self._look, self._counted, self._known, self._tell = look, counted, known, on_progress
        self._jobs = jobs or cores()
        self._done = self._size = 0

    def __call__(self, name: str, blob: Blob) -> Read:
        """Read one of the archive of that name; what is known of a plain tar by its digest is not read again."""
        known = self._known
        found = None if known is None else known.vouched(blob.digest)
        if found is not None:
            self._count(blob.size)
            return found
        read = read_layer(
            blob,
            PROVISIONAL,
            name,
            self._look,
            verify=True,
            spare=(lambda: True) if self._jobs > 1 else None,
            counted=self._counted,
            passed=self._count,
        )
        self._done += 1
        if known is None or read.problems:
            return read
        return known.put(blob.replace(diff_id=read.digest), PROVISIONAL, read.replace(sure=True), None)

    def recall(self, name: str, digest: str) -> Image | None:
        """The image whose config has this digest, if all of it was read before; none has to go by then."""
        return None if self._known is None else recalled.recall(name, digest, self._known)

    def keep(self, digest: str, config: bytes, image: Image) -> None:
        """Keep the config of an image that went by."""
        if self._known is not None:
            recalled.keep(digest, config, image)

    def _count(self, more: int) -> None:
        self._size += more
        if self._tell is not None:
            self._tell(Passed(done=self._done, layers=0, size=self._size, total=0))


class _Task:
    """What every process needs; it is handed on by forking, so nothing of it has to be pickled."""

    def __init__(
        self,
        image: Image,
        layers: Sequence[Layer],
        look: Look,
        verify: bool,
        known: Known | None,
        *,
        counted: Counted | None,
    ) -> None:
        self.image, self.layers = image, layers
        self._look, self._verify, self._known, self._counted = look, verify, known, counted
        self.passed = memoryview(mmap(-1, 8 * max(1, len(layers)))).cast("Q")
        """Stored bytes that have gone by, in memory that all processes share; each layer has one that writes."""
        self.spare = memoryview(mmap(-1, 1))
        """1 once fewer layers are left than processes; shared as well."""
        self._parts: dict[int, tuple[Read, Collection[str]]] = {}
        """Layers of which a part is known, and the extractors that have yet to look at them."""

    def whole(self) -> dict[int, Read]:
        """The layers of which all is known, or that went by while the image came as a stream."""
        done = {}
        for index, (blob, layer) in enumerate(zip(self.image.layers, self.layers, strict=True)):
            if blob.diff_id in self.image.reads:
                done[index] = self.image.reads[blob.diff_id].placed(layer)
                continue
            found = self._known.get(blob, layer) if self._known is not None else None
            if found is not None and found[1]:
                self._parts[index] = found
            elif found is not None:
                done[index] = found[0]
        return done

    def read(
        self, piece: Piece, tell: Callable[[], None] | None = None, spare: Callable[[], bool] | None = None
    ) -> Read:
        """Read one layer, or a piece of it; ``tell`` is called whenever some of its bytes have gone by."""
        index, start, stop = piece
        before, missing = self._parts.get(index, (None, ()))

        def count(more: int) -> None:
            self.passed[index] = min(self.image.layers[index].size, self.passed[index] + more)
            if tell is not None:
                tell()

        read = read_layer(
            self.image.layers[index],
            self.layers[index],
            self.image.name,
            self._look if before is None else self._look.only(missing),
            verify=self._verify and not start,
            start=start,
            stop=stop,
            spare=spare,
            counted=self._counted,
            passed=count if not start else None,
        )
        return self.keep(index, read) if piece == Piece(index) else read

    def keep(self, index: int, read: Read) -> Read:
        """All that was read of a layer, with what was known before."""
        blob, layer = self.image.layers[index], self.layers[index]
        self.passed[index] = blob.size
        if self._known is not None:
            read = self._known.put(blob, layer, read, self._parts.get(index, (None,))[0])
        # There is nothing below the lowest that its names could hide.
        return read if layer.index or self._counted is not None else read.replace(names=Names())


def _each(task: _Task, pieces: Sequence[Piece], tell: Callable[[], None]) -> Reads:
    for piece in pieces:
        yield piece.layer, task.read(piece, tell)


def _in_parallel(task: _Task, pieces: Sequence[Piece], jobs: int, tell: Callable[[], None], killed: set[int]) -> Reads:
    def work(piece: Piece) -> Read:
        return task.read(piece, spare=lambda: bool(task.spare[0]))

    parts = Parts(pieces)
    with Workers(jobs, work, pieces) as running:
        task.spare[0] = running.spare
        for done in running.results(EVERY):
            if done is not None:
                piece, read = done
                index = piece.layer
                if read is None:
                    killed.add(index)
                elif reads := parts.with_one(piece, read):
                    if len(reads) == 1:
                        yield index, read
                    elif (whole := joined(reads)) is not None:
                        yield index, task.keep(index, whole)
                    else:
                        running.add(parts.anew(index))
            task.spare[0] = running.spare
            tell()


def _merged(layers: Sequence[Layer], done: dict[int, Read], problems: list[Problem]) -> Contents:
    """Bring the layers back in order, and fill in what became of their files."""
    reads = [(index, done[index]) for index in sorted(done)]
    found = [(index, one) for index, read in reads for one in read.found]
    places = [(index, one.at.path.encode("utf-8", "surrogateescape")) for index, one in found]
    fates = removed_by(places, [(index, read.names) for index, read in reads])
    return Contents(
        found=tuple(
            one if fate is None or one.removed_by is not None else one.replace(removed_by=layers[fate])
            for (_, one), fate in zip(found, fates, strict=True)
        ),
        problems=(*problems, *(problem for _, read in reads for problem in read.problems)),
        entries=sum(read.entries for _, read in reads),
    )


def _uses(task: _Task, done: dict[int, Read]) -> tuple[LayerUse, ...]:
    lost = wasted([(index, done[index].names) for index in sorted(done)])
    return tuple(
        LayerUse(
            layer=layer,
            stored=blob.size,
            size=done[index].size if index in done else 0,
            wasted=lost.get(index, 0),
            entries=done[index].entries if index in done else 0,
            models=done[index].counted if index in done else 0,
        )
        for index, (layer, blob) in enumerate(zip(task.layers, task.image.layers, strict=True))
    )
