"""Symbolic links where the container runtime of a GPU host mounts its driver, as root and before the container runs."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from scanner.extractors.interface import Told
from scanner.extractors.place import folder_of, path, stage
from scanner.model.command import Command
from scanner.model.facts import SymbolicLink
from scanner.model.location import Evidence, Word
from scanner.model.target import File, Item, Step
from scanner.parsers.lazy import Lazy
from scanner.parsers.shell.arguments import options

_MOUNTED = Lazy(
    r"/lib(?:cuda|cudadebugger|nvidia-[\w-]{1,40}|nvcuvid|nvoptix)\.so(?:\.[\d.]{1,20})?$"
    r"|/cuda[^/]{0,20}/compat(?:/|$)|^/etc/ld\.so\.(?:cache|conf|preload)(?:\.d)?(?:/|$)"
)
"""Places that the NVIDIA container toolkit mounts over, searches or rewrites."""
_ELSEWHERE = Lazy(r"/(?:proc|sys|dev|host\w*|mnt|media|run|var/run|root|home|tmp|var/tmp|boot)(?:/|$)|/$")
_VALUED = frozenset({"-t", "--target-directory", "-S", "--suffix"})
MAX_LINK = 4096
"""Characters of a path; Linux takes no longer ones."""


class MadeLinks:
    """What ``ln -s`` makes in a RUN."""

    of = (Step,)

    def wants(self, item: Item) -> bool:
        """Steps that call ln."""
        return isinstance(item, Step) and any(command.program == "ln" for command in item.commands)

    def extract(self, item: Item) -> Iterator[SymbolicLink]:
        """A fact for each link in such a place."""
        assert isinstance(item, Step)
        for command in item.commands:
            here = folder_of(item, command) if command.program == "ln" else None
            for target, places in _made(command) if here is not None else ():
                link = next(filter(_is_mounted, (path(here or "/", place) for place in places)), None)
                if link is not None:
                    yield SymbolicLink(
                        evidence=(command.evidence(),),
                        ships=item.stage.ships,
                        path=link,
                        target=target.text,
                        leaves=_leaves(link, target.text) if target.known else None,
                        stage=stage(item),
                    )


class HeldLinks:
    """Links among the files of a layer or of the build context."""

    of = (File,)
    told = Told()

    def wants(self, item: Item) -> bool:
        """Links in such a place."""
        return isinstance(item, File) and item.link is not None and _is_mounted(path("/", item.at.path))

    def extract(self, item: Item) -> Iterator[SymbolicLink]:
        """One fact."""
        assert isinstance(item, File)
        assert item.link is not None
        link = path("/", item.at.path)
        yield SymbolicLink(
            evidence=(item.copied_by or Evidence(item.at),),
            ships=item.ships,
            path=link,
            target=item.link,
            leaves=_leaves(link, item.link),
            stage="",
        )


def _made(command: Command) -> Iterator[tuple[Word, tuple[str, ...]]]:
    """The target of each symbolic link that a call of ln makes, and the paths it may have.

    ``ln -s target path`` makes ``path``, or ``path/target`` where that is a folder.
    """
    given = options(command.arguments, _VALUED)
    folder, words = given.value("-t", "--target-directory"), given.positionals
    if not given.has("-s", "--symbolic") or not words:
        return
    last = words[-1] if folder is None and len(words) > 1 else None
    into = folder.text if folder is not None else last.text if last is not None else ""
    for word in words if last is None else words[:-1]:
        inside = posixpath.join(into, posixpath.basename(word.text.rstrip("/")))
        yield word, (into, inside) if last is not None and len(words) == 2 and into[-1:] != "/" else (inside,)


def _is_mounted(link: str) -> bool:
    return len(link) <= MAX_LINK and _MOUNTED.search(link) is not None


def _leaves(link: str, target: str) -> bool:
    """Whether the target is above the root, or no place for libraries."""
    folder = posixpath.dirname(link)
    climbs = posixpath.normpath(target).split("/").count("..")
    above = not target.startswith("/") and climbs > len(folder.strip("/").split("/"))
    return above or _ELSEWHERE.match(path(folder, target)) is not None


EXTRACTORS = (MadeLinks(), HeldLinks())
