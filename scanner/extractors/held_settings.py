"""Settings of tools that lie in a layer: where packages come from, what is not checked, who needs no password."""

from __future__ import annotations

from collections.abc import Iterator

from scanner.extractors.credential_files import foreign, taken_along
from scanner.extractors.interface import Extractor
from scanner.model.facts.layers import LayerFile, LayerIndex, LayerVerificationOff
from scanner.model.target import File, Item

_INDEXES = frozenset({"pip.conf", "pip.ini", "uv.toml", ".condarc", "condarc", ".mambarc"})
_CHECKS = frozenset({
    "pip.conf", "pip.ini", ".condarc", "condarc", ".mambarc", ".npmrc", "npmrc", ".wgetrc", "wgetrc", "ssh_config",
    "yum.conf", "dnf.conf", "sources.list", "apt.conf", ".curlrc", ".gitconfig", "gitconfig",
})  # fmt: skip
_FOLDERS = ("etc/apt/sources.list.d/", "etc/apt/apt.conf.d/", "etc/yum.repos.d/", "etc/zypp/repos.d/")
_SUDOERS = ("etc/sudoers.d/", "etc/sudoers")


def _file(item: Item) -> str:
    """The path of a file of a layer that is not the system's or a package's own, else ""."""
    if not isinstance(item, File) or item.at.layer is None or item.link is not None or item.hard_link:
        return ""
    return "" if foreign(item.at.path) else item.at.path


def _named(item: Item, names: frozenset[str]) -> bool:
    path = _file(item)
    return path.rpartition("/")[2] in names and taken_along(path)


class Indexes:
    """Package indexes."""

    of = (File,)

    def wants(self, item: Item) -> bool:
        """By name."""
        return _named(item, _INDEXES)

    def extract(self, item: Item) -> Iterator[LayerIndex]:
        """A fact for each. Raises ValueError for a file that is no text, or too large."""
        from scanner.extractors.packages.configs import in_file

        assert isinstance(item, File)
        for fact in in_file(item):
            yield LayerIndex(**{field: getattr(fact, field) for field in fact.field_names()})


class Checks:
    """Checks of certificates, signatures and host keys that are switched off."""

    of = (File,)

    def wants(self, item: Item) -> bool:
        """By name or folder."""
        return _named(item, _CHECKS) or _file(item).startswith(_FOLDERS)

    def extract(self, item: Item) -> Iterator[LayerVerificationOff]:
        """A fact for each. Raises ValueError for a file that is no text, or too large."""
        from scanner.extractors.verification import in_file

        assert isinstance(item, File)
        for fact in in_file(item):
            yield LayerVerificationOff(**{field: getattr(fact, field) for field in fact.field_names()})


class Sudo:
    """Who may do everything without a password."""

    of = (File,)

    def wants(self, item: Item) -> bool:
        """The files of sudo's configuration."""
        return _file(item).startswith(_SUDOERS)

    def extract(self, item: Item) -> Iterator[LayerFile]:
        """A fact for each line. Raises ValueError for a file that is no text, or too large."""
        from scanner.parsers import sudoers

        assert isinstance(item, File)
        if item.size > sudoers.MAX_SIZE:
            raise ValueError(f"{item.size:,} bytes; at most {sudoers.MAX_SIZE:,} of sudo's configuration are read")
        text = item.text()
        for name, start, end in sudoers.passwordless(text.value):
            yield LayerFile(
                evidence=(text.evidence(start, end),),
                ships=item.ships,
                role="passwordless-sudo",
                path=item.at.path,
                type=name,
                folder="",
                size=item.size,
            )


EXTRACTORS: tuple[Extractor, ...] = (Indexes(), Checks(), Sudo())
