"""``hullcheck rules``: which rules there are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from scanner import config as configuration
from scanner.cli.output import write
from scanner.engine.load import load
from scanner.model.rule import Rule
from scanner.reporters.interface import DOCS
from scanner.reporters.tally import amount


def catalogue(folders: Sequence[str], config: str | None) -> tuple[Rule, ...]:
    """Every rule: built in, of these folders, and of the configuration's. Raises UsageError."""
    settings = configuration.settings({"rules": tuple(folders)}, config=config)
    return load(*settings.rules)


def run(folders: Sequence[str], config: str | None, *, as_json: bool) -> int:
    """A line a rule, or JSON; the exit code. Raises UsageError."""
    found = sorted(catalogue(folders, config), key=lambda rule: rule.id)
    if as_json:
        import json

        write(json.dumps([_plain(rule) for rule in found], indent=2) + "\n")
        return 0
    width = max((len(rule.id) for rule in found), default=0)
    lines = (f"{rule.id:<{width}}  {rule.says[0]:<8}  {rule.profile:<7}  {rule.title}" for rule in found)
    write("".join(line + "\n" for line in lines))
    strict = sum(rule.profile == "strict" for rule in found)
    total = amount(len(found), "rule")
    write(f"\n{total}, {strict} of them only with --profile strict. `hullcheck explain RULE` tells more.\n")
    return 0


def _plain(rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.id,
        "title": rule.title,
        "severity": str(rule.severity),
        "confidence": rule.confidence,
        "profile": rule.profile,
        "subject": rule.subject,
        "why": rule.why.strip(),
        "fix": rule.fix.strip(),
        "same_as": {name: list(ids) for name, ids in sorted(rule.same_as.items())},
        "controls": {name: list(ids) for name, ids in sorted(rule.controls.items())},
        "references": list(rule.references),
        "docs": f"{DOCS}/{rule.id}.md",
    }
