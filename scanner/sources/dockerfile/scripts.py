"""Follow commands into the scripts they start: servers and downloads mostly hide there."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

from scanner.model.command import Command, Script, base_name
from scanner.model.finding import Problem
from scanner.model.location import Location, Text, Word
from scanner.model.target import File
from scanner.parsers import shell

MAX_DEPTH = 4
"""A script that starts a script that starts a script …: deeper ones are not read."""
MAX_SCRIPT = 1 << 20
"""Bytes of the largest script that is read."""

MAX_FOLDERS = 40
"""Folders of PATH in which a script is looked for."""
MAX_SHEBANG = 256
"""Characters of a ``#!`` line that count, as for Linux."""

_ALL_GIVEN = frozenset({"$@", "${@}", "$*", "${*}"})
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
"""Where nothing says otherwise."""
_MOVES = frozenset({"cd", "pushd"})
_SHELLS = frozenset({"sh", "bash", "dash", "ash", "zsh", "ksh", "source", "."})


class Given(NamedTuple):
    """The words that a script is started with: what ``"$@"`` stands for in it."""

    source: Text
    words: tuple[Word, ...]


def follow(
    script: Script,
    find: Callable[[str], File | None],
    lookup: Callable[[str], str | None],
    problems: list[Problem],
    *,
    seen: frozenset[str] = frozenset(),
    given: Given | None = None,
    folder: str | None = "",
) -> tuple[Command, ...]:
    """The commands of a script that is started in ``folder``, and behind them those of the shell scripts they start.

    Each script is followed once.

    A followed script's commands keep their own source text; ``parent`` and ``pipeline`` count on from the list so
    far, and the first-level commands of it have the starting command as ``parent``, with ``inside`` ``"-c"``.
    A script that ends with ``exec "$@"`` is followed by the commands it was ``given``.
    """
    commands = list(script.commands)
    if given is not None:
        commands = [_filled(command, given.words) for command in commands]
    commands = _placed(commands, folder)
    if len(seen) >= MAX_DEPTH:
        return tuple(commands)
    for index, command in enumerate(tuple(commands)):
        if given is not None and command.words and command.words[0].text in _ALL_GIVEN:
            argv = shell.parse_argv(given.source, given.words, lookup)
            handed = follow(argv, find, lookup, problems, seen=seen, folder=command.folder)
            inner = tuple(_wrapped(each, command) for each in handed)
        else:
            inner = _started_by(command, find, lookup, problems, seen)
        offset, pipelines = len(commands), max((c.pipeline for c in commands), default=0) + 1 if inner else 0
        for each in inner:
            nested = each.parent is not None
            commands.append(
                each.replace(
                    parent=each.parent + offset if each.parent is not None else index,
                    inside=each.inside if nested else "-c",
                    pipeline=each.pipeline + pipelines,
                )
            )
    return tuple(commands)


def _placed(commands: list[Command], start: str | None) -> list[Command]:
    """Each with its folder: a ``cd`` counts for what follows in the same script, and for what that runs."""
    if start == "" and not any(command.program in _MOVES for command in commands):
        return commands
    placed: list[Command] = []
    here: dict[int | None, str | None] = {None: start}
    for command in commands:
        parent = command.parent
        if parent not in here:
            here[parent] = placed[parent].folder if parent is not None and parent < len(placed) else start
        folder = here[parent]
        placed.append(command.replace(folder=folder))
        if command.program in _MOVES:
            here[parent] = _entered(command.arguments, folder)
    return placed


def _entered(arguments: Sequence[Word], folder: str | None) -> str | None:
    word = next((word for word in arguments if word.text[:1] != "-"), None)
    if word is None or not word.known:
        return None
    if word.text.startswith(("/", "~")):
        return word.text
    return None if folder is None else posixpath.join(folder, word.text)


def _wrapped(command: Command, by: Command) -> Command:
    """What ``exec gosu app "$@"`` does to the command it was given."""
    return command if command.parent is not None else command.replace(wrappers=by.wrappers + command.wrappers)


