"""A root file system that somebody unpacked: ``rootfs:DIR``.

Its files are read where they are, as if they were those of one layer. Nothing is followed: each folder is opened from
the one above it, so that a link, or a folder that becomes one meanwhile, leads nowhere. What is linked to is a file of
its own, wherever in the folder it is.
"""

from __future__ import annotations

import os
import stat
from itertools import islice

from scanner.errors import TargetError
from scanner.model.location import Layer, Location
from scanner.model.target import Folder
from scanner.parsers import tar
from scanner.sources.image.content import Content
from scanner.sources.image.gather import MAX_ENTRIES, Gathering, Look
from scanner.sources.image.layers import Contents
from scanner.sources.search import HEAD

MAX_DEPTH = 200
"""Folders within folders; each is opened step by step."""
KERNEL = frozenset({"dev", "proc", "run", "sys"})
"""Folders in which a running system mounts what is in no image; left out when something is mounted there."""
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


def read_rootfs(text: str, look: Look) -> Contents:
    """What the files below a folder hold. Devices, sockets and fifos are left out, other mount points are problems.

    Raises TargetError when the folder cannot be opened.
    """
    name = f"rootfs:{text}"
    try:
        root = os.open(text, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        raise TargetError(
            f"{name}: {error.strerror}",
            hint="name a folder with an unpacked root file system; docker export CONTAINER | tar -x -C DIR makes one",
        ) from None
    try:
        walk = _Walk(root, name, look)
        walk.go()
    finally:
        os.close(root)
    return Contents(found=tuple(walk.found), problems=tuple(walk.problems), entries=walk.entries)


class _Walk(Gathering):
    def __init__(self, root: int, name: str, look: Look) -> None:
        super().__init__(Layer(0, ""), name, look)
        self._root, self._device = root, os.fstat(root).st_dev
        self._taken: set[int] = set()
        """Inodes of files that have more than one name, and were taken by one of them."""

    def go(self) -> None:
        """From folder to folder, in the order of their names."""
        left = [""]
        while left and self.entries < MAX_ENTRIES:
            path = left.pop()
            try:
                number = self._open(path)
            except OSError as error:
                self.tell(path, f"the folder cannot be opened: {error.strerror}")
                continue
            try:
                if os.fstat(number).st_dev == self._device:
                    left += self._list(number, f"{path}/" if path else "")
                elif path not in KERNEL:
                    self.tell(
                        path, "something else is mounted here; it was not looked at", f"Scan {self._name}/{path}."
                    )
            except OSError as error:
                self.tell(path, f"the folder cannot be read: {error.strerror}")
            finally:
                os.close(number)
        if self.entries == MAX_ENTRIES:
            self.tell(self._name, f"{MAX_ENTRIES:,} files and folders were looked at, the rest was not")

    def _open(self, path: str) -> int:
        """A folder, step by step from the root."""
        number = os.dup(self._root)
        for step in filter(None, path.split("/")):
            try:
                below = os.open(step, _FOLDER, dir_fd=number)
            finally:
                os.close(number)
            number = below
        return number

    def _list(self, folder: int, prefix: str) -> list[str]:
        """Take the files of an open folder; the folders in it, last first."""
        folders = []
        with os.scandir(folder) as listed:
            entries = sorted(islice(listed, MAX_ENTRIES - self.entries), key=lambda entry: entry.name)
        for entry in entries:
            path = prefix + entry.name
            self.entries += 1
            try:
                if entry.is_symlink():
                    self._link(folder, entry, path)
                elif entry.is_file(follow_symlinks=False):
                    self._file(folder, entry, path)
                elif not entry.is_dir(follow_symlinks=False):
                    pass
                elif path.count("/") < MAX_DEPTH:
                    self._folder(entry, path)
                    folders.append(path)
                else:
                    self.tell(path, f"more than {MAX_DEPTH} folders deep; it was not looked at")
            except OSError as error:
                self.tell(path, f"it cannot be read: {error.strerror}")
        return folders[::-1]

    def _folder(self, entry: os.DirEntry[str], path: str) -> None:
        mode = entry.stat(follow_symlinks=False).st_mode
        if mode & stat.S_IWOTH and (names := self._look.wants(path, 0, mode)):
            folder = Folder(at=Location(path, None, self._layer), mode=stat.S_IMODE(mode))
            self.take(folder, self.entries, names)

    def _link(self, folder: int, entry: os.DirEntry[str], path: str) -> None:
        status = entry.stat(follow_symlinks=False)
        if names := self._look.wants(path, 0, status.st_mode):
            target = os.fsencode(os.readlink(entry.name, dir_fd=folder))
            content = Content(_member(status, tar.SYMLINK, target), tar.Buffer(b""), path, self._layer, hard_link=False)
            self.take(content.file(), self.entries, names)

    def _file(self, folder: int, entry: os.DirEntry[str], path: str) -> None:
        status = entry.stat(follow_symlinks=False)
        names = self._look.wants(path, status.st_size, status.st_mode)
        skips = self._skips
        searched = skips is not None and status.st_size and not skips(os.fsencode(path), os.fsencode(entry.name))
        if not names and not searched:
            return
        number = os.open(entry.name, _FILE, dir_fd=folder)
        try:
            status = os.fstat(number)
            if stat.S_ISREG(status.st_mode):
                member, again = _member(status, tar.REGULAR), status.st_ino in self._taken
                source = _InPlace(number)
                if names:
                    content = Content(member, source, path, self._layer, hard_link=again)
                    self.take(content.file(), self.entries, names)
                if searched and not again:
                    head = source.at(0, min(status.st_size, HEAD))
                    self.search(path, self.entries, status.st_size, source.at, 0, head=head)
                if status.st_nlink > 1:
                    self._taken.add(status.st_ino)
        finally:
            os.close(number)


class _InPlace:
    """An open file, as a ``tar.Source``."""

    def __init__(self, number: int) -> None:
        self._number = number

    def at(self, offset: int, size: int, /) -> bytes:
        """The bytes there, fewer at the end."""
        parts = []
        while size > 0 and (part := os.pread(self._number, size, offset)):
            parts.append(part)
            offset, size = offset + len(part), size - len(part)
        return b"".join(parts)


def _member(status: os.stat_result, kind: int, link: bytes = b"") -> tar.Entry:
    """A file as the member of an archive that it would be."""
    size = status.st_size if kind == tar.REGULAR else 0
    return tar.Entry(b"", kind, size, stat.S_IMODE(status.st_mode), status.st_uid, status.st_gid, link, 0, None)
