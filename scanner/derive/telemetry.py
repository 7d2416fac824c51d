"""Packages that send figures about their use, beside the variables that tell them not to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache

from scanner import knowledge
from scanner.model.facts import EnvironmentVariable, Fact, Requirement, RuntimeUser, Telemetry

_YES = frozenset({"1", "true", "yes", "on"})
_NO = frozenset({"0", "false", "no", "off"})


def derive(facts: Sequence[Fact], _today: str) -> Iterator[Telemetry]:
    """One fact for all such packages of the shipping image that no variable of it tells to be silent.

    Files and lists of packages without a config do not tell which variables there are.
    """
    talking: dict[str, Requirement] = {}
    for fact in facts:
        if isinstance(fact, Requirement) and fact.ships and fact.ecosystem == "pypi" and fact.name in _switches():
            talking.setdefault(fact.name, fact)
    if not talking or not any(isinstance(fact, RuntimeUser) for fact in facts):
        return
    env = {fact.name: fact.value for fact in facts if isinstance(fact, EnvironmentVariable) and fact.ships}
    left = {name: fact for name, fact in talking.items() if not any(_says(env, each) for each in _switches()[name])}
    if left:
        yield Telemetry(
            evidence=tuple(evidence for fact in left.values() for evidence in fact.evidence[:1]),
            packages=", ".join(left),
            variables=" ".join(dict.fromkeys("=".join(_switches()[name][0]) for name in left)),
        )


def _says(env: Mapping[str, str | None], switch: tuple[str, str]) -> bool:
    """Whether the environment sets the switch, or might."""
    name, wanted = switch
    if name not in env:
        return False
    value = env[name]
    return value is None or value.lower() in (_YES if wanted.lower() in _YES else _NO)


@cache
def _switches() -> dict[str, list[tuple[str, str]]]:
    """By package, the variables and values that switch it off, the usual one first."""
    return {
        package: [
            (name, value)
            for text in (first, *others.split(","))
            for name, _, value in [text.strip().partition("=")]
            if name
        ]
        for package, first, others in knowledge.rows("telemetry")
    }
