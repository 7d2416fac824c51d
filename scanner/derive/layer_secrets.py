"""The same credential in several files, of layers or of a build context, put together."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence

from scanner.model.facts import CredentialFile, Fact, HeldSecret, LayerFile, Secret

MAX_PLACES = 20
"""Places of one credential that are told; ``places`` counts them all."""


def derive(facts: Sequence[Fact], _today: str) -> Iterator[Secret]:
    """One fact for each credential.

    What stands in a credential file is left out, since the file is told, except for those of AI services.
    """
    told = {fact.path for fact in facts if isinstance(fact, LayerFile) and fact.role == "credential"}
    copied = [fact for fact in facts if isinstance(fact, CredentialFile)]
    told.update(fact.path for fact in copied if not fact.by_name)
    named = {fact.evidence[0].at for fact in copied if fact.by_name}
    groups: dict[Hashable, list[HeldSecret]] = {}
    for fact in facts:
        if isinstance(fact, HeldSecret) and (fact.ai or not (fact.path in told or fact.evidence[-1].at in named)):
            groups.setdefault(_same(fact), []).append(fact)
    for found in groups.values():
        yield _secret(found)


def _same(fact: HeldSecret) -> Hashable:
    """What two credentials share that are the same: for those without a fingerprint, all that is shown."""
    return fact.detector, fact.fingerprint or (fact.name, fact.evidence[0].quote)


def _secret(found: Sequence[HeldSecret]) -> Secret:
    best = min(found, key=lambda fact: (fact.sample, fact.whose != "own", not fact.ships))
    places = [evidence for fact in (best, *found) for evidence in fact.evidence]
    layers = [fact.evidence[0].at.layer for fact in found]
    numbers = [layer.index for layer in layers if layer is not None and layer.index is not None]
    return Secret(
        evidence=tuple(dict.fromkeys(places))[:MAX_PLACES],
        ships=any(fact.ships for fact in found),
        provider=best.provider,
        ai=any(fact.ai for fact in found),
        name=best.name,
        place="file" if None in layers else "layer",
        stage="",
        detector=best.detector,
        title=best.title,
        form=best.form,
        made=best.made,
        whose=best.whose,
        sample=best.sample,
        base=all(layer is not None and bool(layer.base) for layer in layers),
        fingerprint=best.fingerprint,
        layer=min(numbers, default=-1),
        places=len({(fact.path, fact.evidence[0].at.level) for fact in found}),
    )
