"""Java archives: the Maven coordinates of what is in them, archives inside archives included.

Formats: ``META-INF/maven/GROUP/ARTIFACT/pom.properties`` as Maven writes it, and the manifest of
https://docs.oracle.com/en/java/javase/21/docs/specs/jar/jar.html.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from scanner.model.record import Record
from scanner.parsers import tar
from scanner.parsers.archives import directory
from scanner.parsers.archives.stream import Budget
from scanner.parsers.archives.zip import Archive
from scanner.parsers.archives.zip_records import text
from scanner.parsers.lazy import Lazy

MAX_DEPTH = 3
"""Archives inside archives that are opened."""
MAX_ARCHIVES = 5_000
"""Archives inside one."""
MAX_INNER, MAX_ONE = 256 << 20, 64 << 20
"""Bytes of all archives inside one, and of the largest of them."""
MAX_UNPACKED = 4 << 30
"""Bytes that an archive which is read forward only may unpack to."""
MAX_ENTRIES = 200_000
"""Files of one archive."""
MAX_NAME = 256
"""Characters of a file name that are looked at, from its end."""
MAX_TEXT = 1 << 16
"""Bytes of a manifest or a pom.properties, unpacked."""

_POM = Lazy(r"META-INF/maven/[^/]+/[^/]+/pom\.properties$")
_PROPERTY = Lazy(r"(?m)^(groupId|artifactId|version)[ \t]{0,9}[=:]([^\n]{1,256})")
_MANIFEST = Lazy(r"(?m)^(Implementation-Version|Bundle-Version|Specification-Version|Bundle-License):([^\n]{1,256})")
_VERSIONS = ("Implementation-Version", "Bundle-Version", "Specification-Version")
_CONTINUED = Lazy(r"\r?\n ")
_FILE = Lazy(r"(?P<artifact>.+?)-(?P<version>\d[\w.+-]*)\.[jwe]ar$")
_INNER = (".jar", ".war", ".ear")
_MANIFEST_NAME = "META-INF/MANIFEST.MF"
_INCOMPLETE = frozenset({"limit", "cut-off", "damaged"})
"""Flaws of an archive because of which something may be missed."""


class Artifact(Record):
    """One artifact of an archive."""

    group: str
    """"" when it is not known."""
    artifact: str
    version: str
    licence: str
    inside: str
    """The archives that hold it, below the outermost: ``BOOT-INF/lib/jackson-core-2.17.1.jar``; "" for none."""
    shaded_in: str
    """The artifact whose archive its classes were copied into, else ""."""


def artifacts(source: tar.Source, size: int, file: str, *, forward: bool = False) -> Iterator[Artifact]:
    """The artifacts of an archive of ``size`` bytes, by its content or else by its file name.

    Of a source that is read ``forward`` only, everything is unpacked on the way. Raises ValueError at the end when the
    archive, or one inside it, is none or exceeds a limit.
    """
    opened = _Opened()
    members = opened.forward if forward else opened.anywhere
    yield from opened.archive(members(source, size, file), file)
    if opened.problems:
        raise ValueError("; ".join(opened.problems[:3]) + ("; …" if len(opened.problems) > 3 else ""))


class _Opened:
    """An outermost archive while it is read; what cannot be read is added to ``problems``."""

    def __init__(self) -> None:
        self.problems: list[str] = []
        self._left = MAX_INNER
        self._archives = 0

    def archive(
        self, members: Iterator[tuple[str, bytes]], file: str, inside: str = "", depth: int = 0
    ) -> Iterator[Artifact]:
        """What is in an archive: what is in those inside it, then the archive itself and what was shaded into it."""
        poms, manifest = [], {}
        try:
            for name, data in members:
                if name == _MANIFEST_NAME:
                    manifest = _fields(data, _MANIFEST)
                elif not name.endswith(_INNER):
                    poms.append(_fields(data, _PROPERTY))
                elif depth == MAX_DEPTH:
                    self.problems.append(f"{name}: too deep inside archives to be opened")
                else:
                    last, place = name.rpartition("/")[2], f"{inside}!/{name}" if inside else name
                    inner = self.anywhere(tar.Buffer(data), len(data), last)
                    yield from self.archive(inner, last, place, depth + 1)
        except ValueError as error:
            self.problems.append(f"{file}: not an archive that can be read: {error}")
            return
        yield from _found(poms, manifest, file, inside)

    def anywhere(self, source: tar.Source, size: int, file: str) -> Iterator[tuple[str, bytes]]:
        """The members that count, by the directory. Raises ValueError for what has none."""
        for number, entry in enumerate(directory.listed(source, size)):
            if number == MAX_ENTRIES:
                self.problems.append(f"{file}: more than {MAX_ENTRIES:,} files; the others are left out")
                break
            name = text(entry.name)
            if limit := self._limit(name):
                try:
                    data = directory.content(source, entry, limit)
                except ValueError as error:
                    self.problems.append(f"{name}: cannot be unpacked: {error}")
                else:
                    yield from self._within(name, data)

    def forward(self, source: tar.Source, _: int, file: str) -> Iterator[tuple[str, bytes]]:
        """The same, by the headers in front of each. Raises ValueError for what has no directory either."""
        archive = Archive(source, Budget(MAX_UNPACKED))
        for member in archive.members():
            if limit := self._limit(member.name):
                try:
                    data = member.content.at(0, limit)
                except ValueError as error:
                    self.problems.append(f"{member.name}: cannot be unpacked: {error}")
                else:
                    yield from self._within(member.name, data)
        for flaw in archive.flaws:
            if flaw.kind == "no-directory":
                raise ValueError(flaw.detail)
            if flaw.kind in _INCOMPLETE:
                self.problems.append(f"{file}: {flaw.detail}")

    def _limit(self, name: str) -> int:
        """How many bytes of a member are read, one more than there may be; 0 when it says nothing."""
        if name == _MANIFEST_NAME or (name.endswith("/pom.properties") and _POM.match(name)):
            return MAX_TEXT
        if name.endswith(_INNER) and self._archives <= MAX_ARCHIVES:
            return max(0, min(self._left, MAX_ONE)) + 1
        return 0

    def _within(self, name: str, data: bytes) -> Iterator[tuple[str, bytes]]:
        """The member, if it does not exceed what may be inside."""
        if name.endswith(_INNER):
            self._left -= len(data)
            self._archives += 1
            if self._archives > MAX_ARCHIVES:
                self.problems.append(f"more than {MAX_ARCHIVES:,} archives inside; {name} and the others are left out")
                return
            if self._left < 0 or len(data) > MAX_ONE:
                most = f"{MAX_ONE:,} bytes, or {MAX_INNER:,} of all archives inside"
                self.problems.append(f"{name}: more than {most}")
                return
        yield name, data


def _fields(data: bytes, field: re.Pattern[str]) -> dict[str, str]:
    return {name: value.strip() for name, value in field.findall(_CONTINUED.sub("", data.decode("utf-8", "replace")))}


def _found(poms: list[dict[str, str]], manifest: dict[str, str], file: str, inside: str) -> Iterator[Artifact]:
    """The archive itself, and what was shaded into it."""
    named = _FILE.match(file[-MAX_NAME:])
    told = (manifest[key] for key in _VERSIONS if key in manifest)
    version = named["version"] if named else next(told, "")
    known = [pom for pom in poms if all(pom.get(key) for key in ("groupId", "artifactId", "version"))]
    own = _own(known, file, version)
    licence = manifest.get("Bundle-License", "")
    name = own["artifactId"] if own else named["artifact"] if named else file.rpartition(".")[0]
    if own is None and version:
        yield Artifact(group="", artifact=name, version=version, licence=licence, inside=inside, shaded_in="")
    for pom in known:
        yield Artifact(
            group=pom["groupId"],
            artifact=pom["artifactId"],
            version=pom["version"],
            licence=licence if pom is own else "",
            inside=inside,
            shaded_in="" if pom is own else name,
        )


def _own(poms: list[dict[str, str]], file: str, version: str) -> dict[str, str] | None:
    """The pom.properties of the archive itself: its file is named so, or it is the only one and of its version."""
    stem = file.rpartition(".")[0].replace("_", "-")
    for pom in poms:
        artifact = pom["artifactId"].replace("_", "-")
        if stem == artifact or stem.startswith(f"{artifact}-{pom['version']}"):
            return pom
    return poms[0] if len(poms) == 1 and version in {"", poms[0]["version"]} else None
