"""Files of development and training: what COPY and ADD take out of the build context, and what layers hold."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from functools import lru_cache

from scanner.extractors.credential_files import foreign, ours, taken_along
from scanner.extractors.interface import Told
from scanner.model.facts.artifacts import ArtifactType, CopiedArtifact
from scanner.model.instruction import Copy
from scanner.model.location import Evidence
from scanner.model.target import File, Item, Step
from scanner.parsers.lazy import Lazy

MAX_PATH = 4096
"""Characters of a path; Linux takes no longer ones."""
MAX_NOTEBOOK = 4 << 20
"""Bytes of the largest notebook that is read; a larger one is not made of code alone."""

_NAMED: tuple[tuple[ArtifactType, re.Pattern[str]], ...] = (
    ("experiment", Lazy(r"(?:^|/)(?:wandb|mlruns|mlartifacts|lightning_logs|\.neptune|\.aim|\.dvc/cache)$")),
    ("training-state", Lazy(r"(?:^|/)(?:checkpoint-\d+|global_step_?\d+)$")),
    (
        "vector-index",
        Lazy(r"(?:^|/)\.?(?:chroma|chroma_?db|faiss|faiss_?index|lance_?db|vector_?(?:store|db|index)s?|qdrant_(?:storage|data))$"),
    ),
    ("compile-cache", Lazy(r"(?:^|/)(?:torch_compile_cache|torchinductor\w*|torch_extensions|\.?triton_cache)$")),
    ("prompts", Lazy(r"(?:^|/)(?:system_?)?prompts?(?:\.(?:txt|ya?ml|json|jinja2?|md))?$")),
)  # fmt: skip
"""Folders and files that are such by the name a COPY gives them."""
_INTO_CACHE = Lazy(r"/\.cache/(?:vllm|torch_extensions|torchinductor)(?:/|$)|/\.triton/cache(?:/|$)")
_FILES: tuple[tuple[ArtifactType, re.Pattern[str]], ...] = (
    (
        "experiment",
        Lazy(
            r"(?:^|/)wandb/(?:offline-)?run-[^/]+/|(?:^|/)mlruns/[^/]+/(?:meta\.yaml$|[^/]+/(?:meta\.yaml$|params/|metrics/))"
            r"|(?:^|/)lightning_logs/version_|(?:^|/)\.(?:neptune|aim|dvc/cache)/|(?:^|/)events\.out\.tfevents\."
        ),
    ),
    (
        "training-state",
        Lazy(r"(?:^|/)(?:optimizer|scheduler)\.(?:pt|bin)$|(?:^|/)(?:rng_state\w*\.pth|trainer_state\.json)$|/global_step\d+/"),
    ),
    ("vector-index", Lazy(r"(?:^|/)(?:chroma\.sqlite3|index\.faiss)$|\.(?:faiss|usearch|hnsw)$")),
    ("compile-cache", Lazy(r"(?:^|/)(?:torch_compile_cache|torchinductor\w*|torch_extensions)/.*\.(?:so|cubin|o)$")),
)  # fmt: skip
"""Files that are such wherever they lie."""
_NAMES: dict[str, ArtifactType] = {
    "Dockerfile": "build-file", "Containerfile": "build-file", "docker-compose.yml": "build-file",
    "docker-compose.yaml": "build-file", "compose.yml": "build-file", "compose.yaml": "build-file",
}  # fmt: skip
"""Files that only a layer is asked for: of a COPY, the fact about it says so."""
_SUFFIXES = frozenset(
    {
        ".faiss", ".usearch", ".hnsw", ".pth", ".csv", ".tsv", ".parquet", ".jsonl", ".ndjson",
        ".tfrecord", ".tfrecords", ".arrow", ".feather", ".h5ad", ".gz",
    }
)  # fmt: skip
_LIKELY = frozenset(
    {"chroma.sqlite3", "optimizer.pt", "optimizer.bin", "scheduler.pt", "trainer_state.json", "HEAD", *_NAMES}
)
_TELLING = (
    "wandb/", "mlruns/", "lightning_logs/", "/.neptune/", "/.aim/", "/.dvc/", "global_step", "torch_compile_cache/",
    "torchinductor", "torch_extensions/",
)  # fmt: skip
_EVENTS = "events.out."
_DATA = Lazy(r"\.(?:csv|tsv|parquet|jsonl|ndjson|tfrecords?|arrow|feather|h5ad|sqlite3?|db)(?:\.gz)?$", re.IGNORECASE)
SMALLEST_DATA = 1 << 16
"""Bytes of the smallest data file of a layer that counts; smaller ones are settings, word lists, test cases."""


class NamedArtifacts:
    """What a COPY or ADD names."""

    of = (Step,)

    def wants(self, item: Item) -> bool:
        """COPY and ADD from the build context."""
        return isinstance(item, Step) and isinstance(item.instruction, Copy) and item.instruction.flag("from") is None

    def extract(self, item: Item) -> Iterator[CopiedArtifact]:
        """A fact for each source with such a name; examples and tests are none."""
        assert isinstance(item, Step)
        assert isinstance(item.instruction, Copy)
        for source in item.instruction.sources:
            name = posixpath.normpath(source.text)
            if name == "." or not source.known or "://" in name or len(name) > MAX_PATH or not taken_along(name):
                continue
            end = posixpath.join(item.instruction.destination.text, posixpath.basename(name))
            types = [type_ for type_, pattern in (*_NAMED, *_FILES) if pattern.search(name)]
            if not types and _INTO_CACHE.search(end):
                types = ["compile-cache"]
            for type_ in types[:1]:
                evidence = item.instruction.evidence(source)
                yield _fact(type_, source.text, (evidence,), by_name=True, ships=item.stage.ships)


class CarriedArtifacts:
    """Files of the build context that a COPY or ADD takes along."""

    of = (File,)
    told = Told()

    def wants(self, item: Item) -> bool:
        """By their path."""
        return isinstance(item, File) and item.copied_by is not None and _type(item) is not None

    def extract(self, item: Item) -> Iterator[CopiedArtifact]:
        """The fact."""
        assert isinstance(item, File)
        type_ = _type(item)
        if type_ is not None:
            yield _carried(type_, item)


class HeldArtifacts:
    """Files in a layer, where people put files of their own."""

    of = (File,)
    told = Told(_SUFFIXES | _LIKELY, (_EVENTS,), _TELLING, apart=True)

    def wants(self, item: Item) -> bool:
        """By their path."""
        return isinstance(item, File) and item.at.layer is not None and item.link is None and _held(item) is not None

    def extract(self, item: Item) -> Iterator[CopiedArtifact]:
        """The fact."""
        assert isinstance(item, File)
        type_ = _held(item)
        if type_ is not None:
            yield _carried(type_, item)


class NotebookOutputs:
    """Notebooks that were saved with their outputs."""

    of = (File,)
    told = Told(frozenset({".ipynb"}), apart=True)

    def wants(self, item: Item) -> bool:
        """Notebooks that a COPY or ADD brings, or that lie in a layer, by name."""
        if not isinstance(item, File) or not item.at.path.endswith(".ipynb"):
            return False
        return item.copied_by is not None or (item.at.layer is not None and item.link is None and ours(item.at.path))

    def extract(self, item: Item) -> Iterator[CopiedArtifact]:
        """A fact when a cell has outputs. Raises ValueError when it is no notebook."""
        assert isinstance(item, File)
        if item.size > MAX_NOTEBOOK or _has_outputs(item.read()):
            yield _carried("notebook-outputs", item)


def _type(file: File) -> ArtifactType | None:
    path = file.at.path.replace("\\", "/")
    if len(path) > MAX_PATH or not taken_along(path):
        return None
    return next((type_ for type_, pattern in _FILES if pattern.search(path)), None)


def data_file(name: str) -> bool:
    """Whether a file's name says that it holds data."""
    return _DATA.search(name) is not None


