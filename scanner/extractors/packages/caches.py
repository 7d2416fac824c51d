"""Whether what an installer downloads stays in the layer."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from scanner.extractors.packages.call import Call
from scanner.model.command import Command
from scanner.model.record import Record
from scanner.parsers.lazy import Lazy
from scanner.parsers.shell.arguments import Options

MAX_BRACES = 64
"""Paths that one ``{a,b}`` word stands for, at most."""

MAX_FOLDERS = 20
"""Different cache folders in one RUN; whether more than these are emptied counts as not known."""

_HOME = Lazy(r"^(?:\$HOME|\$\{HOME\}|/root|/home/[^/]+|~[^/]*)(?=/|$)")
_CHOOSY = frozenset({"conda", "mamba", "micromamba"})
_WHOLE = Lazy(r"--all|--tarballs|--packages|--force-pkgs-dirs|-[a-z]*[aptf][a-z]*")
"""conda removes only what its switches name; packages and their archives are what weighs."""
_ALL = frozenset({"*", "**", "*_*", ".*"})


class Cache(Record, kw_only=False):
    """Where a tool keeps what it downloads, and the ways not to leave it there."""

    folders: tuple[str, ...]
    """Usual places; each is enough to be emptied. ``~`` is anybody's home, ``*`` in front any folder."""
    variable: str = ""
    """The variable that moves it."""
    flags: tuple[str, ...] = ()
    """Options that avoid it."""
    switches: tuple[str, ...] = ()
    """Variables that avoid it."""
    cleaners: tuple[tuple[str, str], ...] = ()
    """(program, words) of commands that empty it."""
    any_value: bool = False
    """Any value of the switches avoids it (pip takes even ``false`` so)."""


_PIP_PURGE = (("pip", "cache purge"), ("python", "-m pip cache purge"))
_CONDA_CLEAN = tuple((program, "clean") for program in ("conda", "mamba", "micromamba"))
_RPM_CLEAN = tuple((program, "clean all") for program in ("yum", "dnf", "dnf5", "microdnf", "tdnf"))

CACHES = {
    "pip": Cache(
        ("~/.cache/pip",),
        "PIP_CACHE_DIR",
        ("--no-cache-dir",),
        ("PIP_NO_CACHE_DIR",),
        _PIP_PURGE,
        any_value=True,
    ),
    "uv": Cache(
        ("~/.cache/uv",),
        "UV_CACHE_DIR",
        ("--no-cache", "--no-cache-dir", "-n"),
        ("UV_NO_CACHE",),
        (("uv", "cache clean"), ("uv", "cache prune"), ("uv", "clean")),
    ),
    "poetry": Cache(
        ("~/.cache/pypoetry",),
        "POETRY_CACHE_DIR",
        ("--no-cache",),
        ("POETRY_NO_CACHE",),
        (("poetry", "cache clear"),),
    ),
    "pdm": Cache(("~/.cache/pdm",), "PDM_CACHE_DIR", (), (), (("pdm", "cache clear"),)),
    "pipenv": Cache(("~/.cache/pipenv",), "PIPENV_CACHE_DIR", (), ("PIP_NO_CACHE_DIR",), _PIP_PURGE, any_value=True),
    "conda": Cache(
        ("/opt/conda/pkgs", "*/pkgs"),
        "CONDA_PKGS_DIRS",
        (),
        (),
        _CONDA_CLEAN,
    ),
    "pixi": Cache(("~/.cache/rattler",), "PIXI_CACHE_DIR", (), (), (("pixi", "clean cache"),)),
    "apt lists": Cache(("/var/lib/apt/lists",), cleaners=(("apt-get", "dist-clean"), ("apt", "dist-clean"))),
    "apt packages": Cache(
        ("/var/cache/apt", "/var/cache/apt/archives"),
        cleaners=tuple(
            (program, word) for program in ("apt-get", "apt", "aptitude") for word in ("clean", "dist-clean")
        ),
    ),
    "apk": Cache(("/var/cache/apk", "/etc/apk/cache"), "", ("--no-cache",), (), (("apk", "cache clean"),)),
    "rpm": Cache(("/var/cache/yum", "/var/cache/dnf", "/var/cache/libdnf5", "/var/cache/tdnf"), cleaners=_RPM_CLEAN),
    "zypper": Cache(("/var/cache/zypp",), cleaners=(("zypper", "clean"), ("zypper", "cc"))),
    "npm": Cache(("~/.npm",), "npm_config_cache", (), (), (("npm", "cache clean"),)),
    "yarn": Cache(
        ("/usr/local/share/.cache/yarn", "~/.cache/yarn", "~/.yarn/berry/cache"),
        "YARN_CACHE_FOLDER",
        (),
        (),
        (("yarn", "cache clean"),),
    ),
    "pnpm": Cache(("~/.local/share/pnpm/store", "/pnpm/store"), "PNPM_STORE_DIR", (), (), (("pnpm", "store prune"),)),
    "bun": Cache(("~/.bun/install/cache",), "BUN_INSTALL_CACHE_DIR", ("--no-cache",), (), (("bun", "pm cache rm"),)),
}


