"""What installed packages were asked for as, as far as their records tell, where no step is known to ask for them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from scanner.model.facts import Fact, InstalledPackage, Requirement
from scanner.parsers.lazy import Lazy
from scanner.parsers.manifests.specifier import is_commit

_ECOSYSTEMS = frozenset({"pypi", "conda"})
_PRERELEASE = Lazy(r"(?i)\d[-_.]?(?:(?:a|b|c|rc)[-_.]?\d|(?:alpha|beta|pre|preview|dev)(?![a-z]))")
"""In a version of PEP 440, ahead of its local part; conda's ``9b`` is none."""


def derive(facts: Sequence[Fact], _today: str) -> Iterator[Requirement]:
    """One fact for each Python package of the finished image; none for those of the distribution, which its archive
    mends, and for copies that other packages carry.
    """
    asked = {(fact.ecosystem, fact.name) for fact in facts if isinstance(fact, Requirement)}
    for fact in facts:
        if not isinstance(fact, InstalledPackage) or fact.ecosystem not in _ECOSYSTEMS or not fact.ships:
            continue
        if fact.owned_by or fact.vendored_in or (fact.ecosystem, fact.name) in asked:
            continue
        asked.add((fact.ecosystem, fact.name))
        yield _requirement(fact)


def _requirement(fact: InstalledPackage) -> Requirement:
    """A release of an index is one exact version; what else it was asked for as stands in its direct_url.json."""
    url = fact.url if fact.ecosystem == "pypi" else ""
    vcs, local = bool(url and fact.commit), url.startswith("file:") or fact.editable
    end = f"@{fact.revision}" if fact.revision else ""
    pinned = _at_commit(fact) if vcs else None if url and not local else True
    return Requirement(
        evidence=fact.evidence,
        ships=True,
        ecosystem=fact.ecosystem,
        name=fact.name,
        specifier=f"@ git+{url}{end}" if vcs else f"@ {url}" if url else f"=={fact.version}",
        version="" if url else fact.version,
        installer=fact.installer,
        stage="",
        pinned=pinned,
        bounded=False,
        hashed=None,
        origin="vcs" if vcs else "local" if local else "url" if url else "index",
        url=url,
        commit_pinned=pinned if vcs else None,
        prerelease=_PRERELEASE.search(fact.version.partition("+")[0]) is not None,
        declared_in="installed",
    )


def _at_commit(fact: InstalledPackage) -> bool | None:
    """Whether a commit was asked for; other installers than pip may have taken it from a lock file."""
    return is_commit(fact.revision) or (False if fact.installer == "pip" else None)
