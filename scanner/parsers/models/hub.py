"""Where a file stands in a Hugging Face cache or an Ollama store, which tells what it is and from where.

Layouts: https://huggingface.co/docs/huggingface_hub/guides/manage-cache; ``models/manifests/HOST/NAMESPACE/NAME/TAG``
and ``models/blobs/sha256-…`` of Ollama (``types/model/name.go``). Manifests: OCI's, with media types of Ollama's own.
"""

from __future__ import annotations

from typing import Literal

from scanner.model.record import Record
from scanner.parsers.lazy import Lazy
from scanner.parsers.models import documents
from scanner.parsers.models.documents import number, text
from scanner.parsers.models.header import Draft, Flaw, shown
from scanner.parsers.tar import Source

_CACHE = Lazy(
    r"(?:^|/)(?P<kind>models|datasets|spaces)--(?P<name>[\w.-]+?)/(?P<part>blobs|refs|snapshots)/(?P<rest>[^/]+)(?:/(?P<file>.+))?$"
)
_COMMIT = Lazy(r"[0-9a-f]{40}")
_MANIFEST = Lazy(r"(?:^|/)models/manifests/(?P<host>[^/]+)/(?P<space>[^/]+)/(?P<name>[^/]+)/(?P<tag>[^/]+)$")
_BLOB = Lazy(r"(?:^|/)models/blobs/sha256-(?P<digest>[0-9a-f]{64})$")
_USUAL_HOST, _USUAL_SPACE = "registry.ollama.ai", "library"
_TYPE = "application/vnd.ollama.image."
_MOST_LAYERS = 1000


class Cached(Record):
    """A file of a Hugging Face cache."""

    kind: Literal["model", "dataset", "space"]
    repository: str
    """``org/name``, or ``name``."""
    part: Literal["blobs", "refs", "snapshots"]
    commit: str
    """Of a snapshot, else ""."""
    file: str
    """In the repository; "" for a blob. Of a ref, its name, whose content is a commit."""
    blob: str
    """SHA-256 of a large file, SHA-1 of Git of a small one; "" for others."""


class Layer(Record):
    """A part of an Ollama model."""

    kind: str
    """``model``, ``template``, ``system``, ``params``, ``license``, ``adapter``, ``projector``, ``messages``, …"""
    digest: str
    """``sha256:…``"""
    size: int | None
    origin: str
    """What it was made from, as the manifest says: a file's name, "" when it does not say."""


class Manifest(Record):
    """An Ollama model."""

    layers: tuple[Layer, ...]
    flaws: tuple[Flaw, ...]


def cached(path: str) -> Cached | None:
    """The place of a file in a cache; None when it is in none."""
    if "--" not in path:
        return None
    found = _CACHE.search(path)
    if not found:
        return None
    rest, part = found["rest"], found["part"]
    snapshot = part == "snapshots"
    if (snapshot and not found["file"]) or (part == "blobs" and found["file"]):
        return None
    kind: Literal["model", "dataset", "space"] = (
        "model" if found["kind"] == "models" else "dataset" if found["kind"] == "datasets" else "space"
    )
    name = f"{rest}/{found['file']}" if part == "refs" and found["file"] else rest
    return Cached(
        kind=kind,
        repository=shown(found["name"].replace("--", "/")),
        part="blobs" if part == "blobs" else "refs" if part == "refs" else "snapshots",
        commit=rest if snapshot and _COMMIT.fullmatch(rest) else "",
        file=found["file"] if snapshot else name if part == "refs" else "",
        blob=rest if part == "blobs" else "",
    )


def ollama_name(path: str) -> str:
    """``name:tag`` of the model whose manifest this is, with namespace and host when they are not the usual ones."""
    found = _MANIFEST.search(path) if "/manifests/" in path else None
    if not found:
        return ""
    host, space = found["host"], found["space"]
    before = f"{host}/{space}/" if host != _USUAL_HOST else f"{space}/" if space != _USUAL_SPACE else ""
    return shown(f"{before}{found['name']}:{found['tag']}")


def ollama_blob(path: str) -> str:
    """The digest that a blob of an Ollama store is named after, ``sha256:…``; "" for another file."""
    found = _BLOB.search(path) if "sha256-" in path else None
    return f"sha256:{found['digest']}" if found else ""


def read_manifest(source: Source, size: int) -> Manifest:
    """The layers of an Ollama model. Raises ValueError for a document without layers."""
    draft = Draft("ollama-manifest")
    said = documents.read_json(draft, source, size)
    layers = said.get("layers") if isinstance(said, dict) else None
    if not isinstance(layers, list):
        if said is not None:
            raise ValueError("a manifest without layers")
        layers = []
    if len(layers) > _MOST_LAYERS:
        draft.flaw("limit", f"more than {_MOST_LAYERS} layers", 0)
    found = tuple(
        Layer(
            kind=shown(text(part, "mediaType").removeprefix(_TYPE)),
            digest=shown(text(part, "digest")),
            size=number(part, "size"),
            origin=shown(text(part, "from")),
        )
        for part in layers[:_MOST_LAYERS]
    )
    return Manifest(layers=found, flaws=tuple(draft.flaws))
