"""Which advisories are about which packages: the ecosystems of OSV, and the releases of distributions in them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping

from scanner.advisories.versions import Scheme
from scanner.model.facts import OperatingSystem
from scanner.model.facts.packages import Ecosystem
from scanner.parsers.manifests.specifier import normalize

SCHEMES: Mapping[str, Scheme] = {
    "PyPI": "pypi",
    "npm": "semver",
    "Go": "semver",
    "crates.io": "semver",
    "Maven": "maven",
    "RubyGems": "gem",
    "Debian": "deb",
    "Ubuntu": "deb",
    "Alpine": "apk",
    "Wolfi": "apk",
    "Chainguard": "apk",
    "Red Hat": "rpm",
    "Rocky Linux": "rpm",
    "AlmaLinux": "rpm",
    "SUSE": "rpm",
    "openSUSE": "rpm",
}
"""The ecosystems whose advisories are taken in, by the first part of their name, and how their versions are ordered."""

DEFAULT = tuple(SCHEMES)
"""What an update fetches when nobody says."""

LANGUAGES: Mapping[Ecosystem, str] = {
    "pypi": "PyPI",
    "conda": "PyPI",
    "npm": "npm",
    "go": "Go",
    "cargo": "crates.io",
    "maven": "Maven",
    "gem": "RubyGems",
}
SYSTEM: frozenset[Ecosystem] = frozenset({"deb", "apk", "rpm"})
"""Packages that belong to a distribution."""


def scheme(ecosystem: str) -> Scheme | None:
    """The order of an ecosystem's versions; None for one whose advisories are not taken in."""
    return SCHEMES.get(ecosystem.partition(":")[0])


def name_of(ecosystem: str, name: str) -> str:
    """A package's name as it is looked up."""
    return normalize(name) if ecosystem == "PyPI" else name


def of_system(system: OperatingSystem, known: Iterable[str]) -> tuple[str, ...]:
    """Those of the known ecosystems that are about a distribution's release; none where there are none."""
    pattern = _pattern(system)
    return tuple(name for name in known if re.fullmatch(pattern, name)) if pattern else ()


def _pattern(system: OperatingSystem) -> str:
    make = _RELEASES.get(system.id)
    return make(system.version) if make is not None else ""


def _major(version: str) -> str:
    return re.escape(version.partition(".")[0])


def _first_two(version: str) -> str:
    return re.escape(".".join(version.split(".")[:2]))


def _red_hat(version: str) -> str:
    """The repositories of every customer; extended support has builds of its own."""
    major = version.partition(".")[0]
    return rf"Red Hat:enterprise_linux:{re.escape(major)}(?:\.[0-9]+)?(?:::.*)?" if major else ""


def _suse(version: str) -> str:
    """The server and all modules of a service pack: which one ships a package is not recorded."""
    major, _, pack = version.partition(".")
    release = re.escape(f"{major} SP{pack}" if pack and pack != "0" else major)
    return rf"SUSE:Linux Enterprise (?:Server|Module for .+?) {release}"


_RELEASES: Mapping[str, Callable[[str], str]] = {
    "debian": lambda version: rf"Debian:{_major(version)}" if version else "",
    "ubuntu": lambda version: rf"Ubuntu:{_first_two(version)}(?::LTS)?" if version else "",
    "alpine": lambda version: rf"Alpine:v{_first_two(version)}" if version else "",
    "wolfi": lambda _version: "Wolfi",
    "chainguard": lambda _version: "Chainguard",
    "rhel": _red_hat,
    "rocky": lambda version: rf"Rocky Linux:{_major(version)}",
    "almalinux": lambda version: rf"AlmaLinux:{_major(version)}",
    "sles": _suse,
    "sled": _suse,
    "opensuse-leap": lambda version: rf"openSUSE:Leap {re.escape(version)}",
    "opensuse-tumbleweed": lambda _version: "openSUSE:Tumbleweed",
}
"""By the ``ID`` of os-release. CentOS, Fedora, Amazon Linux and Oracle Linux have no advisories in OSV."""
