"""The programs that a process supervisor starts (http://supervisord.org/configuration.html)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from scanner.extractors.services.places import SUPERVISOR
from scanner.extractors.services.settings import text_of
from scanner.model.command import Command
from scanner.model.target import Config
from scanner.parsers import shell
from scanner.parsers.lazy import Lazy

_COMMAND = Lazy(r"(?m)^command[ \t]*=[ \t]*([^\n]+(?:\n[ \t]+[^\n]+)*)")


def commands(command: Command, config: Config) -> Iterator[Command]:
    """What a ``supervisord`` command starts, as its configuration file in the image says."""
    named = [
        b.text for a, b in zip(command.words, command.words[1:], strict=False) if a.text in {"-c", "--configuration"}
    ]
    for path in named or SUPERVISOR:
        file = config.find(command.at(path))
        if file is None:
            continue
        text = text_of(file)
        for match in _COMMAND.finditer(text.value):
            parts: list[tuple[int, int] | tuple[str, int]] = []
            for line in re.finditer(r"[^\n]+", match[1]):
                start = match.start(1) + line.start()
                parts += (start, start + len(line[0])), (" ", start + len(line[0]) - 1)
            yield from shell.parse(text.cut(*parts), config.env.get).commands
