"""Artifacts of development and training, put together for each COPY that brings them and each layer that has them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from scanner.model.facts import Artifact, Command, CopiedArtifact, Fact, Service
from scanner.model.facts.artifacts import MadeBy
from scanner.model.location import Evidence, Layer
from scanner.parsers.lazy import Lazy

_TRAINS = Lazy(
    r"^(?:torchrun|deepspeed|accelerate launch|horovodrun)\b"
    r"|(?:^|[/_\s.-])(?:pre|fine)?[_-]?(?:train|tun(?:e|ing))\w{0,40}(?:\.py)?(?:\s|$)"
)
MAX_WORDS = 400
"""Characters of a start command that are looked at."""


def derive(facts: Sequence[Fact], _today: str) -> Iterator[Artifact]:
    """One fact for each type that a COPY brings, at the COPY, or that a layer holds, at the first file."""
    groups: dict[tuple[str, bool, Evidence | int], list[CopiedArtifact]] = {}
    for fact in facts:
        if isinstance(fact, CopiedArtifact):
            first = fact.evidence[0]
            in_layer = not fact.by_name and first.at.level >= 0
            groups.setdefault((fact.type, fact.ships, first.at.level if in_layer else first), []).append(fact)
    if not groups:
        return
    training = any(
        isinstance(fact, Command) and fact.moment == "start" and bool(_TRAINS.search(fact.words, 0, MAX_WORDS))
        for fact in facts
    )
    notebooks = any(isinstance(fact, Service) and fact.role == "notebook" for fact in facts)
    for (type_, _, _), found in groups.items():
        best = next((fact for fact in found if fact.by_name), found[0])
        files = sum(not fact.by_name for fact in found)
        yield Artifact(
            evidence=tuple(dict.fromkeys(evidence for fact in (best, *found[:3]) for evidence in fact.evidence)),
            ships=best.ships,
            type=best.type,
            path=best.path,
            others=files if best.by_name else files - 1,
            by_name=best.by_name,
            wanted=training if type_ == "training-state" else notebooks and type_ == "notebook-outputs",
            made_by=_made_by(best.evidence[0].at.layer),
        )


def _made_by(layer: Layer | None) -> MadeBy:
    """What made a layer, by the history; what is in none was named by a COPY of the build file."""
    if layer is None:
        return "copy"
    from scanner.parsers.created_by import parse

    keyword = parse(layer.created_by).keyword
    return "copy" if keyword in {"COPY", "ADD"} else "run" if keyword == "RUN" else "unknown"
