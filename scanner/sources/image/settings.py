"""An image's config as instructions, each with a line of its own to quote: what CMD or ENV would have said."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from scanner.model.instruction import Instruction, Onbuild, Pair, Pairs, Shelled, Words
from scanner.model.location import Text, Word
from scanner.model.record import Record
from scanner.model.secret import SecretHit
from scanner.parsers import go_lists
from scanner.parsers.dockerfile.instructions import Line, build, read_head
from scanner.parsers.dockerfile.made import ESCAPE, health, started
from scanner.parsers.image_config import ImageConfig
from scanner.sources.image.page import Page

SHELL = ("/bin/sh", "-c")
"""What runs the shell form when no SHELL says otherwise."""


class Setting(Record):
    """One setting; ``value`` is that of a variable or a label, secrets masked."""

    instruction: Instruction
    name: str = ""
    value: str = ""
    secrets: tuple[SecretHit, ...] = ()


class Settings:
    """All of them, by keyword."""

    def __init__(self, config: ImageConfig, page: Page) -> None:
        self._page = page
        self.shell = config.shell or SHELL
        self.env = {each.name: each for each in self._pairs("ENV", config.env)}
        self.labels = {each.name: each for each in self._pairs("LABEL", config.labels)}
        self.user = self._word("USER", config.user)
        self.workdir = self._word("WORKDIR", "" if config.workdir == "/" else config.workdir)
        self.stop_signal = self._word("STOPSIGNAL", config.stop_signal)
        self.ports = {port: each for port in config.ports if (each := self._word("EXPOSE", port)) is not None}
        self.volumes = {path: each for path in config.volumes if (each := self._word("VOLUME", path)) is not None}
        self.shell_said = self._list("SHELL", config.shell)
        self.entrypoint = self._list("ENTRYPOINT", config.entrypoint or ())
        self.command = self._list("CMD", config.command or ())
        self.healthcheck = self._list("HEALTHCHECK", config.healthcheck)
        self.triggers = {text: each for text in config.triggers if (each := self._trigger(text)) is not None}

    def all(self) -> Iterator[Setting]:
        """Every one."""
        for group in (self.env, self.labels, self.ports, self.volumes, self.triggers):
            yield from group.values()
        single = (self.user, self.workdir, self.stop_signal, self.shell_said, self.entrypoint, self.command)
        yield from (each for each in (*single, self.healthcheck) if each is not None)

    def _pairs(self, keyword: str, pairs: tuple[tuple[str, str], ...]) -> Iterator[Setting]:
        for name, value in pairs:
            text, hits = self._page.add(f"{keyword} {name}={value}", one_value=True)
            begin = len(keyword) + 1
            cut = begin + len(name)
            given = Word(text.value[cut + 1 :], cut + 1, len(text.value))
            pair = Pair(Word(name, begin, cut), given, False)
            instruction = Pairs(**_fields(keyword, text, begin), pairs=(pair,))
            yield Setting(instruction=instruction, name=name, value=given.text, secrets=hits)

    def _word(self, keyword: str, value: str) -> Setting | None:
        if not value.strip():
            return None
        text, hits = self._page.add(f"{keyword} {value}")
        begin = len(keyword) + 1
        word = Word(text.value[begin:], begin, len(text.value))
        return Setting(instruction=Words(**_fields(keyword, text, begin), words=(word,)), secrets=hits)

    def _list(self, keyword: str, values: tuple[str, ...]) -> Setting | None:
        if not values:
            return None
        text, hits = self._page.add(f"{keyword} {json.dumps(values, ensure_ascii=False)}")
        begin = len(keyword) + 1
        built: Instruction | None
        if keyword == "HEALTHCHECK":
            built = health(text, begin)
        elif keyword == "SHELL":
            found = go_lists.quoted(text.value, begin)
            built = Words(**_fields(keyword, text, begin), words=found[0]) if found else None
        else:
            built = started(keyword, text, begin, self.shell)
        return Setting(instruction=built, secrets=hits) if built is not None else None

    def _trigger(self, written: str) -> Setting | None:
        text, hits = self._page.add(f"ONBUILD {written}")
        head = read_head(text.value, 0, ESCAPE)
        instruction = build(Line(head, text, text.span(0, len(text.value)), ESCAPE, (), []))
        return Setting(instruction=instruction, secrets=hits) if isinstance(instruction, Onbuild) else None


def _fields(keyword: str, text: Text, arguments: int) -> dict[str, Any]:
    return {"keyword": keyword, "span": text.span(0, len(text.value)), "text": text, "arguments": arguments}


def same_command(one: Instruction | None, other: Instruction | None) -> bool:
    """Whether two of CMD, ENTRYPOINT or HEALTHCHECK start the same."""
    if not isinstance(one, Shelled) or not isinstance(other, Shelled):
        return one is other
    if one.argv is None or other.argv is None:
        return one.argv is other.argv and one.script.value == other.script.value
    return [word.text for word in one.argv] == [word.text for word in other.argv]
