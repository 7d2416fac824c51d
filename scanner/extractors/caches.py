"""What weighs in a layer: downloads that installers left, and large files."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Literal, NamedTuple

from scanner.extractors.interface import Told
from scanner.model.facts.layers import LayerFile
from scanner.model.location import Evidence, Location
from scanner.model.target import File, Item

SMALLEST = 1 << 16
"""Bytes of the smallest file that is counted: what weighs are archives and lists, which are larger."""
LARGE = 10_000_000
"""Bytes of the smallest file that is large."""
_LINKED = frozenset({"uv", "pnpm", "bun", "pixi"})
"""They install by hard links into their cache: what is in it takes no room of its own."""
_ARCHIVES = (".conda", ".tar.bz2")
"""In conda's cache; the unpacked packages beside them are linked into the environment too."""


class _Places(NamedTuple):
    fixed: tuple[tuple[str, str], ...]
    """(folder from the root, tool)."""
    home: tuple[tuple[str, str], ...]
    """(folder in anybody's home, tool)."""


@cache
def _places() -> _Places:
    """Where installers keep what they download; only imported for the first large file of a layer."""
    from scanner.extractors.packages.caches import CACHES

    kept = [(folder, tool) for tool, cache in CACHES.items() if tool not in _LINKED for folder in cache.folders]
    return _Places(
        fixed=tuple((f"{folder[1:]}/", tool) for folder, tool in kept if folder[0] == "/" and tool != "conda"),
        home=(
            *((f"{folder[1:]}/", tool) for folder, tool in kept if folder[0] == "~"),
            ("/.cache/huggingface/xet/", "hugging-face"),
        ),
    )


def cache_of(path: str) -> tuple[str, str] | None:
    """The tool and the folder of the cache that a file of a layer belongs to."""
    if path.endswith(_ARCHIVES):
        folder = path.rpartition("/")[0]
        return ("conda", folder) if folder.endswith("/pkgs") else None
    for folder, tool in _places().fixed:
        if path.startswith(folder):
            return tool, folder[:-1]
    if "/." in path:
        for end, tool in _places().home:
            at = path.find(end)
            if at >= 0:
                return tool, path[: at + len(end) - 1]
    return None


class Heavy:
    """Files in the caches of installers, and large ones anywhere."""

    of = (File,)
    told = Told(size=SMALLEST)

    def wants(self, item: Item) -> bool:
        """By size, then by path; in layers only."""
        if not isinstance(item, File) or item.size < SMALLEST or item.hard_link or item.at.layer is None:
            return False
        return item.size >= LARGE or cache_of(item.at.path) is not None

    def extract(self, item: Item) -> Iterator[LayerFile]:
        """One fact at the cache, one at the large file."""
        assert isinstance(item, File)
        found = cache_of(item.at.path)
        if found is not None:
            tool, folder = found
            yield _file(item, "package-cache", Location(folder, None, item.at.layer), tool, folder)
        if item.size >= LARGE:
            yield _file(item, "large", item.at)


def _file(
    item: File, role: Literal["package-cache", "large"], at: Location, tool: str = "", folder: str = ""
) -> LayerFile:
    return LayerFile(
        evidence=(Evidence(at),),
        ships=item.ships,
        role=role,
        path=item.at.path,
        type=tool,
        folder=folder,
        size=item.size,
    )


EXTRACTORS = (Heavy(),)