def left(call: Call, options: Options, which: str) -> bool | None:
    """Whether the cache stays in the layer; None when a variable, a path or a mount that decides is not known."""
    cache = CACHES[which]
    if options.has(*cache.flags):
        return False
    doubt = False
    for name in cache.switches:
        value = call.variable(name)
        on = value is not None and (bool(value) if cache.any_value else call.switched_on(name) is True)
        if on:
            return False
        doubt = doubt or value is None
    folders, known = _folders(call, options, cache)
    doubt = doubt or not known or not call.around.mounts_known
    for mount in call.around.mounts:
        target = next((mount.options[key] for key in ("target", "dst", "destination") if mount.options.get(key)), "")
        if mount.type in {"cache", "tmpfs"} and target:
            if _covers(target, folders):
                return False
            doubt = doubt or "$" in target
    surely, perhaps = _emptied(call, which, folders)
    if surely > call.index:
        return False
    return None if doubt or perhaps > call.index else True


def _emptied(call: Call, which: str, folders: tuple[str, ...]) -> tuple[int, int]:
    """The last command of the RUN that surely empties the cache, and the last that may or may not run; else -1."""
    known = call.around.emptied
    if (which, folders) not in known:
        if len(known) >= MAX_FOLDERS:
            return -1, len(call.around.commands)
        surely = perhaps = -1
        for index, command in enumerate(call.around.commands):
            if _cleans(command, CACHES[which]) or _removes(command, folders):
                if command.conditional:
                    perhaps = index
                else:
                    surely = index
        known[which, folders] = surely, perhaps
    return known[which, folders]


def _folders(call: Call, options: Options, cache: Cache) -> tuple[tuple[str, ...], bool]:
    option = options.value("--cache-dir")
    if option is not None:
        return (_home(option.text),), option.known
    moved = call.variable(cache.variable) if cache.variable else ""
    if moved:
        return (_home(moved),), True
    base = call.variable("XDG_CACHE_HOME") if any(f.startswith("~/.cache/") for f in cache.folders) else ""
    if base:
        return tuple(_home(base) + f.removeprefix("~/.cache") for f in cache.folders), moved is not None
    return cache.folders, moved is not None and base is not None


def _home(path: str) -> str:
    return posixpath.normpath(_HOME.sub("~", path)) if path else path


def _covers(path: str, folders: tuple[str, ...]) -> bool:
    """Whether a path is one of the folders, holds it, or stands for all that is in it."""
    head, _, last = path.rstrip("/").rpartition("/")
    path = _home(head if last in _ALL else path.rstrip("/"))
    return bool(path) and any(
        folder == path or folder.startswith(path + "/") or (folder[0] == "*" and path.endswith(folder[1:]))
        for folder in folders
    )


def _cleans(command: Command, cache: Cache) -> bool:
    program = command.program.rstrip("0123456789.") if command.program[:2] in {"pi", "py"} else command.program
    for cleaner, words in cache.cleaners:
        if program == cleaner:
            texts = [word.text for word in command.arguments]
            wanted = words.split()
            if [text for text in texts if text[:1] != "-" or text == "-m"][: len(wanted)] == wanted:
                return program not in _CHOOSY or any(_WHOLE.fullmatch(text) for text in texts)
    return False


def _removes(command: Command, folders: tuple[str, ...]) -> bool:
    if command.program == "rm":
        paths = (word.text for word in command.arguments if not word.text.startswith("-"))
        return any(_covers(path, folders) for words in paths for path in _braces(words))
    if command.program == "find" and any(word.text == "-delete" for word in command.arguments):
        return _covers(command.arguments[0].text, folders)
    return False


def _braces(words: str) -> Iterator[str]:
    """What the shell makes of ``/var/{lib,cache}/x``."""
    waiting = [words]
    for _ in range(MAX_BRACES):
        if not waiting:
            return
        one = waiting.pop()
        opened = one.find("{", one.find("${") + 2 if "${" in one else 0)
        closed = one.find("}", opened)
        if opened < 0 or closed < 0 or "," not in one[opened:closed]:
            yield one
            continue
        waiting += [one[:opened] + part + one[closed + 1 :] for part in one[opened + 1 : closed].split(",")]
