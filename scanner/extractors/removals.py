"""Files that a RUN removes when they are in an earlier layer already, where everybody still finds them."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Literal

from scanner.extractors import embedded, logins, model_calls, remote
from scanner.extractors.copies import model_format
from scanner.extractors.credential_files import credential_type
from scanner.extractors.fetches import fetches
from scanner.extractors.model_commands import named
from scanner.extractors.place import at_home, folder_of, path, stage
from scanner.model.command import Command
from scanner.model.facts import LateRemoval
from scanner.model.instruction import Copy
from scanner.model.location import Evidence, Word
from scanner.model.record import Record
from scanner.model.target import Config, Item, Step
from scanner.parsers import urls
from scanner.parsers.lazy import Lazy
from scanner.parsers.shell.arguments import options

MAX_PLACED = 1000
"""Files that earlier layers hold which are remembered."""
MAX_WILDCARDS = 200
"""Removals by wildcard that are compared with these; of one RUN, as many with what it made itself."""
MAX_DEPTH = 64
"""Folders of a path that are looked at, from the root."""

_WILD = Lazy(r"[*?\[]")
_REMOVES = frozenset({"rm", "shred", "unlink"})
_IDLE = _REMOVES | {"echo", "true", ":", "set", "cd", "ls"}
"""Programs that put nothing into a layer."""
_LISTS = ("/var/lib/apt/", "/var/cache/")
"""What package managers keep there is removed by nearly every RUN, and is neither a model nor a credential."""
_CACHES = {"huggingface": ".cache/huggingface", "ollama": ".ollama", "modelscope": ".cache/modelscope"}
"""Where downloads go, from the home folder."""

_Content = Literal["credential", "model"]
_PutBy = Literal["copy", "login", "command", "unknown"]


class _Placed(Record, kw_only=False):
    """A file or folder in a layer that is done."""

    path: str
    content: _Content
    put_by: _PutBy
    evidence: Evidence


class _Layers:
    """What the layers so far hold, by path and by every folder above it."""

    def __init__(self) -> None:
        self._placed: list[_Placed] = []
        self._below: dict[str, _Placed] = {}
        self._wildcards = 0

    @property
    def overflowed(self) -> bool:
        """There is more than is remembered or compared."""
        return len(self._placed) > MAX_PLACED or self._wildcards > MAX_WILDCARDS

    def add(self, placed: _Placed) -> None:
        """Another file or folder."""
        if len(self._placed) <= MAX_PLACED:
            self._placed.append(placed)
            for folder in _folders(placed.path):
                self._below.setdefault(folder, placed)

    def find(self, removed: str) -> _Placed | None:
        """The first that goes when a path, wildcards allowed, is removed."""
        if not _WILD.search(removed):
            return self._below.get(removed)
        self._wildcards += 1
        if self._wildcards > MAX_WILDCARDS:
            return None
        return next((each for each in self._placed if _holds(removed, each.path)), None)


class Removals:
    """What the shipping stages remove too late."""

    of = (Config,)

    def wants(self, item: Item) -> bool:
        """Only the config, when something is removed."""
        return isinstance(item, Config) and any(
            command.program in _REMOVES for step in item.steps for command in step.commands
        )

    def extract(self, item: Item) -> Iterator[LateRemoval]:
        """A fact for each file. Raises ValueError last when there are too many to remember or compare."""
        assert isinstance(item, Config)
        layers = _Layers()
        last = max((index for index, step in enumerate(item.steps) if any(_removals(step))), default=-1)
        for index, step in enumerate(item.steps[: last + 1]):
            yield from _removed(step, layers)
            for placed in _brought(step) if index < last else ():
                layers.add(placed)
        if layers.overflowed:
            raise ValueError(
                f"more than {MAX_PLACED:,} models and credentials, or {MAX_WILDCARDS} removals by wildcard; "
                "the rest was not looked at"
            )


def _removed(step: Step, layers: _Layers) -> Iterator[LateRemoval]:
    alone = all(command.program in _IDLE for command in step.commands)
    for command, word, place in _removals(step):
        before = layers.find(place)
        if before is not None:
            yield _late(step, command, word, before.content, before.put_by, before.evidence)
        elif alone and word.known and credential_type(word.text):
            yield _late(step, command, word, "credential", "unknown")


def _removals(step: Step) -> Iterator[tuple[Command, Word, str]]:
    """The commands of a step that remove something: the word and the path it means."""
    for command in step.commands:
        here = folder_of(step, command) if command.program in _REMOVES else None
        if here is not None:
            for word in options(command.arguments, frozenset()).positionals:
                place = path(here, at_home(step, word.text))
                if not place.startswith(_LISTS):
                    yield command, word, place


def _late(
    step: Step, command: Command, word: Word, content: _Content, put_by: _PutBy, *before: Evidence
) -> LateRemoval:
    return LateRemoval(
        evidence=(command.evidence(word), *before),
        ships=step.stage.ships,
        path=word.text,
        content=content,
        put_by=put_by,
        stage=stage(step),
    )


def _holds(removed: str, place: str) -> bool:
    """Whether removing what a wildcard stands for removes a file or folder."""
    above = "/".join(place.split("/")[: removed.count("/") + 1])
    return fnmatchcase(above, removed)


def _folders(place: str) -> Iterator[str]:
    """A path and the folders above it, without the root."""
    parts = place.strip("/").split("/")[:MAX_DEPTH]
    return (f"/{'/'.join(parts[: n + 1])}" for n in range(len(parts)))


def _brought(step: Step) -> Iterator[_Placed]:
    """The models and credentials that a step puts into its layer and leaves there."""
    found = list(_copied(step) if isinstance(step.instruction, Copy) else _made(step))
    if found:
        gone = dict.fromkeys(place for _, _, place in _removals(step))
        wild = [place for place in gone if _WILD.search(place)][:MAX_WILDCARDS]
        for each in found[: MAX_PLACED + 1]:
            if gone.keys().isdisjoint(_folders(each.path)) and not any(_holds(removed, each.path) for removed in wild):
                yield each


def _copied(step: Step) -> Iterator[_Placed]:
    instruction = step.instruction
    assert isinstance(instruction, Copy)
    end = instruction.destination
    if not end.known or instruction.flag("from") is not None:
        return
    for source in instruction.sources:
        name = posixpath.basename(urls.split(source.text).path if "://" in source.text else source.text)
        into = end.text.endswith("/") or end.text in {".", ".."} or len(instruction.sources) > 1
        place = path(step.workdir or "/", posixpath.join(end.text, name) if into else end.text)
        for each in (source.text, place):
            if credential_type(each):
                yield _Placed(place, "credential", "copy", instruction.evidence(source))
                break
            if model_format(posixpath.basename(each)):
                yield _Placed(place, "model", "copy", instruction.evidence(source))
                break


def _made(step: Step) -> Iterator[_Placed]:
    for command in step.commands:
        store = logins.store(logins.service(command))
        if store:
            yield _Placed(path("/", at_home(step, f"~/{store}")), "credential", "login", command.evidence())
        here = folder_of(step, command)
        if here is not None:
            yield from _made_by(step, command, here)
    for text in embedded.readable(step):
        try:
            taken = [(call, model_calls.taken(call)) for call in model_calls.read(text)]
        except ValueError:
            continue  # reported where models are looked for
        for call, model_taken in taken:
            place = _cache(step, model_taken.source) if model_taken is not None else ""
            if place:
                yield _Placed(place, "model", "command", text.evidence(call.start, call.end))


def _made_by(step: Step, command: Command, here: str) -> Iterator[_Placed]:
    """What a command that runs in the folder ``here`` writes to files that it names."""
    for redirect in command.redirects:
        place = path(here, at_home(step, redirect.target.text))
        if ">" in redirect.operator and credential_type(place):
            yield _Placed(place, "credential", "command", command.evidence())
    for fetch in fetches(command):
        if fetch.saved_as and remote.content(urls.split(fetch.url.text), fetch.saved_as) == "model":
            yield _Placed(path(here, fetch.saved_as), "model", "command", command.evidence(fetch.url))
    for model in named(command):
        given = options(command.arguments, frozenset({"--local-dir", "--cache-dir"}))
        into = given.value("--local-dir", "--cache-dir")
        place = into.text if into is not None else _cache(step, model.source)
        if model.via == "cli" and place:
            yield _Placed(path(here, place), "model", "command", command.evidence(model.name))


def _cache(step: Step, source: str) -> str:
    """Where downloads from a hub go when nobody says; "" when that is not known."""
    if source == "huggingface" and "HF_HOME" in step.env:
        return step.env["HF_HOME"] or ""
    return path("/", at_home(step, f"~/{_CACHES[source]}")) if source in _CACHES else ""


EXTRACTORS = (Removals(),)
