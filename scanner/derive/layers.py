"""Files of layers that belong together, put together."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence

from scanner.model.facts import (
    Account,
    Command,
    Copy,
    CredentialFile,
    Fact,
    ModelDownload,
    PackageIndex,
    VerificationOff,
)
from scanner.model.facts.layers import (
    AccountPassword,
    CachedModel,
    LayerFile,
    LayerIndex,
    LayerVerificationOff,
    PackageCache,
    PasswordlessSudo,
    StoredAgain,
    WorldWritable,
)
from scanner.model.location import Evidence

MAX_SHOWN = 3
"""Places of one fact."""
_TOGETHER = frozenset({"aws", "cloud", "hugging-face", "ssh host key", "ssh key"})
"""Credentials of which a login or a package makes several files in one folder."""
_EMPTY = {"empty": True, "set": False}
_MEGABYTE = 1_000_000


def derive(facts: Sequence[Fact], _today: str) -> Iterator[Fact]:
    """A fact for each login's files, each layer's files that all may write to, each cache, and each password."""
    files = [fact for fact in facts if isinstance(fact, LayerFile)]
    named = _named(files, facts)
    yield from map(_credential, _groups((file for file in files if file.path not in named), "credential", _login))
    said = {fact.evidence[0].at.level for fact in facts if isinstance(fact, Command | Copy) and fact.world_writable}
    for found in _groups(files, "world-writable", lambda file: (file.evidence[0].at.level, file.ships)):
        yield _writable(found, told=found[0].evidence[0].at.level in said)
    yield from map(_cache, _groups(files, "package-cache", lambda file: (file.type, file.folder)))
    yield from _passwords(facts)
    yield from _sudo([file for file in files if file.role == "passwordless-sudo" and file.ships], facts)
    yield from _settings(facts)
    yield from _cached([fact for fact in facts if isinstance(fact, CachedModel) and fact.ships], facts)
    yield from _stored_again([file for file in files if file.role == "large"])


def _named(files: Sequence[LayerFile], facts: Sequence[Fact]) -> frozenset[str]:
    """The paths of credential files that the COPY of their layer names, or a folder they lie in."""
    names = {
        (fact.evidence[0].at.level, fact.path.rstrip("/").rpartition("/")[2])
        for fact in facts
        if isinstance(fact, CredentialFile) and fact.by_name
    }
    return frozenset(
        file.path
        for file in (files if names else ())
        if any((file.evidence[0].at.level, part) in names for part in file.path.split("/"))
    )


def _passwords(facts: Sequence[Fact]) -> Iterator[AccountPassword]:
    told = any(isinstance(fact, Command) and fact.sets_password and fact.ships for fact in facts)
    for fact in facts:
        if isinstance(fact, Account) and fact.ships and fact.password in _EMPTY:
            yield AccountPassword(evidence=fact.evidence, name=fact.name, empty=_EMPTY[fact.password], told=told)


def _sudo(files: Sequence[LayerFile], facts: Sequence[Fact]) -> Iterator[PasswordlessSudo]:
    told = any(isinstance(fact, Command) and fact.passwordless_sudo and fact.ships for fact in facts if files)
    for found in {file.type: file for file in files}.values():
        yield PasswordlessSudo(evidence=found.evidence, name=found.type, told=told)


def _settings(facts: Sequence[Fact]) -> Iterator[PackageIndex | VerificationOff]:
    """What files of layers set, each once, less what a step is known to set."""
    held = {
        _setting(fact): fact for fact in facts if isinstance(fact, LayerIndex | LayerVerificationOff) and fact.ships
    }
    if held:
        said = {_setting(fact) for fact in facts if type(fact) in {PackageIndex, VerificationOff}}
        for key, fact in held.items():
            if key not in said:
                kind = PackageIndex if isinstance(fact, LayerIndex) else VerificationOff
                yield kind(**{field: getattr(fact, field) for field in fact.field_names()})


def _setting(fact: Fact) -> Hashable:
    """What a setting says, however it is written."""
    if isinstance(fact, VerificationOff):
        return fact.tool, fact.check, "".join(filter(str.isalnum, fact.how.lower()))
    assert isinstance(fact, PackageIndex)
    return fact.installer, fact.role, fact.url, fact.merged_by


def _cached(models: Sequence[CachedModel], facts: Sequence[Fact]) -> Iterator[ModelDownload]:
    """What caches tell, each model once at each revision, less what a step is known to download without a commit."""
    said = {
        (fact.source, _last(fact.name))
        for fact in (facts if models else ())
        if type(fact) is ModelDownload and not fact.revision_pinned
    }
    for fact in {(model.source, model.name, model.revision): model for model in models}.values():
        if (fact.source, _last(fact.name)) not in said:
            yield ModelDownload(**{field: getattr(fact, field) for field in fact.field_names()})


def _last(name: str | None) -> str:
    """Of ``org/model``, which some libraries call by ``model`` alone."""
    return (name or "").rpartition("/")[2].lower()


def _stored_again(files: Sequence[LayerFile]) -> Iterator[StoredAgain]:
    """A fact for each layer that stores large files of those below once more, by their names and sizes."""
    below: dict[tuple[str, int], list[LayerFile]] = {}
    again: dict[int, list[tuple[LayerFile, LayerFile]]] = {}
    for file in sorted(files, key=_level):
        same = below.setdefault((file.path.rpartition("/")[2], file.size), [])
        before = next((each for each in reversed(same) if _level(each) < _level(file) and _gives(each, file)), None)
        if before is not None:
            again.setdefault(_level(file), []).append((file, before))
        same.append(file)
    for pairs in again.values():
        pairs.sort(key=lambda pair: (-pair[0].size, pair[0].path))
        (file, before), *rest = pairs
        earlier = Evidence(before.evidence[0].at, note="stored here before")
        yield StoredAgain(
            evidence=(file.evidence[0], earlier),
            ships=any(one.ships for one, _ in pairs),
            path=file.path,
            others=len(rest),
            how="rewritten" if file.path == before.path else "moved",
            megabytes=sum(one.size for one, _ in pairs) // _MEGABYTE,
        )


def _gives(before: LayerFile, file: LayerFile) -> bool:
    """Whether a file may be an earlier one: in its place, or in place of it."""
    taken = before.evidence[-1].at.level
    return not before.ships and taken == _level(file) != _level(before)


def _level(file: LayerFile) -> int:
    return file.evidence[0].at.level


def _groups(files: Iterable[LayerFile], role: str, key: Callable[[LayerFile], Hashable]) -> Sequence[list[LayerFile]]:
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
