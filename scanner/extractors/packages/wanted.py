"""What one call of a Python or conda tool asks for, gathered from its words and from the files it reads."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator

from scanner.extractors.packages import indexes
from scanner.extractors.packages.call import Call
from scanner.model.facts import PackageIndex, Requirement
from scanner.model.location import Evidence, Text, Word
from scanner.model.record import Record
from scanner.parsers.lazy import Lazy
from scanner.parsers.manifests import specifier
from scanner.parsers.manifests.entries import Manifest, Spec

MAX_FILES = 200
"""Files that one call may lead to; real ones lead to a handful."""

Reader = Callable[[Text], Manifest]

_VERSION = Lazy(r"=?\s*v?\d")
_PYLOCK = Lazy(r"(?:^|/)pylock(?:\.[^./]+)?\.toml$")


class _Asked(Record, kw_only=False):
    spec: Spec
    evidence: tuple[Evidence, ...]
    declared: str
    cut_off: str = ""


class Wanted:
    """Gathers requirements and indexes; states the facts when all is known."""

    def __init__(self, call: Call, installer: str = "") -> None:
        self.call = call
        self.installer = installer or call.manager
        self.prerelease = False
        self.hashes_required = False
        self.complete = True
        """No word or file of it remained unknown."""
        self.locked = False
        """A lock file decides about everything that it asks for."""
        self._asked: list[_Asked] = []
        self._limits: dict[str, tuple[Spec, Evidence]] = {}
        self._limits_known = True
        self._indexes: list[tuple[str, str, bool, tuple[Evidence, ...]]] = []
        self._strategy: tuple[str, Evidence | None] = ("", None)
        self._seen: set[tuple[str, bool]] = set()

    def word(self, word: Word, read: Callable[[str], Spec] = specifier.read) -> Spec | None:
        """A requirement on the command line; None when it is none or its name is not known."""
        try:
            spec = read(word.text)
        except ValueError:
            spec = None
        if spec is None or (specifier.unknown(spec.name or spec.url[:1]) and spec.origin != "vcs"):
            self.complete = False
            return None
        end, cut_off = self._cut_off(word)
        self.add(spec, (self.call.evidence(word._replace(end=end)),), "command", cut_off)
        return spec

    def _cut_off(self, word: Word) -> tuple[int, str]:
        """Where a requirement really ends, and what of it the shell took for a redirection: ``torch>=2``."""
        for redirect in self.call.command.redirects:
            operator, target = redirect.operator, redirect.target
            if operator == ">" and target.start == word.end + 1 and _VERSION.match(target.text):
                return target.end, operator + target.text
        return word.end, ""

    def add(self, spec: Spec, evidence: tuple[Evidence, ...], declared: str, cut_off: str = "") -> None:
        """One requirement from anywhere."""
        if not spec.elsewhere:
            self._asked.append(_Asked(spec, evidence, declared, cut_off))

    def index(self, role: str, word: Word, url: str = "") -> None:
        """An index that an option names."""
        self._indexes.append((role, url or word.text, word.known, (self.call.evidence(word),)))
        self._note_nightly(word.text)

    def strategy(self, word: Word) -> None:
        """Uv's ``--index-strategy``."""
        self._strategy = (word.text, self.call.evidence(word))

    def _note_nightly(self, url: str) -> None:
        self.prerelease = self.prerelease or "nightly" in url

    def file(self, word: Word, *, constraint: bool = False, read: Reader | None = None) -> Manifest | None:
        """A file that the command line names, and all those it includes; None when it is not in the context."""
        known = word.known and "://" not in word.text
        place = self.call.path(word.text) if known else None
        if place is None:
            self._missing(constraint)
            return None
        return self._read(place, constraint, self.call.evidence(word, "installed here"), read)

    def _missing(self, constraint: bool) -> None:
        if constraint:
            self._limits_known = False
        else:
            self.complete = False

    def _read(self, place: str, constraint: bool, cause: Evidence, read: Reader | None) -> Manifest | None:
        first = None
        waiting: list[tuple[str, bool, tuple[str, ...]]] = [(place, constraint, ())]
        while waiting:
            place, constraint, above = waiting.pop()
            if place in above:
                file = self.call.around.find(place)
                assert file is not None
                self.call.around.unreadable.append(f"{file.at.path}: it includes itself, which installers refuse")
                continue
            manifest = self._manifest(place, constraint, cause, read)
            first = first or manifest
            if manifest is None:
                continue
            folder = posixpath.dirname(place)
            for include in manifest.includes:
                if specifier.unknown(include.path) or "://" in include.path:
                    self._missing(include.constraint)
                else:
                    inner = posixpath.normpath(posixpath.join(folder, include.path))
                    waiting.append((inner, constraint or include.constraint, (*above, place)))
            read = None
        return first

    def _manifest(self, place: str, constraint: bool, cause: Evidence, read: Reader | None) -> Manifest | None:
        file = self.call.around.find(place)
        if file is None:
            self._missing(constraint)
            return None
        if len(self._seen) >= MAX_FILES:
            self.call.around.unreadable.append(f"{file.at.path}: more than {MAX_FILES} files include each other")
            self._missing(constraint)
            return None
        key = (file.at.path, constraint)
        if key in self._seen:
            return None
        self._seen.add(key)
        path = file.at.path
        try:
            text = file.text()
            manifest = (read or _reader(place, constraint))(text)
        except ValueError as error:
            self.call.around.unreadable.append(f"{path}: {error}")
            self._missing(constraint)
            return None
        self._take(manifest, text, constraint, cause)
        return manifest

    def _take(self, manifest: Manifest, text: Text, constraint: bool, cause: Evidence) -> None:
        for start, _, reason in manifest.errors:
            self.call.around.unreadable.append(f"{text.path}:{text.place(start)[0]}: {reason}")
            self._missing(constraint)
        self.prerelease = self.prerelease or manifest.prerelease
        self.hashes_required = self.hashes_required or manifest.hashes_required
        for index in manifest.indexes:
            evidence = (text.evidence(index.start, index.end), cause)
            self._indexes.append((index.role, index.url, not specifier.unknown(index.url), evidence))
            self._note_nightly(index.url)
        if manifest.strategy:
            self._strategy = (manifest.strategy, None)
        for entry in manifest.entries:
            place = text.evidence(entry.start, entry.end)
            if constraint:
                self._limits[entry.spec.name] = (entry.spec, place)
            else:
                self.add(entry.spec, (place, cause), manifest.declared)

    def limits_unknown(self) -> None:
        """A constraint that cannot be read may pin anything."""
        self._limits_known = False

    def names(self) -> set[str]:
        """The names asked for so far."""
        return {asked.spec.name for asked in self._asked}

    def keep_locked(self, locked: set[str], *, only: bool) -> None:
        """Forget what the project file says of packages that the lock file has, or (``only``) all that it says."""
        self._asked = [
            asked
            for asked in self._asked
            if asked.declared == "lock" or not (only or asked.spec.name in locked or asked.spec.origin == "local")
        ]

    def requirements(self) -> Iterator[Requirement]:
        """The facts."""
        for asked in self._asked:
            yield self._requirement(asked)

    def _requirement(self, asked: _Asked) -> Requirement:
        spec, evidence = asked.spec, asked.evidence
        pinned, bounded, version = spec.pinned, spec.bounded, spec.version
        if pinned is not True and spec.origin == "index":
            limit = self._limits.get(spec.name)
            if limit is not None and limit[0].pinned:
                pinned, bounded, version = True, False, limit[0].version
                evidence = (*evidence, limit[1])
            elif self.locked:
                pinned, bounded, version = True, False, None
            elif not self._limits_known:
                pinned, bounded = None, None
        name = spec.name or spec.url.rstrip("/") or "."
        return Requirement(
            evidence=evidence,
            ships=self.call.around.ships,
            ecosystem=spec.ecosystem,
            name=name,
            specifier=spec.specifier,
            version=version,
            installer=self.installer,
            stage=self.call.around.stage,
            pinned=pinned,
            bounded=bounded,
            hashed=True if self.hashes_required and spec.origin == "index" else spec.hashed,
            origin=spec.origin,
            url=spec.url if spec.origin in {"vcs", "url"} else "",
            commit_pinned=spec.commit_pinned,
            prerelease=self.prerelease or "nightly" in name,
            declared_in=asked.declared,  # type: ignore[arg-type]
            cut_off=asked.cut_off,
        )

    def package_indexes(self, requirements: list[Requirement]) -> Iterator[PackageIndex]:
        """The facts; ``requirements`` are those of this call, stated before."""
        exact: bool | None = True
        if any(requirement.pinned is False for requirement in requirements):
            exact = False
        elif not self.complete or any(requirement.pinned is None for requirement in requirements):
            exact = None
        strategy, where = self._strategy
        merged = strategy if strategy.startswith("unsafe") else ""
        found = self._indexes
        if merged and where is not None and not found:
            found = [("extra", "", False, (where,))]
            where = None
        for role, url, known, evidence in found:
            yield indexes.fact(
                self.installer,
                role,
                url,
                (*evidence, where) if merged and where is not None else evidence,
                ships=self.call.around.ships,
                known=known,
                merged_by=merged,
                all_exact=exact,
            )


def _reader(place: str, constraint: bool) -> Reader:
    """By the file's name, as uv and conda do; a format's parser is loaded when there is such a file."""
    if _PYLOCK.search(place):
        from scanner.parsers.manifests import locks

        return locks.read
    if place.endswith("pyproject.toml"):
        from scanner.parsers.manifests import pyproject

        return lambda text: pyproject.read(text, ())
    if place.endswith((".yml", ".yaml")):
        from scanner.parsers.manifests import conda

        return conda.read
    from scanner.parsers.manifests import requirements

    return lambda text: requirements.read(text, "constraints" if constraint else "requirements")
