"""Secret mounts of a RUN, and whether what they hold is written into the layer."""

from __future__ import annotations

import re
from collections.abc import Sequence

from scanner.extractors import logins
from scanner.model.command import Command
from scanner.model.instruction import Mount

_PRINTS = frozenset(
    {"cat", "echo", "printf", "tee", "base64", "envsubst", "awk", "head", "tail", "tr", "cut", "jq", "sed"}
)
_COPIES = frozenset({"cp", "mv", "install", "rsync"})
_CONFIGURES = frozenset(
    {"pip", "pip3", "npm", "yarn", "pnpm", "poetry", "conda", "git", "composer", "bundle", "gem", "uv"}
)
_NOWHERE = ("/dev/", "/proc/", "/tmp/", "/run/", "/var/tmp/")  # noqa: S108
"""Where what is written does not count: devices and the like; temporary files are cleaned up often enough."""


def name(mount: Mount) -> str:
    """Its id: given, or the last part of its target or source."""
    options = mount.options
    path = options.get("target") or options.get("dst") or options.get("destination") or options.get("source") or ""
    return options.get("id") or path.rstrip("/").rpartition("/")[2] or options.get("env", "")


def signs(mount: Mount, commands: Sequence[Command]) -> re.Pattern[str]:
    """What in a command shows that it uses the secret: its path, its variable, or a variable filled from these."""
    options = mount.options
    path = options.get("target") or options.get("dst") or options.get("destination") or f"/run/secrets/{name(mount)}"
    found = [re.escape(path) + r"(?![\w.-])"]
    variables = {options["env"]} if options.get("env") else set()
    for command in commands:
        for assignment in command.assignments:
            value = command.source.value[assignment.start : assignment.end]
            if re.search(found[0], value) or any(re.search(_use(v), value) for v in variables):
                variables.add(assignment.name)
    return re.compile("|".join(found + [_use(variable) for variable in sorted(variables)]))


def stored_by(mount: Mount, mounts: Sequence[Mount], commands: Sequence[Command]) -> str:
    """The program that writes the secret into the layer, "" for none.

    What the same RUN removes again, and what goes to another mount or a temporary folder, is not in the layer.
    """
    sign = signs(mount, commands)
    others = tuple(
        m.options.get("target", m.options.get("dst", "")) for m in mounts if m.type in {"cache", "tmpfs", "bind"}
    )
    elsewhere = (*_NOWHERE, *(target.rstrip("/") + "/" for target in others if target))
    for index, command in enumerate(commands):
        program = command.program
        if logins.service(command) and not _logged_out(commands[index:]):
            return program
        if not sign.search(_written(command)):
            continue
        kept = _target(commands, index)
        if kept and not kept.startswith(elsewhere) and not _removed(commands[index:], kept):
            return program
        words = [word.text for word in command.arguments]
        if (
            program in _CONFIGURES
            and {"config", "configure", "set"} & set(words[:3])
            and not _logged_out(commands[index:])
        ):
            return program
        if program == "git" and "clone" in words[:4] and not _removed(commands[index:], ".git"):
            return "git clone"
    return ""


def _use(variable: str) -> str:
    return rf"\$\{{?{re.escape(variable)}\b"


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
    for each in (later for later in commands[index:] if later.pipeline == command.pipeline):
        if each.program not in _PRINTS:
            break
        if each.program == "tee":
            return next((word.text for word in each.arguments if not word.text.startswith("-")), "")
        for redirect in each.redirects:
            if redirect.operator in {">", ">>", ">|"} and redirect.descriptor in {None, 1}:
                return redirect.target.text
    return ""


def _removed(commands: Sequence[Command], path: str) -> bool:
    """Whether a later command of the RUN removes it, or a folder above it."""
    last = path.rstrip("/").rpartition("/")[2]
    for command in commands:
        if command.program in {"rm", "shred", "unlink"}:
            for word in command.arguments:
                text = word.text.rstrip("/")
                if text.rpartition("/")[2] == last or (
                    text.startswith(("/", "~", "$")) and path.startswith(text + "/")
                ):
                    return True
    return False


def _logged_out(commands: Sequence[Command]) -> bool:
    """Whether a later command of the RUN logs out, or removes what a login stores."""
    for command in commands:
        words = {word.text for word in command.arguments}
        if words & {"logout", "--unset", "--unset-all", "--remove-section", "unset", "delete"}:
            return True
        if command.program == "rm" and any(
            re.search(
                r"\.(?:docker|git-?config|git-credentials|netrc|npmrc|cache|aws|ngc|kaggle|config)|huggingface|token", w
            )
            for w in words
        ):
            return True
    return False
