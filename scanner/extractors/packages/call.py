"""One call of an installer, and what surrounds it."""

from __future__ import annotations

import posixpath
from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping

from scanner.model.command import Command
from scanner.model.facts import PackageManagerCall
from scanner.model.instruction import Mount, Run
from scanner.model.location import Evidence, Word
from scanner.model.target import Config, File, Step
from scanner.parsers.manifests.specifier import masked
from scanner.parsers.shell.arguments import Options, options

ROOT = frozenset({"", "root", "0"})
_SWITCHES_USER = frozenset({"gosu", "su-exec", "su", "runuser", "setpriv", "setuidgid", "chroot"})
_OFF = frozenset({"", "0", "false", "no", "off", "n", "f"})
_ANSWERS = frozenset({"yes", "echo", "printf"})


def options_named(words: str) -> frozenset[str]:
    """Names written one behind the other."""
    return frozenset(words.split())


class Surroundings:
    """The commands of a RUN (or those that start the container), and what is in force there."""

    def __init__(self, item: Step | Config) -> None:
        self.commands: tuple[Command, ...] = item.commands
        self.env: Mapping[str, str | None] = item.env
        self.user: str | None = item.user
        self.stage = item.stage.name or str(item.stage.index)
        self.ships: bool = item.stage.ships
        self.find: Callable[[str], File | None] = item.find
        instruction = item.instruction if isinstance(item, Step) else None
        self.mounts: tuple[Mount, ...] = instruction.mounts if isinstance(instruction, Run) else ()
        self.mounts_known = not isinstance(item, Step) or item.flags_known
        self.unreadable: list[str] = []
        """What could not be read, as ``path:line: reason``."""
        self.uses_lists: set[str] = set()
        """Families that some command of this RUN installs or upgrades with."""
        self.activated = len(self.commands)
        """Index of the first command that activates a virtual environment."""
        self.emptied: dict[tuple[str, tuple[str, ...]], tuple[int, int]] = {}
        """What ``caches`` has found out: the last command that surely and that perhaps empties a cache."""
        self._exports: dict[str, list[tuple[int, str | None]]] = {}
        for index, command in enumerate(self.commands):
            match command.program:
                case "export":
                    self._export(index, command)
                case "." | "source" | "activate":
                    if any("activate" in word.text for word in command.words):
                        self.activated = min(self.activated, index)

    def _export(self, index: int, command: Command) -> None:
        for word in command.arguments:
            name, equals, value = word.text.partition("=")
            if equals:
                self._exports.setdefault(name, []).append((index, value if word.known else None))

    def variable(self, name: str, index: int) -> str | None:
        """A variable where command ``index`` runs: "" when nobody sets it, None when its value is not known."""
        earlier = self._exports.get(name, [])
        at = bisect_left(earlier, index, key=_first)
        return earlier[at - 1][1] if at else self.env.get(name, "")


def _first(pair: tuple[int, str | None]) -> int:
    return pair[0]


class Call:
    """One call: ``words`` are those behind the program's name."""

    def __init__(self, around: Surroundings, index: int, manager: str, words: tuple[Word, ...]) -> None:
        self.around = around
        self.index = index
        self.manager = manager
        self.words = words
        self.command = around.commands[index]

    def passed_on(self, manager: str, words: Iterable[Word]) -> Call:
        """The same command read as a call of another installer: ``uv pip``, ``python -m pip``, ``conda run pip``."""
        return Call(self.around, self.index, manager, tuple(words))

    def options(self, valued: frozenset[str] = frozenset()) -> Options:
        """Its command line."""
        return options(self.words, valued)

    def evidence(self, word: Word | None = None, note: str = "") -> Evidence:
        """A word of it, or all of it."""
        return self.command.evidence(word, note)

    def variable(self, name: str) -> str | None:
        """An environment variable here: "" when nobody sets it, None when its value is not known."""
        for assignment in reversed(self.command.assignments):
            if assignment.name == name:
                return assignment.value.text if assignment.value.known else None
        return self.around.variable(name, self.index)

    def switched_on(self, *names: str) -> bool | None:
        """Whether one of these variables has a value that means yes; None when that is not known."""
        values = [self.variable(name) for name in names]
        if any(value is not None and value.strip().lower() not in _OFF for value in values):
            return True
        return None if None in values else False

    def path(self, path: str) -> str | None:
        """A path as seen from the folder that ``cd`` has led to; None when that is not known."""
        if path.startswith("/"):
            return path
        here = self.command.folder
        return None if here is None else posixpath.normpath(posixpath.join(here, path))

    def find(self, path: str) -> File | None:
        """The file at a path, when it comes from the build context."""
        place = self.path(path)
        return None if place is None else self.around.find(place)

    def as_root(self) -> bool | None:
        """Whether root runs it."""
        wrappers = {word.text.rpartition("/")[2] for word in self.command.wrappers}
        if "sudo" in wrappers or "doas" in wrappers:
            return True
        user = self.around.user
        if user is None or wrappers & _SWITCHES_USER:
            return None
        return user.partition(":")[0] in ROOT

    def is_answered(self) -> bool:
        """Whether something is piped into it that may answer its question: ``yes | apt-get install``."""
        nearby = self.around.commands[max(0, self.index - 4) : self.index]
        return any(c.pipeline == self.command.pipeline and c.program in _ANSWERS for c in nearby)

    def made(
        self,
        family: str,
        action: str,
        packages: Iterable[Word] = (),
        *,
        assume_yes: bool | None = True,
        no_recommends: bool | None = None,
        cache_left: bool | None = None,
        update_alone: bool = False,
        break_system_packages: bool = False,
        virtual_env: bool | None = None,
        hashes_required: bool = False,
        reads_lock: bool = False,
        lock_enforced: bool | None = None,
    ) -> PackageManagerCall:
        """The fact that this call was made."""
        return PackageManagerCall(
            evidence=(self.evidence(),),
            ships=self.around.ships,
            manager=self.manager,
            family=family,
            action=action,
            packages=" ".join(masked(word.text) for word in packages),
            stage=self.around.stage,
            assume_yes=assume_yes,
            no_recommends=no_recommends,
            cache_left=cache_left,
            update_alone=update_alone,
            break_system_packages=break_system_packages,
            as_root=self.as_root(),
            virtual_env=virtual_env,
            hashes_required=hashes_required,
            reads_lock=reads_lock,
            lock_enforced=lock_enforced,
        )
