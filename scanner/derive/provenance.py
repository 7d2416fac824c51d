"""What an image with models in it says about where they, and it, come from."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Sequence

from scanner.model.facts import Copy, Download, Fact, Label, Model, ModelDownload, Provenance
from scanner.parsers.lazy import Lazy

_LICENCE = Lazy(r"(?i)(?:^|[._-])(?:licen[cs]e|copying|notice|use_policy)(?:[._-]|$)")
_BILL = Lazy(r"(?i)s?bom(?:[._-]|$)|cyclonedx|spdx|\.cdx\.json$")
_ABOUT = frozenset({"org.opencontainers.image.source", "org.opencontainers.image.revision"})
MAX_SHOWN = 5
"""Models that the fact names."""


def derive(facts: Sequence[Fact], _today: str) -> Iterator[Provenance]:
    """One fact when the build puts a model into the image, or when one is in it."""
    singles = [fact for fact in facts if fact.ships and isinstance(fact, Copy | Download) and _is_weights(fact)]
    taken = [
        fact
        for fact in facts
        if isinstance(fact, ModelDownload) and fact.ships and fact.moment == "build" and _is_model(fact)
    ]
    held = [
        fact for fact in facts if isinstance(fact, Model) and fact.ships and fact.role == "weights" and not fact.bundled
    ]
    models: list[Fact] = [*singles, *taken, *held]
    if not models:
        return
    copies = [fact for fact in facts if isinstance(fact, Copy) and fact.ships and fact.origin != "heredoc"]
    labels = {fact.key.lower() for fact in facts if isinstance(fact, Label) and fact.ships}
    names = [posixpath.basename(fact.source or "") for fact in copies]
    folders = any("." not in name and not _LICENCE.search(name) for name in names)
    told = bool(held) and all(fact.licence or fact.licence_link or fact.licence_file for fact in held)
    licence = told or "org.opencontainers.image.licenses" in labels or any(map(_LICENCE.search, names))
    bill = any(map(_BILL.search, (*labels, *names)))
    yield Provenance(
        evidence=models[0].evidence[:1],
        models=", ".join(dict.fromkeys(filter(None, map(_name, models[:MAX_SHOWN])))),
        weights=bool(singles or held),
        licence=licence or (None if folders else False),
        bill_of_materials=bill or (None if folders else False),
        labelled=not labels.isdisjoint(_ABOUT),
    )


def _is_weights(fact: Copy | Download) -> bool:
    if isinstance(fact, Copy):
        return bool(fact.model_format) and fact.origin in {"context", "url"}
    return fact.content == "model" and fact.moment == "build" and fact.tool != "ADD"


def _is_model(fact: ModelDownload) -> bool:
    return fact.content == "model" and fact.source not in {"spacy", "nltk", "other"} and fact.via != "cache"


def _name(fact: Fact) -> str:
    if isinstance(fact, Copy):
        return posixpath.basename(fact.source or "")
    if isinstance(fact, Model):
        return fact.name
    return fact.file if isinstance(fact, Download) else (fact.name or "") if isinstance(fact, ModelDownload) else ""
