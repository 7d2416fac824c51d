"""Files of layers that belong together, put together."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence

from scanner.model.facts import Command, Copy, CredentialFile, Fact
from scanner.model.facts.layers import LayerFile, PackageCache, WorldWritable
from scanner.model.location import Evidence

MAX_SHOWN = 3
"""Places of one fact."""
_TOGETHER = frozenset({"aws", "cloud", "hugging-face", "ssh key"})
"""Credentials of which a login or a package makes several files in one folder."""
_MEGABYTE = 1_000_000


def derive(facts: Sequence[Fact], _today: str) -> Iterator[Fact]:
    """A fact for each credential file that no COPY names, each layer's files that all may write to, and each cache."""
    files = [fact for fact in facts if isinstance(fact, LayerFile)]
    named = {
        (fact.evidence[0].at.level, fact.path.rstrip("/").rpartition("/")[2])
        for fact in facts
        if isinstance(fact, CredentialFile) and fact.by_name
    }
    for found in _groups(files, "credential", _login):
        if not any((file.evidence[0].at.level, part) in named for file in found for part in file.path.split("/")):
            yield _credential(found)
    said = {fact.evidence[0].at.level for fact in facts if isinstance(fact, Command | Copy) and fact.world_writable}
    for found in _groups(files, "world-writable", lambda file: (file.evidence[0].at.level, file.ships)):
        yield _writable(found, told=found[0].evidence[0].at.level in said)
    yield from map(_cache, _groups(files, "package-cache", lambda file: (file.type, file.folder)))


def _groups(files: Sequence[LayerFile], role: str, key: Callable[[LayerFile], Hashable]) -> Sequence[list[LayerFile]]:
    groups: dict[Hashable, list[LayerFile]] = {}
    for file in files:
        if file.role == role:
            groups.setdefault(key(file), []).append(file)
    return list(groups.values())


def _login(file: LayerFile) -> tuple[str, str]:
    return file.type, file.path.rpartition("/")[0] if file.type in _TOGETHER else file.path


def _credential(found: list[LayerFile]) -> CredentialFile:
    """The files of one login; the same file in several layers, where one of them changes its owner, is one."""
    return CredentialFile(
        evidence=_evidence(found),
        ships=any(file.ships for file in found),
        path=found[0].path,
        type=found[0].type,
        by_name=False,
        stage="",
    )


def _writable(found: list[LayerFile], *, told: bool) -> WorldWritable:
    found.sort(key=lambda file: file.path.count("/"))
    return WorldWritable(
        evidence=_evidence(found), ships=found[0].ships, path=found[0].path, others=len(found) - 1, told=told
    )


def _cache(found: list[LayerFile]) -> PackageCache:
    ships = any(file.ships for file in found)
    return PackageCache(
        evidence=_evidence(found),
        ships=ships,
        tool=found[0].type,
        folder=found[0].folder,
        megabytes=sum(file.size for file in found) // _MEGABYTE,
        removed=not ships,
    )


def _evidence(found: Sequence[LayerFile]) -> tuple[Evidence, ...]:
    return tuple(dict.fromkeys(evidence for file in found for evidence in file.evidence))[:MAX_SHOWN]
