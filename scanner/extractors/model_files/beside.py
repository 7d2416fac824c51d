"""Files beside a model that say something about it: its card, its configuration, what a store notes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from scanner.extractors.model_files import stated
from scanner.extractors.model_files.draft import Draft
from scanner.extractors.model_files.wanted import LICENCES
from scanner.model.facts.base import Fact
from scanner.model.facts.model_files import ModelRole
from scanner.parsers import tar
from scanner.parsers.models import cards, configs, hub, packages
from scanner.parsers.models.header import Header
from scanner.parsers.models.limits import MAX_TEXT

Reader = Callable[[tar.Source, int], Header]

_MANIFESTS: dict[str, Reader] = {"MLmodel": packages.read_mlflow, "model_config.yaml": packages.read_nemo}
_BY_CONTENT: tuple[Reader, ...] = (configs.read_config, configs.read_tokenizer, configs.read_index)
"""What may read a JSON file of a store, which has no name; the first that finds something does."""


def look(draft: Draft, name: str) -> Iterable[Fact]:
    """The facts of one; none when it says nothing about a model. Raises ValueError for what is too large."""
    if name.startswith(LICENCES):
        draft.is_model = True
        return draft.facts("licence")
    draft.is_model = False
    data = draft.file.part(0, min(draft.file.size, MAX_TEXT + 1))
    if hub.ollama_name(draft.path):
        return _manifest(draft, data)
    for role, read in _readers(name, data):
        try:
            header = read(tar.Buffer(data), len(data))
        except ValueError:
            continue  # of something else
        if stated.state(draft, header):
            draft.is_model, draft.format = True, header.format
            return draft.facts(role)
    return ()


def _readers(name: str, data: bytes) -> Iterator[tuple[ModelRole, Reader]]:
    named = configs.reader_of(name) or _MANIFESTS.get(name)
    if named is not None:
        yield ("index" if name.endswith(".index.json") else "config"), named
    elif data.startswith(b"---"):
        yield "card", cards.read
    elif data.startswith(b"{"):
        for read in _BY_CONTENT:
            yield ("index" if read is configs.read_index else "config"), read


def _manifest(draft: Draft, data: bytes) -> Iterable[Fact]:
    """What a model of an Ollama store is made of."""
    try:
        manifest = hub.read_manifest(tar.Buffer(data), len(data))
    except ValueError:
        return ()
    draft.is_model, draft.format = True, "ollama-manifest"
    licensed = any(layer.kind == "license" for layer in manifest.layers)
    draft.say(name=hub.ollama_name(draft.path), files=tuple(layer.digest for layer in manifest.layers))
    draft.say(licence_link="in the model's store" if licensed else "")
    return draft.facts("manifest")
