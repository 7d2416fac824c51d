"""Follow commands into the scripts they start: servers and downloads mostly hide there."""

from __future__ import annotations

import re
from collections.abc import Callable

from scanner.model.command import Command, Script
from scanner.model.finding import Problem
from scanner.model.location import Location, Text, Word
from scanner.model.target import File
from scanner.parsers import shell

MAX_DEPTH = 4
"""A script that starts a script that starts a script …: deeper ones are not read."""
MAX_SCRIPT = 1 << 20
"""Bytes of the largest script that is read."""

MAX_SHEBANG = 256
"""Characters of a ``#!`` line that count, as for Linux."""

_SHELLS = frozenset({"sh", "bash", "dash", "ash", "zsh", "ksh", "source", "."})


def follow(
    script: Script,
    find: Callable[[str], File | None],
    lookup: Callable[[str], str | None],
    problems: list[Problem],
    seen: frozenset[str] = frozenset(),
) -> tuple[Command, ...]:
    """The commands of a script, and behind them those of the shell scripts they start, each script once.

    A followed script's commands keep their own source text; ``parent`` and ``pipeline`` count on from the list so
    far, and the first-level commands of it have the starting command as ``parent``, with ``inside`` ``"-c"``.
    """
    commands = list(script.commands)
    if len(seen) >= MAX_DEPTH:
        return tuple(commands)
    for index, command in enumerate(script.commands):
        started = _started(command)
        file = find(started.text) if started is not None else None
        if file is None or file.at.path in seen:
            continue
        text = _read(file, problems)
        if text is None or not _is_shell(text):
            continue
        inner = shell.parse(text, lookup)
        problems += [
            Problem(at=text.location(start, end), reason=f"shell: {reason}") for start, end, reason in inner.errors
        ]
        offset, pipelines = len(commands), max((c.pipeline for c in commands), default=0) + 1
        for each in follow(inner, find, lookup, problems, seen | {file.at.path}):
            nested = each.parent is not None
            commands.append(
                each.replace(
                    parent=each.parent + offset if each.parent is not None else index,
                    inside=each.inside if nested else "-c",
                    pipeline=each.pipeline + pipelines,
                )
            )
    return tuple(commands)


def shebang(script: Text) -> Command | None:
    """The command that runs a script whose ``#!`` names no shell: the interpreter, with the script as its input."""
    if not script.value.startswith("#!") or _is_shell(script):
        return None
    line = script.value.split("\n", 1)[0][:MAX_SHEBANG]
    words = [Word(each[0], each.start(), each.end()) for each in re.finditer(r"[^\s#!]\S*", line)]
    if len(words) > 1 and words[0].text.endswith("/env"):
        del words[: 2 if words[1].text == "-S" else 1]
    return Command(source=script, words=tuple(words), heredoc=script) if words else None


def _started(command: Command) -> Word | None:
    """The word that names the script a command starts, if it is one."""
    if command.program in _SHELLS:
        arguments = command.arguments
        if any(word.text.startswith("-") and "c" in word.text.lstrip("-") for word in arguments[:2]):
            return None
        return next((word for word in arguments if word.known and not word.text.startswith(("-", "+"))), None)
    if command.words and command.words[0].known and ("/" in (name := command.words[0].text) or name.endswith(".sh")):
        return command.words[0]
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
