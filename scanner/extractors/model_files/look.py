"""One file: whether it is a model by its content, and then all that can be said of it without loading it."""

from __future__ import annotations

from collections.abc import Iterable
from struct import error as StructError

from scanner.extractors.model_files.contents import Contents
from scanner.extractors.model_files.draft import Draft
from scanner.extractors.model_files.pickles import recognized
from scanner.extractors.model_files.reading import Hashed, Skipping, Timed
from scanner.extractors.model_files.wanted import is_beside, is_telling
from scanner.model.facts.base import Fact
from scanner.model.target import File
from scanner.parsers.archives.stream import LimitError
from scanner.parsers.models import hub
from scanner.parsers.models.limits import HEAD
from scanner.parsers.models.recognize import COMPRESSED, CONTAINERS, EXECUTABLES, format_of_name, stand_in

_WITHIN = CONTAINERS | COMPRESSED
MAX_HELD = 64 << 20
"""Bytes of the largest file of a layer that is held to the digest it is called by."""


def may_be(path: str, size: int, head: bytes) -> bool:
    """Whether ``look`` may find something in a file that begins so."""
    if recognized(head[:HEAD], size) is not None or is_telling(path) or is_beside(path):
        return True
    return head[:1] in _MANIFEST and "/blobs/" in path


def look(file: File) -> Iterable[Fact]:
    """The facts of a file; none when it is no model and has nothing to do with one."""
    if file.link is not None:
        draft = Draft(file)
        draft.is_model = True
        draft.say(files=(file.link,))
        return draft.facts("link")
    head = file.part(0, min(HEAD, file.size))
    format = recognized(head, file.size)
    if format in _STRANGE and b"PK\3\4" in head and "zip" in format_of_name(file.at.path):
        format = "zip"  # behind something else, which readers of zip skip
    if format in EXECUTABLES:
        return _program(Draft(file), format)
    if format is not None:
        return _model(Draft(file), format)
    if ("/blobs/" in file.at.path and head[:1] in _MANIFEST) or is_beside(file.at.path):
        return _beside(file)
    return _unknown(Draft(file), head) if format_of_name(file.at.path) else ()


def _beside(file: File) -> Iterable[Fact]:
    from scanner.extractors.model_files import beside

    return beside.look(Draft(file), file.at.path.rpartition("/")[2])


def _model(draft: Draft, format: str) -> Iterable[Fact]:
    """A file that is a model, or that may hold one."""
    promised = draft.promised
    source = _source(draft)
    draft.format = format
    try:
        found = Contents(draft).look(format, Timed(source), draft.file.size)
    except LimitError as error:
        draft.flaw("unread", "limit", str(error))
        found = format
    except ValueError as error:
        draft.flaw("structure", "damaged", str(error))
        found = format if format not in _WITHIN else ""
    except _UNFORESEEN as error:  # one file that no reader is ready for costs no other file
        draft.flaw("unread", "failed", f"its reader failed: {type(error).__name__}: {error}")
        found = format
    draft.is_model = bool(found) or (bool(promised) and format in _WITHIN)
    if not draft.is_model:
        return ()
    draft.format = found or format
    draft.container = format if format in _WITHIN else ""
    if promised and format not in promised:
        draft.flaw("name", "other-format", f"named as {_listed(promised)}, but its content is {format}")
    elif format in _WITHIN and not found:
        draft.flaw("unread", "container", f"{format} under the name of a model, in which no model was found")
    digest = ""
    try:
        digest = source.digest() if isinstance(source, Hashed) else ""
    except (ValueError, OSError) as error:
        draft.flaw("unread", "damaged", str(error))
    told = _told_digest(draft.path)
    if digest and told and digest != told:
        draft.flaw("digest", "differs", f"its name says {told[:19]}…, its content is {digest[:19]}…")
    return draft.facts(digest=digest or told)


def _told_digest(path: str) -> str:
    """The digest that a file of a store is called by."""
    place = hub.cached(path)
    return f"sha256:{place.blob}" if place is not None and len(place.blob) == 64 else hub.ollama_blob(path)


def _source(draft: Draft) -> Hashed | Skipping:
    """What somebody asks for is read as a whole, for its digest; so is what is small and called by one.

    Else headers do, however large the model.
    """
    called = draft.file.size <= MAX_HELD and draft.file.copied_by is None and _told_digest(draft.path)
    return Hashed(draft.file) if draft.file.given or called else Skipping(draft.file)


def _program(draft: Draft, format: str) -> Iterable[Fact]:
    """A program is one, unless its name says that it is a model."""
    promised = draft.promised
    draft.is_model = bool(promised)
    draft.format = format
    if draft.path.endswith(".llamafile"):
        draft.format = "llamafile"
    elif promised:
        draft.flaw("executable", "itself", f"named as {_listed(promised)}, but it is a program ({format})")
    return draft.facts()


def _unknown(draft: Draft, head: bytes) -> Iterable[Fact]:
    """No format that shows by its first bytes, under the name of one."""
    promised = draft.promised
    stands = stand_in(head)
    if stands or promised <= _STRICT:
        draft.is_model, draft.format = True, stands
        detail = f"{_STANDS[stands]} in the place of a model" if stands else "its content is none of these"
        draft.flaw("name", stands or "unknown-content", f"named as {_listed(promised)}: {detail}")
        return draft.facts("stand-in")
    return ()


_UNFORESEEN = (LookupError, ArithmeticError, TypeError, AttributeError, MemoryError, RecursionError, StructError)
_MANIFEST = (b"-", b"{")
"""How the manifest of a model, or the card of one, begins in a store that calls files by their digests."""
_STRANGE = EXECUTABLES | {None}
_STRICT = frozenset({"safetensors", "gguf", "hdf5", "npy", "tflite", "zip"})
"""Formats that cannot go unrecognized, and whose endings mean nothing else."""
_STANDS = {"git-lfs": "a pointer of git-lfs", "html": "a web page", "empty": "nothing"}


def _listed(formats: Iterable[str]) -> str:
    return " or ".join(sorted(formats))
