"""Variables, labels and the health check: what the image is told to be."""

from __future__ import annotations

from collections.abc import Iterator

from scanner.model.facts import BuildArgument, EnvironmentVariable, Fact, HealthCheck, Label, UndefinedVariable
from scanner.model.instruction import Healthcheck, Pair, Pairs
from scanner.model.location import Word
from scanner.model.target import Config, Item, Step
from scanner.parsers import secrets
from scanner.parsers.lazy import Lazy

_NAMES = Lazy(r"\$\{?(\w+)")


class Variables:
    """ENV, ARG and LABEL."""

    of = (Step,)

    def wants(self, item: Item) -> bool:
        """Those three instructions."""
        return isinstance(item, Step) and isinstance(item.instruction, Pairs)

    def extract(self, item: Item) -> Iterator[Fact]:
        """A fact for each pair."""
        assert isinstance(item, Step)
        assert isinstance(item.instruction, Pairs)
        instruction, stage = item.instruction, _name(item)
        fresh = {pair.key.text for pair in instruction.pairs if pair.key.text not in item.env}
        for pair in instruction.pairs:
            key, value = pair.key.text, pair.value
            whole = Word("", pair.key.start, value.end if value else pair.key.end)
            evidence = (instruction.evidence(whole),)
            if instruction.keyword == "ENV":
                yield EnvironmentVariable(
                    evidence=evidence,
                    ships=item.stage.ships,
                    name=key,
                    value=value.text if value and value.known else None,
                    shown=value.text if value else "",
                    stage=stage,
                    refers_to_itself=_refers(instruction, pair, fresh),
                    legacy=pair.legacy,
                )
            elif instruction.keyword == "ARG":
                yield BuildArgument(
                    evidence=evidence,
                    ships=item.stage.ships,
                    name=key,
                    stage=stage,
                    has_default=value is not None and bool(value.text),
                    credential=secrets.is_credential(key),
                    ai_provider=secrets.ai_provider(key),
                )
            else:
                known = value.text if value and value.known else None
                yield Label(evidence=evidence, ships=item.stage.ships, key=key, value=known)


class UndefinedVariables:
    """What an instruction uses though nobody declared it."""

    of = (Step,)

    def wants(self, item: Item) -> bool:
        """Steps with such a variable."""
        return isinstance(item, Step) and bool(item.undeclared)

    def extract(self, item: Item) -> Iterator[UndefinedVariable]:
        """A fact for each variable."""
        assert isinstance(item, Step)
        for word in item.undeclared:
            yield UndefinedVariable(
                evidence=(item.instruction.evidence(word),),
                ships=item.stage.ships,
                name=word.text,
                keyword=item.keyword,
                stage=_name(item),
                declared_outside=item.keyword != "FROM",
            )


class HealthChecks:
    """Whether the finished image has a health check."""

    of = (Config,)

    def wants(self, item: Item) -> bool:
        """Only the config."""
        return isinstance(item, Config)

    def extract(self, item: Item) -> Iterator[HealthCheck]:
        """One fact, none where nothing can run."""
        assert isinstance(item, Config)
        if item.starts_nothing:
            return
        steps = [step for step in item.steps if isinstance(step.instruction, Healthcheck)]
        yield HealthCheck(
            evidence=item.evidence("healthcheck"),
            declared=item.healthcheck_declared,
            disabled=bool(steps) and isinstance(last := steps[-1].instruction, Healthcheck) and last.disabled,
        )


def _name(step: Step) -> str:
    return "" if step.stage.index < 0 else step.stage.name or str(step.stage.index)


def _refers(instruction: Pairs, pair: Pair, fresh: set[str]) -> bool:
    """Its value uses another name that the same ENV is the first to set: it gets the old value, which is none."""
    if pair.value is None:
        return False
    raw = instruction.text.value[pair.value.start : pair.value.end]
    return "$" in raw and any(name in fresh and name != pair.key.text for name in _NAMES.findall(raw))


EXTRACTORS = (Variables(), UndefinedVariables(), HealthChecks())
