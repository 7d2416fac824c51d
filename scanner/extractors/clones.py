"""Git repositories that are cloned or ADDed, and which commit they end up on."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from scanner.extractors import remote, secret_mounts
from scanner.extractors.checks import INTERPRETERS, is_python
from scanner.extractors.place import folder_of, moment, path, stage
from scanner.model.command import Command
from scanner.model.facts import GitClone
from scanner.model.instruction import Copy, Run
from scanner.model.location import Evidence, Word
from scanner.model.target import Config, Item, Step
from scanner.parsers import urls
from scanner.parsers.lazy import Lazy
from scanner.parsers.shell.arguments import Options, options

_GLOBAL = frozenset({"-C", "-c", "--git-dir", "--work-tree", "--namespace"})
_CLONE = frozenset(
    {
        "-b", "--branch", "--depth", "-c", "--config", "-o", "--origin", "--reference", "-j", "--jobs", "--filter",
        "--separate-git-dir", "--template", "--revision", "--shallow-since", "--shallow-exclude", "--bundle-uri", "-u",
        "--upload-pack", "--server-option", "--reference-if-able", "--ref-format",
    }
)  # fmt: skip
_CHECKOUT = frozenset({"-b", "-B", "--orphan", "--conflict", "--pathspec-from-file"})
_BUILDS = frozenset(
    {
        "make", "cmake", "ninja", "meson", "pip", "pip3", "uv", "pipx", "poetry", "conda", "mamba", "cargo", "go",
        "npm", "yarn", "pnpm", "mvn", "gradle", "bazel", "autoreconf", "configure", "colcon", "catkin_make", "rustc",
        "gcc", "nvcc", "R", "stack", "source", ".",
    }
)  # fmt: skip
COMMIT = Lazy(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
"""A full commit."""
MAX_FOLLOWED = 50
"""Clones of one RUN whose folders are looked for in later instructions, and whose credentials; real ones have at most a
dozen or two."""
_VERSION = Lazy(r"\d[._]\d|(?:^|[^a-z])v?\d+$|\d{6}", re.IGNORECASE)
_GIT = Lazy(r"^git@|^git://|^ssh://|\.git/?(?:[#?]|$)")


class GitClones:
    """What ``git clone`` brings in."""

    of = (Step, Config)

    def wants(self, item: Item) -> bool:
        """Steps and configs that call git."""
        return isinstance(item, Step | Config) and any(command.program == "git" for command in item.commands)

    def extract(self, item: Item) -> Iterator[GitClone]:
        """A fact for each clone of a remote repository."""
        assert isinstance(item, Step | Config)
        history = _History(item.commands)
        for number, (index, given) in enumerate(history.clones):
            yield _cloned(item, history, index, given, look_on=number < MAX_FOLLOWED)


class GitAdds:
    """Git repositories that ADD takes."""

    of = (Step,)

    def wants(self, item: Item) -> bool:
        """ADD steps."""
        return isinstance(item, Step) and item.keyword == "ADD"

    def extract(self, item: Item) -> Iterator[GitClone]:
        """A fact for each git source."""
        assert isinstance(item, Step)
        instruction = item.instruction
        for source in instruction.sources if isinstance(instruction, Copy) else ():
            if not _GIT.search(source.text):
                continue
            url = urls.split(source.text)
            query = dict(pair.split("=", 1) for pair in url.query.split("&") if "=" in pair)
            checksum = instruction.flag("checksum")
            names = [query[key] for key in ("commit", "checksum", "tag", "branch", "ref") if key in query]
            reference = (checksum and checksum.value) or (names or [url.fragment.partition(":")[0]])[0]
            plain = source.text.partition("#")[0].partition("?")[0]
            known = "$" not in reference
            yield _clone(item, plain, Word(reference, 0, 0, known), used=True, at=instruction.evidence(source))


class _History:
    """The git commands and builds of one script, read once."""

    def __init__(self, commands: Sequence[Command]) -> None:
        self.clones: list[tuple[int, Options]] = []
        self._last: tuple[int, Word] | None = None
        self._by_folder: dict[str, tuple[int, Word]] = {}
        self._builder = -1
        self._programs: dict[str, int] = {}
        for index, command in enumerate(commands):
            cloned, given = _verb(command, "clone", _CLONE)
            if cloned and given.positionals and not _is_local(given.positionals[0]):
                self.clones.append((index, given))
            chosen = _checked_out(command)
            if chosen is not None:
                self._last = (index, chosen)
                folder = options(command.arguments, _GLOBAL, until_positional=True).value("-C")
                for part in (folder.text if folder is not None else command.folder or "").split("/"):
                    self._by_folder[part] = (index, chosen)
            if _builds(command):
                self._builder = index
            for part in command.words[0].text.split("/") if command.words else ():
                self._programs[part] = index

    def checked_out(self, index: int, name: str) -> Word | None:
        """What a clone ends up on; of several clones in one script, only what is done in its own folder counts."""
        found = self._last if len(self.clones) < 2 else self._by_folder.get(name)
        return found[1] if found is not None and found[0] > index else None

    def uses(self, index: int, name: str) -> bool:
        """Whether something is built behind a clone, or a program out of it is run."""
        return max(self._builder, self._programs.get(name, -1), self._programs.get(".", -1)) > index


def _cloned(item: Step | Config, history: _History, index: int, given: Options, *, look_on: bool) -> GitClone:
    url = given.positionals[0]
    folder = given.positionals[1].text if len(given.positionals) > 1 else ""
    name = (folder or url.text).rstrip("/").rpartition("/")[2].removesuffix(".git")
    reference = history.checked_out(index, name)
    used = history.uses(index, name)
    place = _place(item, index, folder or name) if isinstance(item, Step) and look_on and not used else None
    if isinstance(item, Step) and place is not None:
        used, chosen = _later(item, place)
        reference = reference or chosen
    return _clone(
        item,
        url.text if url.known or "://" in url.text else None,
        reference or given.value("--revision", "-b", "--branch"),
        used=used,
        at=item.commands[index].evidence(url),
        kept=look_on and _kept(item, index, url.text, folder or name),
    )


def _place(step: Step, index: int, name: str) -> str | None:
    """The path of a clone in the image; None when that is not known."""
    here = folder_of(step, step.commands[index])
    place = "/" if here is None else path(here, name)
    return None if "$" in place or "~" in place or place == "/" else place


def _later(step: Step, place: str) -> tuple[bool, Word | None]:
    """Whether the next steps build or run something in a folder, and what they check out there."""
    used, chosen = False, None
    for other in step.later():
        if other.keyword in {"CMD", "ENTRYPOINT"}:
            used = used or _under(other.workdir or "/", place) or f"{place}/" in other.instruction.text.value
        for command in other.commands:
            here = folder_of(other, command)
            if here is None:
                continue
            there = options(command.arguments, _GLOBAL, until_positional=True).value("-C")
            inside = _under(path(here, there.text) if there is not None and command.program == "git" else here, place)
            chosen = (_checked_out(command) if inside else None) or chosen
            if _builds(command) or (command.words and _under(path(here, command.words[0].text), place)):
                used = used or inside or any(_under(path(here, word.text), place) for word in command.words)
    return used, chosen


def _under(path: str, folder: str) -> bool:
    return path == folder or path.startswith(f"{folder}/")


def _kept(item: Step | Config, index: int, url: str, folder: str) -> bool:
    """Whether the clone keeps a credential out of a variable in its ``.git/config``."""
    scheme, _, rest = url.partition("://")
    if (
        not isinstance(item, Step)
        or scheme not in {"http", "https"}
        or "$" not in rest.partition("/")[0].rpartition("@")[0]
    ):
        return False
    mounts = item.instruction.mounts if isinstance(item.instruction, Run) else ()
    if any(secret_mounts.Secret(m, item.commands).used_in(url) for m in mounts if m.type == "secret"):
        return False
    clean = secret_mounts.CleanUp(item.commands)
    return not clean.removes(".git", index) and not clean.removes(folder, index)


def _clone(
    item: Step | Config, url: str | None, reference: Word | None, *, used: bool, at: Evidence, kept: bool = False
) -> GitClone:
    parts = urls.split(_as_url(url or ""))
    name = reference.text if reference else ""
    known = reference is None or reference.known
    return GitClone(
        evidence=(at,),
        ships=item.stage.ships,
        url=url,
        host=None if url is None or "$" in parts.host else parts.host,
        reference=name,
        commit_pinned=True if COMMIT.fullmatch(name) else None if not known else False,
        tag_pinned=_VERSION.search(name) is not None and not COMMIT.fullmatch(name) if known else None,
        used=used,
        hub=remote.hub(parts) in {"huggingface", "modelscope"},
        credential_kept=kept,
        stage=stage(item),
        moment=moment(item),
    )


def _as_url(text: str) -> str:
    """``git@host:path`` as a URL."""
    if "://" not in text and re.match(r"[\w.-]+@[\w.-]+:", text):
        return "ssh://" + text.replace(":", "/", 1)
    return text


def _verb(command: Command, verb: str, valued: frozenset[str]) -> tuple[bool, Options]:
    """Whether it is this git command, and what it is given."""
    if command.program == "git":
        outer = options(command.arguments, _GLOBAL, until_positional=True)
        if outer.positionals and outer.positionals[0].text == verb:
            return True, options(outer.positionals[1:], valued)
        if verb == "clone" and [word.text for word in outer.positionals[:2]] == ["lfs", "clone"]:
            return True, options(outer.positionals[2:], valued)
    return False, Options((), ())


def _checked_out(command: Command) -> Word | None:
    """What ``git checkout``, ``switch`` or ``reset --hard`` goes to."""
    for verb in ("checkout", "switch", "reset"):
        found, given = _verb(command, verb, _CHECKOUT)
        if found and given.positionals and (verb != "reset" or given.has("--hard")):
            word = given.positionals[0]
            return None if word.text in {".", "FETCH_HEAD", "HEAD"} else word
    return None


def _builds(command: Command) -> bool:
    """Whether it builds or installs something, or runs a script."""
    program = command.program
    if is_python(program):
        return not any(word.text in {"--version", "-m"} for word in command.arguments[:1])
    if program in INTERPRETERS:
        return any(not word.text.startswith("-") for word in command.arguments)
    return program in _BUILDS


def _is_local(url: Word) -> bool:
    return url.text.startswith(("/", ".", "file:")) and url.known


EXTRACTORS = (GitClones(), GitAdds())
