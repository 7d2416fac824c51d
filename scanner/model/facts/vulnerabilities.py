"""What advisories say about packages: of an image, and those that a Dockerfile asks for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from scanner.model.facts.base import Fact
from scanner.model.facts.installed import InstalledPackage
from scanner.model.facts.packages import DeclaredIn, Ecosystem, Requirement

Rating = Literal["info", "low", "medium", "high", "critical"]
"""CVSS calls ``info`` none; Ubuntu negligible, Debian unimportant."""
RATINGS: tuple[Rating, ...] = ("info", "low", "medium", "high", "critical")
Certainty = Literal["low", "medium", "high"]


class KnownVulnerability(Fact):
    """An advisory about an installed package; those that share an id (CVE, GHSA, …) are one."""

    kind = "known-vulnerability"
    identity = ("ecosystem", "name", "advisory")
    ecosystem: Ecosystem
    name: str
    """Of the installed package, as the ecosystem normalizes it."""
    version: str
    purl: str
    location: str
    """Where the package is recorded; further copies of it are evidence."""
    reached_by: str | None
    """The open service that hands the package what the network sends: ``vllm, open on port 8000``, or that ``through
    fastapi``, which requires it; None where none is known to."""
    told: str
    """The package in words, with the service."""
    advisory: str
    """The id that it is best known by: CVE, else GHSA, else its own."""
    aliases: tuple[str, ...]
    """Its other ids."""
    source: str
    """Whose word it is: ``PyPI``, ``Debian:12``, ``pip-audit``, …"""
    summary: str
    """On one line; "" for none."""
    affects: bool | None
    """None where nobody can say: the version cannot be compared, or the advisory names none."""
    certainty: Certainty
    """``low`` for a vendor's own build that may have the fix, and for what the maker disputes; ``medium`` where the
    version or the name is only nearly that of the advisory."""
    severity: Rating | None
    """By the base score of CVSS v3, else v4, else the word of the database; None when none of them says."""
    score: str = ""
    """The base score, ``9.8``; "" for none."""
    vector: str = ""
    """The CVSS vector of that score; "" for none."""
    fixed_in: tuple[str, ...]
    """The versions that have the fix and are later than the installed one, the first one first."""
    upgrade: str = ""
    """The smallest version that as few advisories affect as any that is known, if it is rid of this one; else ""."""
    remedy: str
    """What to do, in words: ``upgrade to 2.10.0``, ``no fixed version is known``."""
    exploited: bool | None = None
    """In CISA's catalogue of known exploited vulnerabilities; None without the catalogue."""
    exploit_percent: int | None = None
    """The probability of an attack within 30 days (EPSS), in percent; None when nobody says."""
    disputed: bool = False
    """Its makers say that it is none, or works as designed."""
    of_base: bool | None
    """The base image brings the package; None when nothing tells."""
    references: tuple[str, ...] = ()

    @property
    def urgency(self) -> int:
        """The reasons to mend it before others that are as severe: that it is exploited, that a service reaches it."""
        return bool(self.exploited) + bool(self.reached_by)

    def joined(self, other: KnownVulnerability) -> KnownVulnerability:
        """The same, where ``other`` says it of the package under its other name."""
        reached_by = self.reached_by or other.reached_by
        return self.replace(
            evidence=(*self.evidence, *other.evidence),
            reached_by=reached_by,
            told=told(self.name, self.version, reached_by),
        )


def affected(same: Sequence[InstalledPackage]) -> dict[str, Any]:
    """The fields of a known vulnerability that its package says, with all copies of that; at least one."""
    package = same[0]
    layer = package.evidence[0].at.layer
    reached_by = next((each.reached_by for each in same if each.reached_by), None)
    return {
        "evidence": tuple(dict.fromkeys(each.evidence[0] for each in same)),
        "ships": package.ships,
        "ecosystem": package.ecosystem,
        "name": package.name,
        "version": package.version,
        "purl": package.purl,
        "location": package.location,
        "of_base": layer.base if layer is not None else None,
        "reached_by": reached_by,
        "told": told(package.name, package.version, reached_by),
    }


def told(name: str, version: str, reached_by: str | None) -> str:
    """``starlette 0.36.0 (reached by vllm, open on port 8000)``."""
    return f"{name} {version} (reached by {reached_by})" if reached_by else f"{name} {version}"


class VulnerablePin(Fact):
    """A version or ceiling in a Dockerfile, requirements or lock file that leaves only vulnerable releases."""

    kind = "vulnerable-pin"
    identity = ("ecosystem", "name", "specifier")
    ecosystem: Ecosystem
    name: str
    specifier: str
    exact: bool
    """It means one release; False for a range."""
    advisories: tuple[str, ...]
    """Their ids, the worst first."""
    told: str
    """The worst of them, and how many more there are."""
    severity: Rating | None
    """The worst of them; None when none of them says."""
    certainty: Certainty
    upgrade: str
    """The smallest version that as few advisories affect as any that is known; "" when none is better."""
    remedy: str
    """What to do, in words."""
    exploited: bool | None
    """One of them is in CISA's catalogue; None without the catalogue."""
    declared_in: DeclaredIn

    @classmethod
    def asked(
        cls,
        by: Requirement,
        advisories: Sequence[str],
        *,
        severity: Rating | None,
        certainty: Certainty,
        upgrade: str,
        remedy: str,
        exploited: bool | None,
    ) -> VulnerablePin:
        """What a requirement asks for; ``advisories`` are at least one, the worst first."""
        return cls(
            evidence=by.evidence,
            ships=by.ships,
            ecosystem=by.ecosystem,
            name=by.name,
            specifier=by.specifier,
            exact=bool(by.version),
            advisories=tuple(advisories),
            told=advisories[0] + (f" and {len(advisories) - 1} more" if len(advisories) > 1 else ""),
            severity=severity,
            certainty=certainty,
            upgrade=upgrade,
            remedy=remedy,
            exploited=exploited,
            declared_in=by.declared_in,
        )
