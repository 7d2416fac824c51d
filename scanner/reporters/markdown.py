"""A rule as a page: what it means, how to mend it, where to read on."""

from __future__ import annotations

from scanner.model.rule import Rule


def page(rule: Rule) -> str:
    """The rule's help in Markdown, without a heading."""
    parts = [rule.why.strip(), f"**How to fix it.** {rule.fix.strip()}"]
    if rule.controls:
        parts.append(
            "**Controls:** " + "; ".join(f"{name} {', '.join(ids)}" for name, ids in sorted(rule.controls.items()))
        )
    if rule.same_as:
        parts.append(
            "**Same as:** " + "; ".join(f"{name} {', '.join(ids)}" for name, ids in sorted(rule.same_as.items()))
        )
    if rule.references:
        parts.append("\n".join(f"- <{url}>" for url in rule.references))
    return "\n\n".join(parts) + "\n"
