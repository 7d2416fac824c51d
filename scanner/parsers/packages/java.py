"""Java archives: the Maven coordinates of what is in them, archives inside archives included.

Formats: ``META-INF/maven/GROUP/ARTIFACT/pom.properties`` as Maven writes it, and the manifest of
https://docs.oracle.com/en/java/javase/21/docs/specs/jar/jar.html.
"""

from __future__ import annotations

import io
import lzma
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator

from scanner.model.record import Record
from scanner.parsers.lazy import Lazy

MAX_DEPTH = 3
"""Archives inside archives that are opened."""
MAX_ARCHIVES = 5_000
"""Archives inside one."""
MAX_INNER = 256 << 20
"""Bytes of all archives inside one, unpacked."""
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
_BROKEN = (
    zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, lzma.LZMAError, struct.error, EOFError, OSError, RuntimeError,
    NotImplementedError, IndexError, OverflowError, UnicodeDecodeError,
)  # fmt: skip
"""What zipfile and its decoders raise for broken, encrypted or unknown content."""


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


def artifacts(data: bytes, file: str) -> Iterator[Artifact]:
    """The artifacts of an archive, by its content or else by its file name.

    Raises ValueError at the end when it, or one inside it, is no archive or exceeds a limit.
    """
    opened = _Opened()
    yield from opened.archive(data, file)
    if opened.problems:
        raise ValueError("; ".join(opened.problems[:3]) + ("; …" if len(opened.problems) > 3 else ""))


class _Opened:
    """An outermost archive while it is read."""

    def __init__(self) -> None:
        self.problems: list[str] = []
        self._left = MAX_INNER
        self._archives = 0

    def archive(self, data: bytes, file: str, inside: str = "", depth: int = 0) -> Iterator[Artifact]:
        """What is in an archive; what cannot be read is added to ``problems``."""
        try:
            archive = zipfile.ZipFile(io.BytesIO(data))
        except _BROKEN as error:
            self.problems.append(f"{file}: not an archive that can be read: {error}")
            return
        members = archive.infolist()
        if len(members) > MAX_ENTRIES:
            self.problems.append(f"{file}: more than {MAX_ENTRIES:,} files; the others are left out")
        inner, poms, manifest = [], [], {}
        for member in members[:MAX_ENTRIES]:
            if member.filename == "META-INF/MANIFEST.MF":
                manifest = self._fields(archive, member, _MANIFEST)
            elif member.filename.endswith("/pom.properties") and _POM.match(member.filename):
                poms.append(self._fields(archive, member, _PROPERTY))
            elif member.filename.endswith(_INNER):
                inner.append(member)
        yield from _found(poms, manifest, file, inside)
        for member in inner:
            self._left -= member.file_size
            self._archives += 1
            if self._archives > MAX_ARCHIVES:
                self.problems.append(f"{file}: more than {MAX_ARCHIVES:,} archives inside; the others are left out")
                break
            if depth == MAX_DEPTH:
                self.problems.append(f"{member.filename}: too deep inside archives to be opened")
            elif self._left < 0:
                self.problems.append(f"{member.filename}: more than {MAX_INNER:,} bytes of archives inside one")
            else:
                name = member.filename.rpartition("/")[2]
                place = f"{inside}!/{member.filename}" if inside else member.filename
                yield from self.archive(self._read(archive, member, member.file_size), name, place, depth + 1)

    def _fields(self, archive: zipfile.ZipFile, member: zipfile.ZipInfo, field: re.Pattern[str]) -> dict[str, str]:
        text = self._read(archive, member, MAX_TEXT).decode("utf-8", "replace")
        return {name: value.strip() for name, value in field.findall(_CONTINUED.sub("", text))}

    def _read(self, archive: zipfile.ZipFile, member: zipfile.ZipInfo, limit: int) -> bytes:
        try:
            with archive.open(member) as reader:
                return reader.read(limit)
        except _BROKEN as error:
            self.problems.append(f"{member.filename}: cannot be unpacked: {error}")
            return b""


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
