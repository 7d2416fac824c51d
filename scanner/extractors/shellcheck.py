"""What ShellCheck says about the shell text of a Dockerfile, and of the scripts that it starts.

ShellCheck only parses. It is given copies, credentials masked, in a folder of its own; it reads no configuration, no
environment and no file that a script names. One process looks at all texts of a target.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from scanner.errors import UsageError
from scanner.extractors.place import stage
from scanner.model.command import Command
from scanner.model.facts import ShellWeakness
from scanner.model.instruction import Shelled
from scanner.model.location import Text
from scanner.model.target import Config, Step, Target
from scanner.parsers.lazy import Lazy

MAX_TEXTS = 500
MAX_SIZE = 500_000
"""Characters of all texts of a target."""
MAX_FOUND = 2_000
"""Weaknesses of one target."""
TIMEOUT = 20
"""Seconds for one target."""

LEFT_OUT = (
    1071,  # the language is none that ShellCheck knows: such texts are not shown to it
    1090,  # a file that `source` reads is not followed: it is the image's, or hostile
    1091,
    2148,  # there is no #! line: SHELL says what the language is
    2187,  # the dialect of ash is that of dash
)

_DIALECTS = {"sh": "sh", "bash": "bash", "dash": "dash", "ash": "dash", "ksh": "ksh"}
_OPTION = Lazy(r"-[A-Za-z]{1,9}")
_VARIABLE = Lazy(r"\$\{?([A-Za-z_]\w*)")
_ONE_WORD = Lazy(r"[\w.,:/@%+=-]+")
_NOT_ASSIGNED, _NOT_QUOTED = 2154, 2086


class _Body(NamedTuple):
    text: Text
    head: str
    """Its ``#!`` line, when that is not part of the text."""
    env: Mapping[str, str | None]
    stage: str
    ships: bool


def weaknesses(target: Target) -> Iterator[ShellWeakness]:
    """All that ShellCheck finds, after which ValueError says what it was not shown.

    Raises UsageError when it is not installed, ValueError when it fails or takes too long.
    """
    bodies: list[_Body] = []
    left = MAX_SIZE
    gap = ""
    for body in _bodies(target):
        if len(bodies) == MAX_TEXTS or len(body.text.value) > left:
            gap = f"more than {MAX_TEXTS} scripts or {MAX_SIZE:,} characters; the rest was not looked at"
            continue
        left -= len(body.text.value)
        bodies.append(body)
    found = _run([body.head + body.text.value for body in bodies]) if bodies else []
    for comment in found[:MAX_FOUND]:
        body = bodies[int(comment["file"])]
        fact = _weakness(body, comment)
        if not _set_by_the_build(body, fact):
            yield fact
    if len(found) > MAX_FOUND:
        gap = f"more than {MAX_FOUND:,} weaknesses; the rest is not reported"
    if gap:
        raise ValueError(gap)


def _bodies(target: Target) -> Iterator[_Body]:
    """The shell text of every instruction, then every script of the context that one starts, once."""
    scripts: dict[str, tuple[Text, Step | Config]] = {}
    for step in target.steps:
        instruction = step.instruction
        if isinstance(instruction, Shelled) and instruction.argv is None and instruction.script.value.strip():
            yield from _body(_whole(instruction), step.shell, step)
        _remember(step.commands, step, target.name, scripts)
    if target.config is not None:
        _remember(target.config.commands, target.config, target.name, scripts)
    for text, item in scripts.values():
        yield from _body(text, ("sh",), item)


def _whole(instruction: Shelled) -> Text:
    """The script with the here-documents that belong to it."""
    text = instruction.script
    for heredoc in instruction.heredocs:
        if heredoc.text is not text:
            body = heredoc.text
            text = text.joined(body.cut((0, len(body.value)), (heredoc.name, len(body.value))))[0]
    return text


def _remember(
    commands: Iterable[Command], item: Step | Config, own: str, scripts: dict[str, tuple[Text, Step | Config]]
) -> None:
    for source in (command.source for command in commands if command.source.path != own):
        if source.path not in scripts or len(source.value) > len(scripts[source.path][0].value):
            scripts[source.path] = source, item


