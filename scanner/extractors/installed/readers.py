"""One reader for each kind of record; which files it reads is said in ``parsers/packages/places.py``."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Literal

from scanner.model.facts import Fact, GpuLibrary, OperatingSystem, PackageRecord
from scanner.model.facts.packages import Ecosystem
from scanner.model.location import Evidence
from scanner.model.target import File
from scanner.parsers import tar
from scanner.parsers.manifests.specifier import masked, normalize
from scanner.parsers.packages import conda, go, java, languages, places, python, rpm, rpm_database, stanzas, system
from scanner.parsers.packages.entry import Entry

Reader = Callable[[File, str], Iterator[Fact]]
"""The facts of a file; the second argument is the location of the package. Raises ValueError for broken content."""

Role = Literal["package", "files", "project"]

PART = 1 << 20
"""Bytes of a program that are looked at together; a multiple of 16."""
MAX_JAR = 16 << 20
"""Bytes of the largest Java archive that is read as a whole, where it cannot be read anywhere."""
MAX_SMALL = 1 << 16
"""Bytes of a file that says one thing: INSTALLER, direct_url.json, an egg-link."""


def _record(
    file: File, ecosystem: Ecosystem, entry: Entry, location: str, *, vendored_in: str = "", role: Role = "package"
) -> PackageRecord:
    return PackageRecord(
        evidence=(Evidence(file.at, f"{entry.name} {entry.version}"),),
        ships=file.ships,
        ecosystem=ecosystem,
        name=entry.name,
        version=entry.version,
        licence=entry.licence,
        architecture=entry.architecture,
        source=entry.source,
        source_version=entry.source_version,
        url=entry.url,
        requested=entry.requested,
        owns=entry.owns,
        requires=entry.requires,
        installer="conda" if ecosystem == "conda" else "",
        location=location,
        vendored_in=vendored_in,
        role=role,
    )


def _python(file: File, location: str) -> Iterator[Fact]:
    yield _record(file, "pypi", python.metadata(file.read()), location, vendored_in=places.carrier(file.at.path))


def _python_project(file: File, location: str) -> Iterator[Fact]:
    yield _record(file, "pypi", python.metadata(file.read()), location.rpartition("/")[0], role="project")


def _python_details(file: File, location: str) -> Iterator[Fact]:
    """INSTALLER, REQUESTED and direct_url.json, which stand beside METADATA."""
    record = PackageRecord(
        evidence=(Evidence(file.at),), ships=file.ships, ecosystem="pypi", location=location, role="details"
    )
    name = file.at.path.rpartition("/")[2]
    if name == "REQUESTED":
        yield record.replace(requested=True)
    elif name == "INSTALLER":
        yield record.replace(installer=_small(file).decode("utf-8", "replace").strip()[:64])
    else:
        origin = python.direct_url(_small(file))
        yield record.replace(**{field: getattr(origin, field) for field in origin.field_names()})


def _egg(file: File, location: str) -> Iterator[Fact]:
    yield _record(file, "pypi", python.egg_name(location.rpartition("/")[2]), location)


def _egg_link(file: File, location: str) -> Iterator[Fact]:
    """``X.egg-link``: the folder of a package that ``setup.py develop`` installed in place."""
    name = normalize(location.rpartition("/")[2].removesuffix(".egg-link"))
    folder = _small(file).decode("utf-8", "replace").partition("\n")[0].strip()
    entry = Entry(name=name, version="", url=masked(folder.strip("/")))
    yield _record(file, "pypi", entry, location).replace(editable=True)


def _conda(file: File, location: str) -> Iterator[Fact]:
    folder, _, name = location.rpartition("/")
    try:
        entry = conda.record(file.read(), folder.removesuffix("conda-meta").rstrip("/"), places.location)
    except (ValueError, RecursionError):
        yield _record(file, "conda", conda.of_file_name(name), location)
        raise
    yield _record(file, "conda", entry, location)


def _dpkg(file: File, location: str) -> Iterator[Fact]:
    for entry in stanzas.dpkg(file.read()):
        yield _record(file, "deb", entry, location)


def _dpkg_list(file: File, _location: str) -> Iterator[Fact]:
    owns = stanzas.file_list(file.read(), places.location)
    if owns:
        name = file.at.path.rpartition("/")[2].removesuffix(".list").partition(":")[0]
        entry = Entry(name=name, version="", owns=owns)
        yield _record(file, "deb", entry, "var/lib/dpkg/status", role="files")


def _apk(file: File, location: str) -> Iterator[Fact]:
    for entry in stanzas.apk(file.read(), places.location):
        yield _record(file, "apk", entry, location)


def _rpm(read: Callable[[bytes], Iterator[bytes]]) -> Reader:
    def reader(file: File, location: str) -> Iterator[Fact]:
        for entry in rpm.entries(read(file.read()), places.location):
            yield _record(file, "rpm", entry, location)

    return reader


def _rpm_log(file: File, _location: str) -> Iterator[Fact]:
    if file.size:
        raise ValueError("changes of the RPM database that were not written into it; they are not read")
    yield from ()


def _npm(file: File, location: str) -> Iterator[Fact]:
    entry = languages.npm(file.read())
    if entry is not None:
        yield _record(file, "npm", entry, location, vendored_in=places.carrier(file.at.path))


def _gem(file: File, location: str) -> Iterator[Fact]:
    yield _record(file, "gem", languages.gem(file.read(), location.rpartition("/")[2]), location)


class _Parts:
    """A file as a ``tar.Source``."""

    def __init__(self, file: File) -> None:
        self._part = file.part

    def at(self, offset: int, size: int, /) -> bytes:
        """The bytes there, fewer at the end."""
        return self._part(offset, size)


def _jar(file: File, location: str) -> Iterator[Fact]:
    carrier = places.carrier(file.at.path)
    forward = not file.anywhere and file.size > MAX_JAR
    source = _Parts(file) if file.anywhere or forward else tar.Buffer(file.read())
    for one in java.artifacts(source, file.size, location.rpartition("/")[2], forward=forward):
        name = f"{one.group}:{one.artifact}" if one.group else one.artifact
        entry = Entry(name=name, version=one.version, licence=one.licence)
        place = f"{location}!/{one.inside}" if one.inside else location
        yield _record(file, "maven", entry, place, vendored_in=one.shaded_in or carrier)


def _header(name: str, read: Callable[[bytes], str]) -> Reader:
    def reader(file: File, location: str) -> Iterator[Fact]:
        version = read(file.read())
        if version:
            yield _record(file, "generic", Entry(name=name, version=version), location)

    return reader


def program(file: File) -> Iterator[Fact]:
    """The modules of a program that Go made, which is read part by part."""
    data = file.part(0, go.HEAD)
    end = len(data)
    for start, stop in go.places(data, file.size):
        if start > end:
            data, end = b"", start
        while (at := go.find(data)) < 0 and end < stop:
            part = min(PART, (stop - end + 15) & -16)
            data, end = data[-go.OVERLAP :] + file.part(end, part), end + part
        if at >= 0:
            block = data[at:] + (file.part(end, go.MAX_BLOCK) if end < file.size else b"")
            for entry in go.modules(block):
                yield _record(file, "go", entry, file.at.path)
            return


def _os_release(file: File, _location: str) -> Iterator[Fact]:
    said: Mapping[str, str] = system.os_release(file.read())
    if said.get("ID"):
        yield OperatingSystem(
            evidence=(Evidence(file.at, said.get("PRETTY_NAME", "")),),
            ships=file.ships,
            id=said["ID"].lower(),
            version=said.get("VERSION_ID", ""),
            codename=said.get("VERSION_CODENAME", ""),
            pretty=said.get("PRETTY_NAME") or said.get("NAME", ""),
            like=tuple(said.get("ID_LIKE", "").lower().split()),
        )


def _gpu_name(file: File, location: str) -> Iterator[Fact]:
    found = system.library(location.rpartition("/")[2])
    if found is not None and (found[0] != "driver" or _is_driver(file, found[1])):
        yield _gpu(file, found[0], found[1], "file-name")


def _is_driver(file: File, version: str) -> bool:
    """Not the libraries that CUDA brings to stand for it, and no empty file that a container runtime left."""
    aside = "/compat/" in file.at.path or "/stubs/" in file.at.path
    return "." in version and file.link is None and file.size > 0 and not aside


def _gpu_compiler(file: File, _location: str) -> Iterator[Fact]:
    if file.link is None and file.mode & 0o111:
        yield _gpu(file, "compiler", "", "file-name")


def _gpu_version(file: File, _location: str) -> Iterator[Fact]:
    version = system.cuda_version(file.read())
    if version:
        yield _gpu(file, "cuda", version, "version-file")


def _gpu_header(file: File, location: str) -> Iterator[Fact]:
    version = system.defined_version(file.read())
    if version:
        yield _gpu(file, "tensorrt" if location.endswith("NvInferVersion.h") else "cudnn", version, "header")


def _gpu(file: File, product: str, version: str, shown_by: str) -> GpuLibrary:
    return GpuLibrary(
        evidence=(Evidence(file.at, f"{product} {version}"),),
        ships=file.ships,
        product=product,  # type: ignore[arg-type]
        version=version,
        location=file.at.path,
        shown_by=shown_by,  # type: ignore[arg-type]
    )


def _small(file: File) -> bytes:
    if file.size > MAX_SMALL:
        raise ValueError(f"{file.size:,} bytes; at most {MAX_SMALL:,} are read")
    return file.read()


READERS: Mapping[str, Reader] = {
    "python": _python,
    "python_project": _python_project,
    "python_details": _python_details,
    "egg": _egg,
    "egg_link": _egg_link,
    "conda": _conda,
    "dpkg": _dpkg,
    "dpkg_list": _dpkg_list,
    "apk": _apk,
    "rpm_sqlite": _rpm(rpm_database.sqlite),
    "rpm_ndb": _rpm(rpm_database.ndb),
    "rpm_bdb": _rpm(rpm_database.berkeley),
    "rpm_log": _rpm_log,
    "npm": _npm,
    "gem": _gem,
    "jar": _jar,
    "python_header": _header("python", languages.python_header),
    "node_header": _header("node", languages.node_header),
    "os_release": _os_release,
    "gpu_name": _gpu_name,
    "gpu_version": _gpu_version,
    "gpu_header": _gpu_header,
    "gpu_compiler": _gpu_compiler,
}
