"""Checks of certificates, signatures and host keys that are switched off."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from functools import cache

from scanner.extractors.fetches import CURL_VALUES
from scanner.extractors.place import stage
from scanner.extractors.switches import CONFIGS, SIGNS, SWITCHES, VARIABLES, WRITERS, WRITTEN, Check, Switch
from scanner.model.command import Command
from scanner.model.facts import VerificationOff
from scanner.model.instruction import Copy, Pairs
from scanner.model.location import Evidence, Text
from scanner.model.target import Config, File, Item, Step
from scanner.parsers.shell.arguments import options
from scanner.parsers.urls import split


class Switches:
    """Options, settings and files that commands use."""

    of = (Step, Config)

    def wants(self, item: Item) -> bool:
        """Steps and configs with commands."""
        return isinstance(item, Step | Config) and bool(item.commands)

    def extract(self, item: Item) -> Iterator[VerificationOff]:
        """A fact for each switch."""
        assert isinstance(item, Step | Config)
        for command in item.commands:
            yield from _curl(item, command) if command.program == "curl" else _options(item, command)
            yield from _assigned(item, command)
            if command.program in WRITERS:
                texts = (command.source.cut((command.words[0].start, command.words[-1].end)), command.heredoc)
                for text in texts:
                    yield from _written(item, text)


class Variables:
    """Variables that ENV or ARG sets."""

    of = (Step,)

    def wants(self, item: Item) -> bool:
        """ENV and ARG steps."""
        return isinstance(item, Step) and item.keyword in {"ENV", "ARG"}

    def extract(self, item: Item) -> Iterator[VerificationOff]:
        """A fact for each variable that switches a check off."""
        assert isinstance(item, Step)
        instruction = item.instruction
        for pair in instruction.pairs if isinstance(instruction, Pairs) else ():
            if pair.value is not None and pair.value.known:
                at = instruction.text.evidence(pair.key.start, pair.value.end)
                yield from _variable(item, pair.key.text, pair.value.text, at, lasting=item.keyword == "ENV")


class WrittenFiles:
    """Configuration that a COPY writes from a here-document, or brings along by its name."""

    of = (Step,)

    def wants(self, item: Item) -> bool:
        """COPY and ADD with here-documents, or of such files."""
        if not isinstance(item, Step) or not isinstance(item.instruction, Copy):
            return False
        return bool(item.instruction.heredocs) or any(True for _ in _configs(item.instruction))

    def extract(self, item: Item) -> Iterator[VerificationOff]:
        """A fact for each setting. Raises ValueError for a file that is no text."""
        assert isinstance(item, Step)
        assert isinstance(item.instruction, Copy)
        for heredoc in item.instruction.heredocs:
            yield from _written(item, heredoc.text)
        for path in _configs(item.instruction):
            file = item.find(path) or item.find(item.instruction.destination.text)
            if file is not None:
                yield from _written(item, file.text())


_TOOLS = {".gitconfig": "git", "gitconfig": "git"}
"""Files whose settings other tools have by the same name."""
_CURLRC = r"(?m)^[ \t]*(?P<how>(?:--)?insecure|-k)[ \t\r]*$"


def in_file(file: File) -> Iterator[VerificationOff]:
    """A fact for each check that a file of a layer switches off. Raises ValueError for one that is no text."""
    text, name = file.text(), file.at.path.rpartition("/")[2]
    if name == ".curlrc":
        for match in _compiled(_CURLRC).finditer(text.value):
            yield _fact(file, "curl", "tls", match["how"], text.evidence(*match.span("how")), lasting=True)
        return
    for fact in _written(file, text):
        yield fact.replace(tool=_TOOLS.get(name, fact.tool))


def _configs(instruction: Copy) -> Iterator[str]:
    """The configuration files that a COPY names, by their path in the image."""
    to = instruction.destination.text.rstrip("/")
    for source in instruction.sources:
        name = source.text.rpartition("/")[2]
        if name in CONFIGS or to.rpartition("/")[2] in CONFIGS:
            yield f"{to}/{name}"


@cache
def _compiled(pattern: str, *, exact: bool = False) -> re.Pattern[str]:
    return re.compile(pattern, 0 if exact else re.IGNORECASE)


@cache
def _by_tool() -> dict[str, tuple[Switch, ...]]:
    tools = {tool for switch in SWITCHES for tool in switch.tools}
    return {tool: tuple(switch for switch in SWITCHES if tool in switch.tools) for tool in tools}


def _curl(item: Step | Config, command: Command) -> Iterator[VerificationOff]:
    """curl, whose ``-k`` may stand among other letters (``-fsSLk``) or be a value (``-o k``)."""
    given = options(command.arguments, CURL_VALUES)
    for how in ("-k", "--insecure", "--proxy-insecure"):
        word = given.word(how)
        if word is not None:
            urls = [split(positional.text) for positional in given.positionals]
            host = "localhost" if urls and all(url.local for url in urls) else ""
            yield _fact(item, "curl", "tls", how, command.evidence(word), host=host)


def _options(item: Step | Config, command: Command) -> Iterator[VerificationOff]:
    switches = _by_tool().get(command.program, ())
    if not switches:
        return
    words, offsets = " ".join(word.text for word in command.arguments), None
    for switch in switches:
        for match in _compiled(switch.pattern, exact=switch.exact).finditer(words):
            offsets = offsets or _offsets(command)
            word = command.arguments[_at(offsets, match.start("how"))]
            last = command.arguments[_at(offsets, match.end("how") - 1)]
            how = match["how"]
            host = (match["host"] or "").rstrip(".") if "host" in match.re.groupindex else ""
            yield _fact(
                item,
                _tool(command.program, how),
                switch.check,
                how,
                command.source.evidence(word.start, last.end),
                host=host,
                lasting=switch.lasting,
            )
    if "_create_unverified_context" in words:
        yield _fact(item, "python", "tls", "ssl._create_unverified_context", command.evidence())


def _tool(program: str, how: str) -> str:
    if program in {"python", "python3", "pip3"}:
        return "pip"
    return "ssh" if "StrictHost" in how and program != "git" else program


def _offsets(command: Command) -> list[int]:
    """Where each argument begins when all are joined by spaces."""
    offsets, at = [], 0
    for word in command.arguments:
        offsets.append(at)
        at += len(word.text) + 1
    return offsets


def _at(offsets: list[int], place: int) -> int:
    return bisect_right(offsets, place) - 1


def _assigned(item: Step | Config, command: Command) -> Iterator[VerificationOff]:
    for assignment in command.assignments:
        if assignment.name.upper() in VARIABLES and assignment.value.known:
            yield from _variable(item, assignment.name, assignment.value.text, command.evidence(assignment))


def _variable(
    item: Step | Config, name: str, value: str, at: Evidence, *, lasting: bool = False
) -> Iterator[VerificationOff]:
    entry = VARIABLES.get(name.upper() if name.islower() else name)
    if entry is None:
        return
    tool, check, values = entry
    if name == "GIT_SSH_COMMAND":
        if _compiled(r"StrictHostKeyChecking[= ](?:no|off)").search(value):
            yield _fact(item, tool, check, "StrictHostKeyChecking=no", at, lasting=lasting)
    elif values is None:
        for host in value.replace(",", " ").split():
            yield _fact(item, tool, check, f"{name}={host}", at, host=host, lasting=lasting)
    elif value.strip().lower() in values:
        yield _fact(item, tool, check, f"{name}={value}" if value else f'{name}=""', at, lasting=lasting)


def _written(item: Step | Config | File, text: Text | None) -> Iterator[VerificationOff]:
    lower = text.value.lower() if text is not None else ""
    if text is None or not any(sign in lower for sign in SIGNS):
        return
    for tool, check, pattern in WRITTEN:
        for match in _compiled(pattern).finditer(text.value):
            line = text.value[text.value.rfind("\n", 0, match.start()) + 1 : match.start()]
            if line.lstrip().startswith(("#", ";", "//")):
                continue
            host = match["host"] or "" if "host" in match.re.groupindex else ""
            at = text.evidence(*match.span("how"))
            yield _fact(item, tool, check, match["how"], at, host=host, lasting=True)


def _fact(
    item: Step | Config | File,
    tool: str,
    check: Check,
    how: str,
    at: Evidence,
    *,
    host: str = "",
    lasting: bool = False,
) -> VerificationOff:
    host = host.strip()
    name = host.partition("://")[2] or host
    local = host == "file:" or name.partition(":")[0] in {"localhost", "127.0.0.1", "0.0.0.0", "::1"}  # noqa: S104
    return VerificationOff(
        evidence=(at,),
        ships=item.ships if isinstance(item, File) else item.stage.ships,
        tool=tool,
        check=check,
        how=how,
        host="" if host == "file:" else host,
        local=local,
        stage="" if isinstance(item, File) else stage(item),
        lasting=lasting,
    )


EXTRACTORS = (Switches(), Variables(), WrittenFiles())
