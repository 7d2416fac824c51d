"""The packages of an image: all records of each, over all layers, put together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from scanner.model.facts import Fact, InstalledPackage, OperatingSystem, PackageRecord

_NAMESPACES = {
    "rhel": "redhat", "opensuse-leap": "opensuse", "opensuse-tumbleweed": "opensuse", "sles": "suse", "amzn": "amazon",
    "ol": "oracle",
}  # fmt: skip
"""What a package URL calls a distribution whose os-release has another id for it."""
_DEBIAN_ONLY = "usr/lib/python3/dist-packages/"
"""Only Debian's own packages put anything there; pip uses another folder."""

_Key = tuple[str, str, str, str, str, str]


def derive(facts: Sequence[Fact], _today: str) -> Iterator[InstalledPackage]:
    """One fact for each package at each location; it points to the lowest layer that has it.

    A package that a later layer removes or replaces does not ship.
    """
    records = [fact for fact in facts if type(fact) is PackageRecord]
    if not records:
        return
    details = _by_location(record for record in records if record.role == "details")
    projects = {record.location: record for record in records if record.role == "project"}
    system = next((fact for fact in reversed(facts) if isinstance(fact, OperatingSystem) and fact.ships), None)
    owner = _owners(records)
    for same in _grouped(records).values():
        first, ships = same[0], any(record.ships for record in same)
        if first.editable and not first.version and first.url in projects:
            first = first.replace(version=projects[first.url].version, licence=projects[first.url].licence)
        yield _package(
            first,
            ships=ships,
            details=[one for one in details.get(first.location, ()) if one.ships or not ships],
            owned_by=owner.get((first.ecosystem, first.location.partition("!/")[0]), "") or _by_place(first, owner),
            system=system,
        )


def _grouped(records: Iterable[PackageRecord]) -> Mapping[_Key, list[PackageRecord]]:
    """The records of the same package at the same location, from the lowest layer up."""
    groups: dict[_Key, list[PackageRecord]] = {}
    for record in records:
        if record.role == "package":
            key = (
                record.ecosystem,
                record.name,
                record.version,
                record.architecture,
                record.location,
                record.vendored_in,
            )
            groups.setdefault(key, []).append(record)
    for same in groups.values():
        same.sort(key=_layer)
    return groups


def _layer(record: PackageRecord) -> int:
    return record.evidence[0].at.level


def _by_location(records: Iterable[PackageRecord]) -> Mapping[str, Sequence[PackageRecord]]:
    found: dict[str, list[PackageRecord]] = {}
    for record in records:
        found.setdefault(record.location, []).append(record)
    return found


def _owners(records: Sequence[PackageRecord]) -> Mapping[tuple[str, str], str]:
    """Who brought the package at a location: ``deb:python3-six 1.16.0-4``, by ecosystem of the package and location."""
    records = sorted(records, key=lambda record: record.ships)  # what ships comes last, and counts
    versions = {record.name: record.version for record in records if record.ecosystem == "deb" and record.version}
    found: dict[tuple[str, str], str] = {}
    for record in records:
        version = record.version or versions.get(record.name, "")
        for location in record.owns:
            for ecosystem in ("pypi", "npm", "gem", "maven", "generic"):
                found[ecosystem, location] = f"{record.ecosystem}:{record.name} {version}".rstrip()
    return found


def _by_place(record: PackageRecord, owner: Mapping[tuple[str, str], str]) -> str:
    """``deb`` where the folder says so and the image has no file lists that would know better."""
    if not record.location.startswith(_DEBIAN_ONLY):
        return ""
    known = any(location.startswith(_DEBIAN_ONLY) for _, location in owner)
    return "" if known else "deb"


def _package(
    record: PackageRecord,
    *,
    ships: bool,
    details: Sequence[PackageRecord],
    owned_by: str,
    system: OperatingSystem | None,
) -> InstalledPackage:
    from scanner.parsers.packages.purl import purl

    said = {field: getattr(record, field) for field in record.field_names()}
    for one in details:
        said |= {field: value for field in _DETAILS if (value := getattr(one, field))}
    distribution, qualifiers = "", {}
    if record.ecosystem in {"deb", "apk", "rpm"}:
        distribution = _NAMESPACES.get(system.id, system.id) if system else ""
        qualifiers = {"arch": record.architecture, "distro": f"{system.id}-{system.version}" if system else ""}
    version = record.version
    if record.ecosystem == "rpm" and ":" in version:
        qualifiers["epoch"], _, version = version.partition(":")
    return InstalledPackage(
        **said | {"ships": ships},
        purl=purl(record.ecosystem, record.name, version, distribution=distribution, qualifiers=qualifiers),
        owned_by=owned_by,
    )


_DETAILS = ("url", "commit", "revision", "editable", "installer", "requested")
