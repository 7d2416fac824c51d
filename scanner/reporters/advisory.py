"""An advisory as a rule of its own, as code scanning groups alerts."""

from __future__ import annotations

from collections.abc import Sequence

from scanner.model.facts import KnownVulnerability
from scanner.reporters.plain import clean

DATABASE = "https://osv.dev/vulnerability"
TITLE = 120
"""Characters of the title of an alert."""


def title(fact: KnownVulnerability) -> str:
    """``CVE-2025-32434: what it is``, on one line."""
    text = f"{fact.advisory}: {fact.summary}" if fact.summary else fact.advisory
    return clean(text if len(text) <= TITLE else f"{text[: TITLE - 1].rstrip()}…")


def score(facts: Sequence[KnownVulnerability]) -> str | None:
    """The base score, "" without one, in which case the severity stands for it."""
    scores = [fact.score for fact in facts if fact.score]
    return max(scores, key=float, default=None)


def link(fact: KnownVulnerability) -> str:
    """Its page."""
    return f"{DATABASE}/{fact.advisory}"


def page(facts: Sequence[KnownVulnerability]) -> str:
    """What is known about it, as Markdown; ``facts`` are the packages that have it."""
    first = facts[0]
    rows = [f"# {title(first)}", "", "| Package | Installed | Fixed in | What to do |", "|---|---|---|---|"]
    for fact in sorted(facts, key=lambda each: (each.name, each.version)):
        cells = (fact.name, fact.version, ", ".join(fact.fixed_in) or "not named", fact.remedy)
        rows.append(f"| {' | '.join(clean(cell).replace('|', chr(92) + '|') for cell in cells)} |")
    rows.append("")
    told = {
        "Also known as": ", ".join(first.aliases),
        "Severity": " ".join(filter(None, (first.severity or "unknown", first.score, first.vector))),
        "Reached": "; ".join(sorted({fact.told for fact in facts if fact.reached_by})),
        "Exploited": {True: "yes, by CISA's catalogue", False: "not in CISA's catalogue", None: ""}[first.exploited],
        "Chance of an attack within 30 days": ""
        if first.exploit_percent is None
        else f"{first.exploit_percent} % (EPSS)",
        "Disputed": "yes" if first.disputed else "",
        "Source": first.source,
    }
    rows += [f"- {name}: {clean(text)}" for name, text in told.items() if text]
    rows += [f"- <{clean(url)}>" for url in first.references]
    return "\n".join(rows) + "\n"