def _held(file: File) -> ArtifactType | None:
    """What a file of a layer is; the name and a few folders are looked at first, since it is asked of every file."""
    path = file.at.path
    folder, _, name = path.rpartition("/")
    if (
        name[name.rfind(".") :] not in _SUFFIXES
        and name not in _LIKELY
        and not name.startswith(_EVENTS)
        and not _is_telling(folder)
    ):
        return None
    if foreign(path) or not ours(path) or len(path) > MAX_PATH:
        return None
    if name == "HEAD":
        return "git" if folder.endswith("/.git") or folder == ".git" else None
    found = _NAMES.get(name) or next((type_ for type_, pattern in _FILES if pattern.search(path)), None)
    if found is None and file.size >= SMALLEST_DATA and data_file(name):
        return "data"
    return found


@lru_cache(maxsize=16)
def _is_telling(folder: str) -> bool:
    """Whether it may be a folder in which more counts than a few names; files come folder by folder."""
    return any(part in f"{folder}/" for part in _TELLING)


def _carried(type_: ArtifactType, file: File) -> CopiedArtifact:
    if file.copied_by is not None:
        evidence = file.copied_by, Evidence(file.at, note="gets into the image")
        return _fact(type_, file.at.path, evidence, by_name=False, ships=file.ships)
    return _fact(type_, file.at.path, (Evidence(file.at),), by_name=False, ships=file.ships)


def _fact(
    type_: ArtifactType, path: str, evidence: tuple[Evidence, ...], *, by_name: bool, ships: bool
) -> CopiedArtifact:
    return CopiedArtifact(evidence=evidence, ships=ships, type=type_, path=path, by_name=by_name)


def _has_outputs(data: bytes) -> bool:
    if not re.search(rb'"outputs"\s*:\s*\[\s*[^\]\s]', data):
        return False
    import json

    notebook = json.loads(data)
    cells = notebook.get("cells") if isinstance(notebook, dict) else None
    return isinstance(cells, list) and any(isinstance(cell, dict) and bool(cell.get("outputs")) for cell in cells)


EXTRACTORS = (NamedArtifacts(), CarriedArtifacts(), HeldArtifacts(), NotebookOutputs())
