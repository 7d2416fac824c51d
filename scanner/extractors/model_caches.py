"""What the caches of model hubs in a layer say about how they were filled: at a branch, or at a commit."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from scanner.extractors.interface import Told
from scanner.model.facts.layers import CachedModel
from scanner.model.facts.models import ModelContent
from scanner.model.location import Evidence
from scanner.model.target import File, Item
from scanner.parsers.manifests.specifier import is_commit

DEFAULT = "main"
"""The branch that the hub gives to who names none."""
_CHECKOUT = "/hubconf.py"
_BRANCHES = ("_main", "_master")


class ModelCaches:
    """``refs/NAME`` of a Hugging Face cache, which is written for a branch or a tag but not for a commit, and the
    repositories that torch.hub unpacked (https://docs.pytorch.org/docs/stable/hub.html).
    """

    of = (File,)
    told = Told(starts=(_CHECKOUT[1:],), within=("/refs/",))

    def wants(self, item: Item) -> bool:
        """By path; in layers only."""
        if not isinstance(item, File):
            return False
        path = item.at.path
        if path[-11:] != _CHECKOUT and ("--" not in path or "/refs/" not in path):
            return False
        return item.at.layer is not None and item.link is None

    def extract(self, item: Item) -> Iterator[CachedModel]:
        """At most one fact."""
        assert isinstance(item, File)
        if item.at.path.endswith(_CHECKOUT):
            yield from _checkout(item)
            return
        from scanner.parsers.models import hub

        place = hub.cached(item.at.path)
        if place is not None and place.part == "refs" and place.kind != "space" and place.file[:3] != "pr/":
            revision = "" if place.file == DEFAULT else place.file
            yield _fact(item, "huggingface", place.repository, place.kind, revision)


def _checkout(item: File) -> Iterator[CachedModel]:
    """``hub/OWNER_REPOSITORY_REFERENCE/hubconf.py``; an owner has no underscore in the name."""
    *_, above, folder, _ = ("", "", *item.at.path.split("/"))
    owner, _, rest = folder.partition("_")
    end = next((branch for branch in _BRANCHES if rest.endswith(branch)), f"_{rest.rpartition('_')[2]}")
    repository, revision = rest.removesuffix(end), end[1:]
    if above == "hub" and repository and revision and owner:
        yield _fact(item, "torch-hub", f"{owner}/{repository}", "model", revision)


def _fact(
    item: File, source: Literal["huggingface", "torch-hub"], name: str, content: ModelContent, revision: str
) -> CachedModel:
    return CachedModel(
        evidence=(Evidence(item.at),),
        ships=item.ships,
        source=source,
        name=name,
        content=content,
        revision=revision,
        revision_pinned=bool(is_commit(revision)),
        via="cache",
        call="a download into the cache",
        stage="",
        moment="build",
        trust_repo=False,
    )


EXTRACTORS = (ModelCaches(),)
