"""Secret mounts of a RUN, and whether what they hold is written into the layer."""

from __future__ import annotations

import re
from collections.abc import Sequence

from scanner.extractors import logins
from scanner.model.command import Command
from scanner.model.instruction import Mount
from scanner.parsers.lazy import Lazy

_PRINTS = frozenset(
    {"cat", "echo", "printf", "tee", "base64", "envsubst", "awk", "head", "tail", "tr", "cut", "jq", "sed"}
)
_COPIES = frozenset({"cp", "mv", "install", "rsync"})
_CONFIGURES = frozenset(
    {"pip", "pip3", "npm", "yarn", "pnpm", "poetry", "conda", "git", "composer", "bundle", "gem", "uv"}
)
_NOWHERE = ("/dev/", "/proc/", "/tmp/", "/run/", "/var/tmp/")  # noqa: S108
"""Where what is written does not count: devices and the like; temporary files are cleaned up often enough."""
_LOGS_OUT = frozenset({"logout", "--unset", "--unset-all", "--remove-section", "unset", "delete"})
_STORES = Lazy(r"\.(?:docker|git-?config|git-credentials|netrc|npmrc|cache|aws|ngc|kaggle|config)|huggingface|token")
_HOME = Lazy(r"/(?:root|home/[^/]+)/")
_VARIABLE = Lazy(r"\$\{?([A-Za-z_]\w*)")


def name(mount: Mount) -> str:
    """Its id: given, or the last part of its target or source."""
    options = mount.options
    path = options.get("target") or options.get("dst") or options.get("destination") or options.get("source") or ""
    return options.get("id") or path.rstrip("/").rpartition("/")[2] or options.get("env", "")


class Secret:
    """How a script can get at a mounted secret: by its path, its variable, or a variable filled from these."""

    def __init__(self, mount: Mount, commands: Sequence[Command]) -> None:
        options = mount.options
        path = (
            options.get("target") or options.get("dst") or options.get("destination") or f"/run/secrets/{name(mount)}"
        )
        self._path = re.compile(re.escape(path) + r"(?![\w.-])")
        self._variables = {options["env"]} if options.get("env") else set()
        for command in commands:
            for assignment in command.assignments:
                if self.used_in(command.source.value[assignment.start : assignment.end]):
                    self._variables.add(assignment.name)

    def used_in(self, text: str) -> bool:
        """Whether shell text refers to it."""
        if self._path.search(text) is not None:
            return True
        return bool(self._variables) and not self._variables.isdisjoint(_VARIABLE.findall(text))


def stored_by(mount: Mount, mounts: Sequence[Mount], commands: Sequence[Command]) -> str:
    """The program that writes the secret into the layer, "" for none.

    What the same RUN removes again, and what goes to another mount or a temporary folder, is not in the layer.
    """
    secret, clean = Secret(mount, commands), CleanUp(commands)
    others = [m.options.get("target", m.options.get("dst", "")) for m in mounts if m.type in {"cache", "tmpfs", "bind"}]
    elsewhere = (*_NOWHERE, *(target.rstrip("/") + "/" for target in others if target))
    for index, command in enumerate(commands):
        program = command.program
        logged_out = clean.logged_out > index
        login = logins.service(command)
        if login and not logged_out and not _kept_in(elsewhere, logins.store(login)):
            return program
        if not secret.used_in(_written(command)):
            continue
        kept = _target(commands, index)
        if kept and not kept.startswith(elsewhere) and not clean.removes(kept, index):
            return program
        words = [word.text for word in command.arguments]
        if program in _CONFIGURES and {"config", "configure", "set"} & set(words[:3]) and not logged_out:
            return program
        if program == "git" and "clone" in words[:4] and not clean.removes(".git", index):
            return "git clone"
    return ""


def _kept_in(mounts: Sequence[str], store: str) -> bool:
    """Whether a file in the home folder, root's or another's, lies in one of these mounts."""
    homes = ((mount, _HOME.match(mount)) for mount in mounts)
    return bool(store) and any(home is not None and store.startswith(mount[home.end() :]) for mount, home in homes)


class CleanUp:
    """What a script removes again."""

    def __init__(self, commands: Sequence[Command]) -> None:
        self.logged_out = -1
        """The last command that logs out, or removes what a login stores."""
        self._paths: dict[str, int] = {}
        self._names: dict[str, int] = {}
        for index, command in enumerate(commands):
            words = [word.text for word in command.arguments]
            removes = command.program in {"rm", "shred", "unlink"}
            if not _LOGS_OUT.isdisjoint(words) or (removes and any(map(_STORES.search, words))):
                self.logged_out = index
            for word in words if removes else ():
                path = word.rstrip("/")
                self._paths[path] = self._names[path.rpartition("/")[2]] = index

    def removes(self, path: str, index: int) -> bool:
        """Whether a command behind this one removes a file of that name, or a folder above it."""
        path = path.rstrip("/")
        last = self._names.get(path.rpartition("/")[2], -1)
        while path:
            last = max(last, self._paths.get(path, -1))
            path = path.rpartition("/")[0]
        return last > index


def _written(command: Command) -> str:
    """The command as it is written, its here-document included."""
    if not command.words:
        return ""
    text = command.source.value[command.words[0].start : command.words[-1].end]
    return text + (command.heredoc.value if command.heredoc is not None else "")


def _target(commands: Sequence[Command], index: int) -> str:
    """The file into which a command that has the secret in its words puts it, "" for none."""
    command = commands[index]
    words = [word.text for word in command.arguments if not word.text.startswith("-")]
    edits = any(re.match(r"-[a-zA-Z]*i|--in-place", word.text) for word in command.arguments)
    if command.program in _COPIES or (command.program == "sed" and edits):
        return words[-1] if len(words) > 1 else ""
    for at in range(index, len(commands)):
        each = commands[at]
        if each.pipeline != command.pipeline or each.program not in _PRINTS:
            break
        if each.program == "tee":
            return next((word.text for word in each.arguments if not word.text.startswith("-")), "")
        for redirect in each.redirects:
            if redirect.operator in {">", ">>", ">|"} and redirect.descriptor in {None, 1}:
                return redirect.target.text
    return ""
