"""The known vulnerabilities of one package, for people: a line each, and the upgrade once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from scanner.model.facts import KnownVulnerability
from scanner.model.finding import Finding
from scanner.reporters.interface import Options
from scanner.reporters.quote import shortened, visible
from scanner.reporters.style import BOLD, DIM, RULER, SEVERITY, Painter

FIXES = 2
"""Fixed versions shown for a vulnerability."""


def lines(findings: Sequence[Finding], where: str, also: str, options: Options, paint: Painter) -> Iterator[str]:
    """The package, its vulnerabilities with the worst first, and what to do; ``also`` are targets that share it."""
    facts = [finding.fact for finding in findings if isinstance(finding.fact, KnownVulnerability)]
    first, count = facts[0], len(facts)
    reached = next((f"reached by {fact.reached_by}" for fact in facts if fact.reached_by), "")
    more = "; ".join(filter(None, ("the base image brings it" if first.of_base else "", reached)))
    yield (
        f"{paint(where, BOLD)} {paint(visible(f'{first.name} {first.version}'), BOLD)}  "
        f"{count} known {'vulnerability' if count == 1 else 'vulnerabilities'}"
        + (visible(f" ({more})") if more else "")
    )
    width = max(len(fact.advisory) for fact in facts)
    wide = max(len(_said(fact)) for fact in facts)
    for finding, fact in zip(findings, facts, strict=True):
        severity = finding.rule.severity if fact.severity else None
        word = f"{'unknown' if severity is None else str(severity):<8}"
        said = _said(fact).ljust(wide)
        head = f"  {word} {visible(fact.advisory):<{width}}  {visible(said)}"
        summary = shortened(fact.summary, max(20, options.width - len(head) - 2)) if fact.summary else ""
        color = SEVERITY[severity if severity is not None else finding.rule.severity]
        line = f"  {paint(word, color)} {paint(visible(fact.advisory).ljust(width), BOLD)}  {visible(said)}  {summary}"
        if finding.suppressed:
            line += paint(f" (ignored by {finding.suppressed.by}: {visible(finding.suppressed.reason)})", DIM)
        yield line.rstrip()
    ruler = paint("=", RULER)
    for place in dict.fromkeys(str(evidence.at) for fact in facts for evidence in fact.evidence[1:]):
        yield f"    {ruler} {paint('see:', BOLD)} {visible(place)}"
    if also:
        yield f"    {ruler} {paint('also in:', BOLD)} {also}"
    left = [fact.advisory for fact in facts if not fact.upgrade]
    if better := next((fact.upgrade for fact in facts if fact.upgrade), ""):
        text = f"upgrade {first.name} to {better}" + (f", which still has {', '.join(left[:3])}" if left else "")
        text += f" and {len(left) - 3} more" if len(left) > 3 else ""
        yield f"    {ruler} {paint('fix:', BOLD)} {visible(text)}"
    if options.verbose:
        for fact in facts:
            urls = " ".join(fact.references[:FIXES])
            names = ", ".join(fact.aliases)
            yield f"    {ruler} {paint(f'{visible(fact.advisory)}:', BOLD)} {visible(f'{names} {urls}'.strip())}"


def _said(fact: KnownVulnerability) -> str:
    """What matters most about one, in a few words."""
    marks = ["exploited"] * bool(fact.exploited) + ["unsure"] * (fact.certainty == "low")
    fixed = f"fixed in {', '.join(fact.fixed_in[:FIXES])}" if fact.fixed_in else "no fix named"
    return "; ".join([*marks, fixed])
