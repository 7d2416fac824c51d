"""A requirement named on the command line of a system, Node, Ruby, Go or Rust installer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scanner.extractors.packages.call import Call
from scanner.model.facts import Requirement
from scanner.model.location import Word
from scanner.parsers.manifests.specifier import masked

if TYPE_CHECKING:
    from typing import Literal

    from scanner.model.facts.packages import Ecosystem


def requirement(
    call: Call,
    word: Word,
    ecosystem: Ecosystem,
    name: str,
    specifier: str = "",
    *,
    version: str | None = "",
    pinned: bool | None = False,
    bounded: bool | None = False,
    hashed: bool = False,
    origin: Literal["index", "vcs", "url", "local"] = "index",
    url: str = "",
    prerelease: bool = False,
) -> Requirement:
    """The fact; a ``vcs`` one is pinned when it names a full commit."""
    return Requirement(
        evidence=(call.evidence(word),),
        ships=call.around.ships,
        ecosystem=ecosystem,
        name=name,
        specifier=specifier,
        version=version,
        installer=call.manager,
        stage=call.around.stage,
        pinned=pinned,
        bounded=bounded,
        hashed=hashed,
        origin=origin,
        url=masked(url),
        commit_pinned=pinned if origin == "vcs" else None,
        prerelease=prerelease,
        declared_in="command",
    )
