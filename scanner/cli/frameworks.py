"""Compliance: which frameworks a run is held against, and ``hullcheck frameworks``, which lists them."""

from __future__ import annotations

from collections.abc import Sequence

from scanner import config as configuration
from scanner import knowledge
from scanner.cli.output import write
from scanner.config import Settings
from scanner.engine.document import closest
from scanner.engine.frameworkfile import judging, load
from scanner.errors import UsageError
from scanner.model.framework import Framework
from scanner.model.rule import Rule
from scanner.reporters.tally import amount


def known(settings: Settings) -> dict[str, Framework]:
    """Those that come with the program, and those of the settings' rules. Raises RuleError."""
    return load((knowledge.folder(), *settings.rules))


def asked(settings: Settings) -> list[Framework]:
    """The frameworks that the settings name, each once. Raises UsageError for one that does not exist."""
    every = known(settings)
    for name in settings.framework:
        if name not in every:
            hint = " ".join(filter(None, (closest(name, every), f"there are {', '.join(every)}")))
            raise UsageError(f"--framework: there is no framework called {name!r}", hint=hint)
    return [every[name] for name in dict.fromkeys(settings.framework)]


def needed(frameworks: Sequence[Framework], catalogue: Sequence[Rule]) -> frozenset[str]:
    """The ids of the rules that judge a control of some frameworks."""
    return frozenset(
        rule.id
        for framework in frameworks
        for control in framework.controls.values()
        for rule in judging(framework.id, control, catalogue)
    )


def run(folders: Sequence[str], config: str | None) -> int:
    """A line a framework; the exit code. Raises UsageError."""
    found = known(configuration.settings({"rules": tuple(folders)}, config=config))
    width = max(map(len, found))
    for framework in found.values():
        able = sum(control.assessable != "no" for control in framework.controls.values())
        total = amount(len(framework.controls), "control")
        write(f"{framework.id:<{width}}  {framework.title}: {total}, {able} at least partly for a scanner to assess\n")
    write("\n`hullcheck scan --framework NAME` reports on each control.\n")
    return 0
