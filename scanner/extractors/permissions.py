"""What the modes of an image's files allow."""

from __future__ import annotations

import stat
from collections.abc import Iterator

from scanner.extractors.interface import Told
from scanner.model.facts.layers import LayerFile, SetIdProgram
from scanner.model.location import Evidence
from scanner.model.target import File, Folder, Item

_EITHER = stat.S_ISUID | stat.S_ISGID
_TEMPORARY = ("tmp/", "var/tmp/", "dev/", "proc/", "sys/")
_RUN = ("bin", "sbin", "etc", "init.d", "cron.d", "entrypoint.d", "docker-entrypoint.d")
"""Folders whose files are started, or say how others are."""
_SCRIPTS = (".sh", ".bash", ".service", ".pth")


class SetId:
    """Programs with the setuid or setgid bit."""

    of = (File,)
    told = Told(modes=_EITHER)

    def wants(self, item: Item) -> bool:
        """Executable files of a layer with such a bit; without execution, setgid once asked for locks."""
        if not isinstance(item, File) or not item.mode & _EITHER or item.hard_link:
            return False
        return bool(item.mode & 0o111) and item.link is None and item.at.layer is not None

    def extract(self, item: Item) -> Iterator[SetIdProgram]:
        """One fact."""
        assert isinstance(item, File)
        yield SetIdProgram(
            evidence=(Evidence(item.at, note=f"mode {item.mode:04o}"),),
            ships=item.ships,
            path=item.at.path,
            sets="owner" if item.mode & stat.S_ISUID else "group",
            owner_is_root=None if item.owner is None else item.owner == 0,
        )


class WorldWritable:
    """Folders that everyone may write to, and files that are started or that say how.

    Other files in such a folder, often hundred thousands after one chmod, are not told of: the folder is.
    """

    of = (File, Folder)
    told = Told(modes=stat.S_IWOTH)

    def wants(self, item: Item) -> bool:
        """By mode, then by path; folders with the sticky bit are meant for everyone."""
        if not isinstance(item, self.of) or not item.mode & stat.S_IWOTH or item.at.layer is None:
            return False
        path = item.at.path
        if not path or f"{path}/".startswith(_TEMPORARY):
            return False
        if isinstance(item, Folder):
            return not item.mode & stat.S_ISVTX
        if item.link is not None or item.hard_link:
            return False
        folder, _, name = path.rpartition("/")
        return folder[folder.rfind("/") + 1 :] in _RUN or folder[:4] == "etc/" or name.endswith(_SCRIPTS)

    def extract(self, item: Item) -> Iterator[LayerFile]:
        """One fact."""
        assert isinstance(item, File | Folder)
        yield LayerFile(
            evidence=(Evidence(item.at, note=f"mode {item.mode:04o}"),),
            ships=item.ships,
            role="world-writable",
            path=item.at.path,
            type="",
            folder="",
            size=0,
        )


EXTRACTORS = (SetId(), WorldWritable())