def _body(text: Text, shell: Sequence[str], item: Step | Config) -> Iterator[_Body]:
    """The text as ShellCheck is to see it; nothing when its language is none that ShellCheck reads."""
    first = text.value[:200].split("\n", 1)[0]
    own = first.startswith("#!")
    words = first[2:].split() if own else shell
    program = next((name for name in (word.rpartition("/")[2] for word in words) if name in _DIALECTS), None)
    if program is not None:
        options = "".join(f" {word}" for word in shell if _OPTION.fullmatch(word) and word != "-c")
        head = "" if own else f"#!/bin/{_DIALECTS[program]}{options}\n"
        yield _Body(text, head, item.env, stage(item), item.stage.ships)


def _weakness(body: _Body, comment: Mapping[str, Any]) -> ShellWeakness:
    value = body.head + body.text.value
    start = _offset(value, comment["line"], comment["column"]) - len(body.head)
    end = _offset(value, comment["endLine"], comment["endColumn"]) - len(body.head)
    start = max(0, min(start, len(body.text.value) - 1))
    end = max(start + 1, min(end, len(body.text.value)))
    return ShellWeakness(
        evidence=(body.text.evidence(start, end),),
        ships=body.ships,
        code=comment["code"],
        level=comment["level"],
        says=" ".join(comment["message"].split()).rstrip("."),
        words=body.text.value[start:end].split("\n", 1)[0],
        stage=body.stage,
    )


def _offset(value: str, line: int, column: int) -> int:
    """The offset of a place that is counted from 1."""
    start = 0
    for _ in range(line - 1):
        start = value.find("\n", start) + 1
    return start + column - 1


def _set_by_the_build(body: _Body, fact: ShellWeakness) -> bool:
    """It misses a value, or quotes around one, that ENV or ARG sets, to one word."""
    if fact.code not in {_NOT_ASSIGNED, _NOT_QUOTED} or (used := _VARIABLE.match(fact.words)) is None:
        return False
    if used[1] not in body.env:
        return False
    value = body.env[used[1]]
    return fact.code == _NOT_ASSIGNED or (value is not None and _ONE_WORD.fullmatch(value) is not None)


def _run(texts: Sequence[str]) -> list[dict[str, Any]]:
    """ShellCheck's comments on some texts, whose index is the ``file``; in the order of the texts."""
    import json
    import subprocess
    import tempfile

    command = [program(), "--norc", "--format=json1", f"--exclude={','.join(map(str, LEFT_OUT))}"]
    with tempfile.TemporaryDirectory(prefix="hullcheck-") as folder:
        for number, text in enumerate(texts):
            with open(os.path.join(folder, str(number)), "w", encoding="utf-8", newline="") as file:
                file.write(text)
        try:
            done = subprocess.run(
                [*command, *map(str, range(len(texts)))],
                cwd=folder,
                env={"LANG": "C.UTF-8"},
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=TIMEOUT,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise ValueError(f"took longer than {TIMEOUT} s and was stopped") from None
    try:
        comments: list[dict[str, Any]] = json.loads(done.stdout)["comments"]
    except (ValueError, KeyError):
        raise ValueError(f"failed: {done.stderr.decode('utf-8', 'replace')[:200]}") from None
    return sorted(comments, key=lambda comment: (int(comment["file"]), comment["line"], comment["column"]))


def program() -> str:
    """ShellCheck's absolute path: beside this Python, else on PATH. Raises UsageError when it is not there."""
    import shutil

    beside = os.path.dirname(os.path.abspath(sys.executable))
    for path in (beside, os.environ.get("PATH", "")):
        found = shutil.which("shellcheck", path=path)
        if found and os.path.isabs(found):
            return found
    raise UsageError(
        "ShellCheck is not installed", hint="pip install 'hullcheck[shellcheck]', or leave --shellcheck out"
    )
