"""Contents by what they are: models are read, containers opened, and what is in them looked at in the same way."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from scanner.extractors.model_files import archive, pickles, stated
from scanner.extractors.model_files.archive import Reader
from scanner.extractors.model_files.draft import Draft, Group
from scanner.parsers import tar
from scanner.parsers.archives.packed import Form, Unpacking
from scanner.parsers.archives.stream import LimitError, Stream
from scanner.parsers.archives.zip import Archive, Member
from scanner.parsers.archives.zip_records import Flaw, FlawKind
from scanner.parsers.models import executables
from scanner.parsers.models.limits import HEAD
from scanner.parsers.models.recognize import COMPRESSED, CONTAINERS, EXECUTABLES, format_of, inside
from scanner.parsers.pickles import looks_like_pickle

MAX_DEPTH = 5
"""Containers inside of containers that are opened."""
MAX_MEMBERS = 20_000
"""Members of a tar that are looked at."""
MAX_SIZE = 1 << 62
"""Bytes that a content is taken for as long as nobody knows where it ends."""
MAX_CHECKED = 1 << 24
"""Bytes of the largest member that is read to its end for its checksum alone."""
MAX_PEEKED = 1_000
"""Members of a zip that are looked at whatever they are called: to a loader, the directory may call them otherwise."""
BZIP2_BLOCK = 1 << 20
"""Bytes that its first block fits into; nothing of bzip2 shows before it is whole."""
MAX_TOLD = 3
"""Differences of an archive that are told in words."""
DIFFER: tuple[FlawKind, ...] = (
    "directories", "hidden", "name-differs", "method-differs", "size-differs", "flags-differ", "encrypted", "checksum",
    "duplicate", "data-in-front", "data-behind", "data-between", "unlisted",
)  # fmt: skip
"""By which a scanner and a loader see different things; the first says most."""

_CERTAIN = frozenset({"pickle", "npy", "hdf5", "gguf", "zip", "7z", "xz"})
"""Formats with a mark that bare numbers do not have by chance, or that show when they are followed."""
_FORMS: dict[str, Form] = {"gzip": "gzip", "zlib": "zlib", "bz2": "bz2", "xz": "xz", "lzma": "lzma"}


class Contents:
    """Looks at what is in one file; ``draft`` collects it."""

    def __init__(self, draft: Draft) -> None:
        self._draft = draft

    def look(self, format: str, source: tar.Source, size: int | None, member: str = "", depth: int = 0) -> str:
        """Look at a content of this format; what it is known as then, "" for no model. Raises ValueError for damage."""
        if format in CONTAINERS or format in COMPRESSED:
            if depth < MAX_DEPTH:
                opener = {"zip": self._zip, "tar": self._tar}.get(format, partial(self._packed, format))
                return opener(source, member, depth)
            self._draft.flaw("unread", "limit", f"containers more than {MAX_DEPTH} deep in one another", member)
            return ""
        if format == "pickle":
            return pickles.look(self._draft, source, member)
        header = stated.header(format, source, MAX_SIZE if size is None else size)
        stated.state(self._draft, header, member)
        if header.pickle_at is not None:
            pickles.look(self._draft, source, member, header.pickle_at)
        if size is not None:
            end = 0 if format == "tensorrt" else size if header.end is None else header.end
            self._behind(source, end, size, member)
        return header.format

    def _behind(self, source: tar.Source, end: int, size: int, member: str) -> None:
        """What follows the logical end of a model, or is all of an engine: programs, a pickle that others load."""
        if end >= size:
            return
        if looks_like_pickle(source.at(end, HEAD)):
            pickles.look(self._draft, source, member, end)
            return
        searched = executables.search(source, end, size)
        if searched.programs:
            self._draft.drop("structure", "trailing-data", member)
        for program in searched.programs:
            self._draft.flaw("executable", program.format, f"a program ({program.format})", member, program.offset)
        if not searched.complete:
            self._draft.flaw("unread", "limit", "not all of what is behind its end was looked at", member, end)

    def _zip(self, source: tar.Source, member: str, depth: int) -> str:
        opened, kind = Archive(source, self._draft.budget), archive.Kind()
        for each in opened.members():
            try:
                kind.met(each.name, self._member(each, kind, f"{member}!/{each.name}" if member else each.name, depth))
            except LimitError as error:
                self._draft.flaw("unread", "limit", f"{each.name}: {error}", member)
                break
            except ValueError as error:
                self._draft.flaw("archive", "damaged", f"{each.name}: {error}", member)
        format = kind.format()
        if format:
            self._flaws(opened.flaws, member)
            for place, program in kind.programs:
                self._draft.flaw("executable", program, f"a program ({program}) beside the model's data", place)
        return format

    def _flaws(self, flaws: Sequence[Flaw], member: str) -> None:
        """What is wrong with an archive; all by which a scanner and a loader see different things is one flaw."""
        differ = [flaw for flaw in flaws if flaw.kind in DIFFER]
        for flaw in flaws:
            if flaw.kind not in DIFFER:
                group: Group = "unread" if flaw.kind in {"limit", "method"} else "archive"
                self._draft.flaw(group, flaw.kind, flaw.detail, member, flaw.offset)
        if differ:
            first = min(differ, key=lambda flaw: DIFFER.index(flaw.kind))
            details = dict.fromkeys([first.detail, *(flaw.detail for flaw in differ)])
            more = f"; and {len(details) - MAX_TOLD} more" if len(details) > MAX_TOLD else ""
            detail = "; ".join(list(details)[:MAX_TOLD]) + more
            self._draft.flaw("archive", first.kind, detail, member, first.offset)

    def _member(self, each: Member, kind: archive.Kind, place: str, depth: int) -> str:
        """What a member of a zip is."""
        content = each.content
        known = archive.reader(each.name)
        if known is not None:
            return archive.TOLD if self._told(known, content, each.header.size or MAX_SIZE, place) else ""
        if kind.members > MAX_PEEKED and archive.is_plain(each.name):
            return ""
        head, size = content.at(0, HEAD), each.header.size or MAX_SIZE
        if archive.is_storage(each.name):
            format = format_of(head, size)
            if format not in _CERTAIN:
                return ""
        else:
            format = "pickle" if each.name.endswith(".pkl") else pickles.recognized(head, size)
        if format is None:
            return ""
        if format in EXECUTABLES:
            kind.programs.append((place, format))
            return ""
        found = self.look(format, content, each.header.size or None, place, depth + 1)
        if found and each.header.size <= MAX_CHECKED:
            content.at(MAX_SIZE, 1)
        return found

    def _told(self, read: Reader, source: tar.Source, size: int, place: str) -> bool:
        """Whether a member says something about the model that an archive holds."""
        try:
            return stated.state(self._draft, read(source, size), place)
        except LimitError:
            raise
        except ValueError:
            return False  # of something else

    def _tar(self, source: tar.Source, member: str, depth: int) -> str:
        flaws: list[tar.Flaw] = []
        kind = archive.Kind()
        for number, entry in enumerate(tar.walk(tar.Blocks(source), flaws)):
            if number == MAX_MEMBERS:
                self._draft.flaw("unread", "limit", f"more than {MAX_MEMBERS:,} files in a tar", member)
                break
            name = entry.name.decode("utf-8", "replace")
            found = ""
            if entry.type == tar.REGULAR and not entry.sparse:
                part = Part(source, entry.offset, entry.size)
                place = f"{member}!/{name}" if member else name
                known, format = archive.reader(name), pickles.recognized(part.at(0, HEAD), entry.size)
                if known is not None:
                    found = archive.TOLD if self._told(known, part, entry.size, place) else ""
                elif format is not None and format not in EXECUTABLES:
                    found = self.look(format, part, entry.size, place, depth + 1)
            kind.met(name, found)
        format = kind.format()
        if format == "torch-tar":
            self._draft.flaw("legacy", "torch-tar", "the oldest form of torch's files, a tar of pickles", member)
        if format:
            for flaw in flaws:
                if flaw.reason != tar.NO_END:
                    self._draft.flaw("archive", "damaged", flaw.reason, member, flaw.offset)
        return format

    def _packed(self, format: str, source: tar.Source, member: str, depth: int) -> str:
        within = pickles.recognized(inside(source.at(0, BZIP2_BLOCK if format == "bz2" else HEAD), format), MAX_SIZE)
        if within is None or within in EXECUTABLES:
            return ""
        form = _FORMS.get(format)
        if form is None:
            self._draft.flaw("unread", "container", f"{within} in {format}, which is not unpacked", member)
            return within
        stream = Stream(Unpacking(source, form, self._draft.budget))
        return self.look(within, stream, None, member, depth + 1)


class Part:
    """A stretch of a source, as a source."""

    def __init__(self, source: tar.Source, start: int, size: int) -> None:
        self._source, self._start, self._size = source, start, size

    def at(self, offset: int, size: int, /) -> bytes:
        """The bytes there, fewer at the end."""
        size = min(size, self._size - offset)
        return self._source.at(self._start + offset, size) if size > 0 else b""