def _started_by(
    command: Command,
    find: Callable[[str], File | None],
    lookup: Callable[[str], str | None],
    problems: list[Problem],
    seen: frozenset[str],
) -> tuple[Command, ...]:
    """The commands of the script that a command starts, if it does and the script is here."""
    at = _started(command)
    file = _found(command, command.words[at].text, find, lookup) if at is not None else None
    if at is None or file is None or file.at.path in seen:
        return ()
    text = _read(file, problems)
    if text is None or not _is_shell(text):
        return ()
    script = shell.parse(text, lookup)
    problems += [
        Problem(at=text.location(start, end), reason=f"shell: {reason}") for start, end, reason in script.errors
    ]
    words = command.words[at + 1 :]
    given = Given(command.source, words) if all(word.known for word in words) else None
    seen |= {file.at.path}
    return follow(script, find, lookup, problems, seen=seen, given=given, folder=command.folder)


def _found(
    command: Command, name: str, find: Callable[[str], File | None], lookup: Callable[[str], str | None]
) -> File | None:
    """The file that a name in a command means: a path, else one in the folders of PATH."""
    file = find(command.at(name))
    if file is None and "/" not in name:
        folders = (lookup("PATH") or _PATH).split(":")[:MAX_FOLDERS]
        file = next((found for folder in folders if folder and (found := find(f"{folder}/{name}")) is not None), None)
    return file


def _filled(command: Command, words: tuple[Word, ...]) -> Command:
    """The command with what its script was given in the place of ``"$@"``."""
    at = next((n for n, word in enumerate(command.words) if n and word.text in _ALL_GIVEN), None)
    if at is None:
        return command
    place = command.words[at]
    filled = tuple(word._replace(start=place.start, end=place.end) for word in words)
    return command.replace(words=command.words[:at] + filled + command.words[at + 1 :])


def shebang(script: Text) -> Command | None:
    """The command that runs a script whose ``#!`` names no shell: the interpreter, with the script as its input."""
    if not script.value.startswith("#!") or _is_shell(script):
        return None
    line = script.value.split("\n", 1)[0][:MAX_SHEBANG]
    words = [Word(each[0], each.start(), each.end()) for each in re.finditer(r"[^\s#!]\S*", line)]
    if len(words) > 1 and words[0].text.endswith("/env"):
        del words[: 2 if words[1].text == "-S" else 1]
    if not words:
        return None
    return Command(source=script, words=tuple(words), program=base_name(words), heredoc=script)


def _started(command: Command) -> int | None:
    """Which word names the script that a command starts, if it starts one."""
    words = command.words
    if command.program in _SHELLS:
        if any(word.text.startswith("-") and "c" in word.text.lstrip("-") for word in words[1:3]):
            return None
        return next((n for n, word in enumerate(words) if n and word.known and word.text[:1] not in {"-", "+"}), None)
    if words and words[0].known and ("/" in (name := words[0].text) or name.endswith(".sh") or "entrypoint" in name):
        return 0
    return None


def _read(file: File, problems: list[Problem]) -> Text | None:
    if file.size > MAX_SCRIPT:
        problems.append(Problem(at=file.at, reason=f"a script of {file.size:,} bytes; at most {MAX_SCRIPT:,} are read"))
        return None
    try:
        return file.text()
    except ValueError:
        return None
    except OSError as error:
        problems.append(Problem(at=Location(file.at.path), reason=f"cannot be read: {error.strerror or error}"))
        return None


def _is_shell(text: Text) -> bool:
    """Shell by its first line; without ``#!`` a shell runs it too, unless it is clearly something else."""
    first = text.value[:200].split("\n", 1)[0]
    if first.startswith("#!"):
        return any(part.rpartition("/")[2] in _SHELLS for part in first[2:].split())
    return not text.path.endswith(
        (".py", ".pl", ".rb", ".js", ".mjs", ".ps1", ".bat", ".cmd", ".php", ".lua", ".r", ".R")
    )
