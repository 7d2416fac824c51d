"""What the layers above leave of a layer: files that are replaced or removed are still in the image, for who looks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import groupby

MAX_PATH = 4096
"""Bytes of a path; Linux takes no longer ones."""
WHITEOUT = b".wh."
OPAQUE = b".wh..wh..opq"
"""In a folder: nothing of it in the layers below remains."""
AUFS = b".wh..wh."
"""Other names at the root that begin so are left over from AUFS and mean nothing."""

_ODD = (b"", b".", b"/")


class Names:
    """The names in one layer, compact: a few bytes a file. A whiteout counts as the name that it takes away."""

    def __init__(self) -> None:
        self.folders: dict[bytes, bytearray] = {b"": bytearray()}
        """Every folder that has an entry or an entry below it, and the names in it that are no folders."""
        self.opaque: set[bytes] = set()
        self.sizes: dict[bytes, bytearray] = {}
        """If somebody asks: the names in each folder that are no folders, each with its size in digits ("" for 0)."""

    def add(self, folder: bytes, name: bytes) -> None:
        """An entry that is no folder, or what a whiteout is for."""
        names = self.folders.get(folder)
        if names is None:
            names = self.add_folder(folder)
        names += name
        names += b"\0"

    def weigh(self, folder: bytes, name: bytes, size: int) -> None:
        """The size of an entry that is no folder, for ``wasted``."""
        sizes = self.sizes.get(folder)
        if sizes is None:
            sizes = self.sizes[folder] = bytearray()
        sizes += b"%b\0%d\0" % (name, size) if size else name + b"\0\0"

    def add_folder(self, path: bytes) -> bytearray:
        """A folder, and those above it; the names in it."""
        above = path
        while above not in self.folders:
            self.folders[above] = bytearray()
            above = above.rpartition(b"/")[0]
        return self.folders[path]

    def add_opaque(self, folder: bytes) -> None:
        """A folder of which nothing below this layer remains."""
        self.add_folder(folder)
        self.opaque.add(folder)

    def add_all(self, others: Names) -> None:
        """The names in a later part of the same layer."""
        for ours, theirs in ((self.folders, others.folders), (self.sizes, others.sizes)):
            for folder, names in theirs.items():
                ours[folder] = ours.get(folder, bytearray()) + names
        self.opaque |= others.opaque

    def listed(self, folder: bytes) -> list[bytes]:
        """The names in a folder that are no folders, as often as they come."""
        return bytes(self.folders.get(folder, b"")).split(b"\0")

    def within(self, folder: bytes) -> frozenset[bytes]:
        """The names in a folder that are no folders."""
        return frozenset(self.listed(folder))


def path_of(name: bytes) -> bytes:
    """A name in an archive as a path from the root: no leading slash, no ``.`` and no ``..``, which stops at the root.

    The root itself is b"". Raises ValueError for one that is too long.
    """
    if len(name) > MAX_PATH:
        raise ValueError(f"a name of {len(name):,} bytes; at most {MAX_PATH:,} are read")
    if name[:1] not in _ODD and b"//" not in name and b"/." not in name and name[-1:] != b"/":
        return name
    parts: list[bytes] = []
    for part in name.split(b"/"):
        if part == b"..":
            del parts[-1:]
        elif part not in _ODD:
            parts.append(part)
    return b"/".join(parts)


def leaves_root(name: bytes) -> bool:
    """Whether a name climbs above the root."""
    depth = 0
    for part in name.split(b"/"):
        depth += -1 if part == b".." else part not in _ODD
        if depth < 0:
            return True
    return False


def removed_by(files: Sequence[tuple[int, bytes]], layers: Sequence[tuple[int, Names]]) -> list[int | None]:
    """For files by layer and path: the first layer above that removes or replaces each, None for those that remain.

    ``layers`` go from the bottom up, each with its number.
    """
    fates: list[int | None] = [None] * len(files)
    ordered = sorted(range(len(files)), key=lambda index: files[index][1].rpartition(b"/")[0].split(b"/"))
    groups = [
        (folder, list(group)) for folder, group in groupby(ordered, lambda index: files[index][1].rpartition(b"/")[0])
    ]
    for number, layer in layers:
        within = lru_cache(64)(layer.within)
        for folder, group in groups:
            below = [index for index in group if files[index][0] < number and fates[index] is None]
            if not below:
                continue
            hidden = _hides(layer, within, folder)
            if hidden is None:
                continue
            names = within(folder)
            for index in below:
                path = files[index][1]
                if hidden or path.rpartition(b"/")[2] in names or path in layer.folders:
                    fates[index] = number
    return fates


def wasted(layers: Sequence[tuple[int, Names]]) -> dict[int, int]:
    """By layer, the bytes of its files that it or one above removes or replaces; ``layers`` as in ``removed_by``."""
    lost = {number: 0 for number, _ in layers}
    withins = {number: lru_cache(64)(layer.within) for number, layer in layers}
    for folder in sorted({folder for _, layer in layers for folder in layer.sizes}):
        gone: set[bytes] = set()
        above: list[Names] = []
        hidden, prefix = False, folder and folder + b"/"
        for number, layer in reversed(layers):
            fields = bytes(layer.sizes.get(folder, b"")).split(b"\0")
            own: set[bytes] = set()
            for name, size in reversed(list(zip(fields[::2], fields[1::2], strict=False))):
                if size and (
                    hidden or name in gone or name in own or any(prefix + name in each.folders for each in above)
                ):
                    lost[number] += int(size)
                own.add(name)
            hides = _hides(layer, withins[number], folder)
            if hides is not None:
                hidden = hidden or hides
                gone |= withins[number](folder)
                above.append(layer)
    return lost


def _hides(layer: Names, within: Callable[[bytes], frozenset[bytes]], folder: bytes) -> bool | None:
    """Whether a layer takes a folder of the layers below away; None when it has nothing there at all."""
    if b"" in layer.opaque:
        return True
    above, end = b"", -1
    while folder:
        start, end = end + 1, folder.find(b"/", end + 1)
        path, name = (folder[:end], folder[start:end]) if end >= 0 else (folder, folder[start:])
        if name in within(above) or path in layer.opaque:
            return True
        if path not in layer.folders:
            return None
        if end < 0:
            break
        above = path
    return False
