"""Artifacts of development and training, put together for each COPY that brings them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from scanner.model.facts import Artifact, Command, CopiedArtifact, Fact, Service
from scanner.model.location import Evidence
from scanner.parsers.lazy import Lazy

_TRAINS = Lazy(
    r"^(?:torchrun|deepspeed|accelerate launch|horovodrun)\b"
    r"|(?:^|[/_\s.-])(?:pre|fine)?[_-]?(?:train|tun(?:e|ing))\w{0,40}(?:\.py)?(?:\s|$)"
)
MAX_WORDS = 400
"""Characters of a start command that are looked at."""


def derive(facts: Sequence[Fact], _today: str) -> Iterator[Artifact]:
    """One fact for each type that a COPY brings, at the COPY."""
    groups: dict[tuple[str, Evidence], list[CopiedArtifact]] = {}
    for fact in facts:
        if isinstance(fact, CopiedArtifact):
            groups.setdefault((fact.type, fact.evidence[0]), []).append(fact)
    if not groups:
        return
    training = any(
        isinstance(fact, Command) and fact.moment == "start" and bool(_TRAINS.search(fact.words, 0, MAX_WORDS))
        for fact in facts
    )
    notebooks = any(isinstance(fact, Service) and fact.role == "notebook" for fact in facts)
    for (type_, _), found in groups.items():
        first = next((fact for fact in found if fact.by_name), found[0])
        files = sum(not fact.by_name for fact in found)
        yield Artifact(
            evidence=tuple(dict.fromkeys(evidence for fact in (first, *found[:3]) for evidence in fact.evidence)),
            ships=first.ships,
            type=first.type,
            path=first.path,
            others=files if first.by_name else files - 1,
            by_name=first.by_name,
            wanted=training if type_ == "training-state" else notebooks and type_ == "notebook-outputs",
        )
