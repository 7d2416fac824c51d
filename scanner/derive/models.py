"""The models of a target: their files, wherever stores of models put them, joined into one for each."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from scanner import knowledge
from scanner.model.facts import Fact, LateRemoval, Model, ModelFile
from scanner.model.location import Evidence
from scanner.parsers.models import hub

MAX_EVIDENCE = 10
"""Files of a model that its fact points at."""
_DATA = frozenset({"weights", "stand-in"})
_APART = _DATA | {"licence", "link"}
"""Files that do not say what a model is, beside those of its data."""
_TEXTS = (
    "name", "architecture", "quantization", "licence", "licence_link", "producer", "author", "version", "task",
    "repository", "commit",
)  # fmt: skip
_LISTS = ("base_models", "datasets", "languages")
_COMMON = frozenset({"pickle", "npy", "npz"})
"""Formats of much else besides models."""
_ORDER = ("manifest", "card", "config", "weights", "index", "template", "licence", "link", "stand-in")
"""Whose word counts first."""


def derive(facts: Sequence[Fact], _today: str) -> Iterator[Model]:
    """One fact for each folder that holds the data of a model, in the layers that ship and in those that do not."""
    files = [fact for fact in facts if type(fact) is ModelFile]
    if not any(fact.role in _DATA for fact in files):
        return
    groups: dict[tuple[str, bool], list[ModelFile]] = {}
    stored = _stored(files)
    for fact in files:
        for place in stored.get((fact.path, fact.ships), (fact.path,)):
            groups.setdefault((_folder(place), fact.ships), []).append(fact)
    for (folder, _), group in groups.items():
        data = [fact for fact in group if fact.role in _DATA]
        if not data:
            continue
        licences = [fact for fact in group if fact.role == "licence"]
        about = [fact for fact in group if fact.role not in _APART]
        if len(data) == 1 or about or _shards(data):
            yield _model(folder if len(data) > 1 or about else data[0].path, [*about, *data, *licences], data)
        else:
            for fact in data:  # several models side by side, of which nothing says that they are one
                yield _model(fact.path, [fact, *licences], [fact])


def removed(facts: Sequence[Fact]) -> Iterator[LateRemoval]:
    """One fact for each folder of models that a layer takes away from those below, where no step is known to do so.

    What is put in its place, or moved, is no removal.
    """
    weights = (fact for fact in facts if type(fact) is ModelFile and fact.role == "weights" and not fact.bundled)
    files = [fact for fact in weights if fact.format not in _COMMON]
    kept: set[object] = {key for fact in files if fact.ships for key in (fact.path, _alike(fact))}
    told = {fact.evidence[0].at.level for fact in facts if isinstance(fact, LateRemoval) and fact.content == "model"}
    groups: dict[tuple[str, int], list[ModelFile]] = {}
    for fact in files:
        level = fact.evidence[-1].at.level
        gone = not fact.ships and kept.isdisjoint((fact.path, _alike(fact)))
        if gone and level not in {fact.evidence[0].at.level, *told}:
            groups.setdefault((posixpath.dirname(fact.path), level), []).append(fact)
    for (folder, _), group in groups.items():
        yield LateRemoval(
            evidence=(group[0].evidence[0], group[0].evidence[-1]),
            path=group[0].path if len(group) == 1 else folder,
            content="model",
            put_by="unknown",
            stage="",
        )


def _alike(fact: ModelFile) -> str | tuple[str, int]:
    """What a file that was moved is known by."""
    return fact.digest or (posixpath.basename(fact.path), fact.size)


def _stored(files: Sequence[ModelFile]) -> Mapping[tuple[str, bool], tuple[str, ...]]:
    """The names under which stores have a file that is called by its digest: those of links, and of manifests."""
    found: dict[tuple[str, bool], tuple[str, ...]] = {}
    by_digest = {digest: fact.path for fact in files if (digest := hub.ollama_blob(fact.path))}
    for fact in files:
        if fact.role == "link":
            targets = [posixpath.normpath(posixpath.join(posixpath.dirname(fact.path), fact.files[0]))]
        elif fact.role == "manifest":
            targets = [by_digest[digest] for digest in fact.files if digest in by_digest]
        else:
            continue
        for target in targets:
            key = target, fact.ships
            found[key] = (*found.get(key, ()), fact.path)
    return found


def _folder(path: str) -> str:
    """What a file belongs to: its folder, that of a snapshot of the hub's cache, or a manifest."""
    if hub.ollama_name(path):
        return path
    place = hub.cached(path)
    inside = place.file if place is not None and place.part == "snapshots" else ""
    return path.removesuffix(f"/{inside}") if inside else posixpath.dirname(path)


def _shards(data: Sequence[ModelFile]) -> bool:
    """Whether files are parts of one model by their names: ``…-00001-of-00003.safetensors``."""
    return all("-of-" in posixpath.basename(fact.path) for fact in data)


def _model(path: str, files: Sequence[ModelFile], data: Sequence[ModelFile]) -> Model:
    files = sorted(files, key=lambda fact: _ORDER.index(fact.role))
    said: dict[str, Any] = {name: next(filter(None, (getattr(one, name) for one in files)), "") for name in _TEXTS}
    if files[0].role in _DATA and files[0].format != "gguf":
        said["name"] = ""  # that of a graph, which others have as well
    for name in _LISTS:
        said[name] = tuple(dict.fromkeys(word for one in files for word in getattr(one, name)))
    place = hub.cached(f"{path}/-")
    said["commit"] = said["commit"] or ("" if place is None else place.commit)
    said["name"] = said["name"] or said["repository"].rpartition("/")[2] or posixpath.basename(path)
    said["licence"] = _licence(said["licence"])
    formats: dict[str, list[ModelFile]] = {}
    for one in data:
        formats.setdefault(one.format, []).append(one)
    format = max(formats, key=lambda each: sum(one.size for one in formats[each]))
    counts = [sum(one.parameters or 0 for one in same) for same in formats.values()]
    terms = knowledge.restricted_licence(said["licence"]) if said["licence"] else None
    evidence: list[Evidence] = list(dict.fromkeys(place for one in (*data, *files) for place in one.evidence))
    return Model(
        evidence=tuple(evidence[:MAX_EVIDENCE]),
        ships=data[0].ships,
        path=path,
        role="weights" if any(one.role == "weights" for one in data) else "stand-in",
        format=format,
        container=data[0].container,
        size=sum(one.size for one in data),
        digest=data[0].digest if len(data) == 1 else "",
        parameters=max(counts) or None,
        dtypes=tuple(dict.fromkeys(dtype for one in data for dtype in one.dtypes)),
        context_length=next((one.context_length for one in files if one.context_length is not None), None),
        files=tuple(posixpath.basename(one.path) for one in files),
        bundled=all(one.bundled for one in data),
        copied=data[0].copied,
        parts=len(data),
        licence_file=any(one.role == "licence" for one in files),
        restrictions="" if terms is None else terms.restrictions,
        asks="" if terms is None else terms.asks,
        **said,
    )


def _licence(said: str) -> str:
    """As SPDX spells it, where it is one of its licences."""
    if not said:
        return ""
    from scanner.parsers.licences import normalized

    return normalized(said) or said
