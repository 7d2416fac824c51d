"""What a bill of materials lists as installed."""

from __future__ import annotations

from collections.abc import Iterator

from scanner.extractors.interface import Extractor
from scanner.model.facts import Fact, OperatingSystem, PackageRecord
from scanner.model.location import Evidence
from scanner.model.target import Component, Item


class Components:
    """Packages with a package URL, and the operating system."""

    of = (Component,)

    def wants(self, item: Item) -> bool:
        """What is of a kind of package that is known, and the system."""
        return isinstance(item, Component) and (item.ecosystem is not None or item.kind == "system")

    def extract(self, item: Item) -> Iterator[Fact]:
        """The same facts as for a package that was found in an image."""
        from scanner.parsers.packages import places

        assert isinstance(item, Component)
        evidence = (Evidence(item.at, f"{item.name} {item.version}".rstrip()),)
        if item.kind == "system":
            yield OperatingSystem(
                evidence=evidence,
                id=item.name,
                version=item.version,
                codename="",
                pretty=f"{item.name} {item.version}".rstrip(),
                like=(),
            )
        elif item.ecosystem is not None:
            yield PackageRecord(
                evidence=evidence,
                ecosystem=item.ecosystem,
                name=item.name,
                version=item.version,
                licence=item.licence,
                architecture=item.architecture,
                source=item.source,
                source_version=item.source_version,
                location=(places.location(item.path) if item.path else "") or item.path or item.at.path,
                vendored_in=places.carrier(item.path) if item.ecosystem in {"pypi", "npm", "maven"} else "",
            )


EXTRACTORS: tuple[Extractor, ...] = (Components(),)
