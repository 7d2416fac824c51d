"""Settings of tools that lie in a layer: where packages come from, what is not checked, who needs no password."""

from __future__ import annotations

from collections.abc import Iterator

from scanner.extractors.credential_files import foreign, taken_along
from scanner.extractors.interface import Extractor, Told
from scanner.model.facts.layers import LayerFile, LayerIndex, LayerVerificationOff
from scanner.model.target import File, Item

_INDEXES = frozenset({"pip.conf", "pip.ini", "uv.toml", ".condarc", "condarc", ".mambarc"})
_CHECKS = frozenset({
    "pip.conf", "pip.ini", ".condarc", "condarc", ".mambarc", ".npmrc", "npmrc", ".wgetrc", "wgetrc", "ssh_config",
    "yum.conf", "dnf.conf", "sources.list", "apt.conf", ".curlrc", ".gitconfig", "gitconfig",
})  # fmt: skip
_FOLDERS = ("etc/apt/sources.list.d/", "etc/apt/apt.conf.d/", "etc/yum.repos.d/", "etc/zypp/repos.d/")
_SUDOERS = ("etc/sudoers", "etc/sudoers.d/")
_NAMES = _INDEXES | _CHECKS
_PLACES = (*_FOLDERS, *_SUDOERS)
_UNREAD = (".", "~")
"""What sudo reads no file with in the name."""


class Settings:
    """Package indexes, checks that are switched off, and who may do everything without a password."""

    of = (File,)
    told = Told(_NAMES, ("sudoers",), (*_FOLDERS, "etc/sudoers"))

    def wants(self, item: Item) -> bool:
        """By name or folder, which is all that most files are asked; none of the system's own, tests' or examples'."""
        if not isinstance(item, File):
            return False
        path = item.at.path
        if path[path.rfind("/") + 1 :] not in _NAMES and (path[:4] != "etc/" or not path.startswith(_PLACES)):
            return False
        if item.at.layer is None or item.link is not None or item.hard_link:
            return False
        if path.startswith(_SUDOERS):
            return not any(mark in path.removeprefix("etc/sudoers.d/") for mark in _UNREAD)
        return not foreign(path) and taken_along(path)

    def extract(self, item: Item) -> Iterator[LayerIndex | LayerVerificationOff | LayerFile]:
        """A fact for each. Raises ValueError for a file that is no text, or too large."""
        assert isinstance(item, File)
        path = item.at.path
        name = path.rpartition("/")[2]
        if path.startswith(_SUDOERS):
            yield from _sudo(item)
            return
        if name in _INDEXES:
            from scanner.extractors.packages import configs

            for index in configs.in_file(item):
                yield LayerIndex(**{field: getattr(index, field) for field in index.field_names()})
        if name in _CHECKS or path.startswith(_FOLDERS):
            from scanner.extractors import verification

            for check in verification.in_file(item):
                yield LayerVerificationOff(**{field: getattr(check, field) for field in check.field_names()})


def _sudo(item: File) -> Iterator[LayerFile]:
    """A fact for each line."""
    from scanner.parsers import sudoers

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


EXTRACTORS: tuple[Extractor, ...] = (Settings(),)
