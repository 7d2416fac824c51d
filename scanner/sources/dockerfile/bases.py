"""Which image a stage starts from, and which stages make the target."""

from __future__ import annotations

from collections.abc import Collection

from scanner import knowledge
from scanner.errors import UsageError
from scanner.model.instruction import Copy, Dockerfile, From, Instruction, Run
from scanner.model.location import Word
from scanner.model.record import Record
from scanner.parsers import image_reference, variables


class Outline(Record):
    """The target stage's index, the stages it is made from, those a build of it runs, and the names of all."""

    target: int
    ships: frozenset[int]
    reached: frozenset[int]
    names: frozenset[str]
    """In lower case. ``--from`` may name a later stage, FROM an earlier one only."""


def outline(parsed: Dockerfile, target: str | None, lookup: variables.Lookup) -> Outline:
    """Follow FROM and ``--from`` back from the target (a stage's name or number; None: the last stage).

    ``lookup`` knows the arguments before the first FROM. Where a name is not known all the same, any stage may be
    meant, and all count as reached. Raises UsageError when there is no such stage.
    """
    names: dict[str, int] = {}
    parents: list[int | None] = []
    feeds: list[list[str]] = []
    for instruction in parsed.instructions:
        if isinstance(instruction, From):
            image = _image(instruction, lookup, parsed.escape)
            parents.append(names.get(image.lower()))
            feeds.append([image] if "$" in image else [])
            if instruction.stage is not None:
                names[instruction.stage.text.lower()] = len(parents) - 1
        elif feeds:
            feeds[-1] += _sources(instruction)
    index = len(parents) - 1
    if target is not None:
        index = names.get(target.lower(), int(target) if target.isdecimal() and int(target) < len(parents) else -1)
        if index < 0:
            known = ", ".join(names) or "none has a name"
            raise UsageError(f"no stage called {target!r}", hint=f"The file's stages: {known}.")
    ships, at = set(), index if parents else None
    while at is not None and at not in ships:
        ships.add(at)
        at = parents[at]
    reached, waiting = set(), list(ships)
    while waiting:
        stage = waiting.pop()
        if stage in reached or stage < 0:
            continue
        reached.add(stage)
        if any("$" in name for name in feeds[stage]):
            reached.update(range(len(parents)))
            break
        waiting += (_number(name, names, len(parents)) for name in feeds[stage])
        if (parent := parents[stage]) is not None:
            waiting.append(parent)
    return Outline(target=index, ships=frozenset(ships), reached=frozenset(reached), names=frozenset(names))


def _image(instruction: From, lookup: variables.Lookup, escape: str) -> str:
    """What a FROM names, as far as it is known."""
    text = instruction.image.text
    if "$" in text:
        try:
            return variables.expand(text, lookup, escape).text
        except ValueError:
            return text
    return text


def _sources(instruction: object) -> list[str]:
    if isinstance(instruction, Copy):
        flag = instruction.flag("from")
        return [flag.value] if flag is not None and flag.value else []
    if isinstance(instruction, Run):
        return [mount.options["from"] for mount in instruction.mounts if "from" in mount.options]
    return []


def _number(name: str, names: dict[str, int], count: int) -> int:
    return names.get(name.lower(), int(name) if name.isdecimal() and int(name) < count else -1)


def named(instruction: Instruction, above: Collection[str], every: Collection[str]) -> tuple[Word, ...]:
    """The words of an instruction that name images rather than stages: ``above`` it, or of the file (``every``)."""
    words: list[Word] = []
    if isinstance(instruction, From):
        words = [instruction.image]
    elif isinstance(instruction, Copy) and (flag := instruction.flag("from")) is not None and flag.value:
        words = [Word(flag.value, flag.start + len("--from="), flag.end, "$" not in flag.value)]
    elif isinstance(instruction, Run):
        words = [
            Word(mount.options["from"], mount.start, mount.end, "$" not in mount.options["from"])
            for mount in instruction.mounts
            if "from" in mount.options
        ]
    stages = above if isinstance(instruction, From) else every
    return tuple(
        word
        for word in words
        if word.text.lower() not in stages and not word.text.isdecimal() and word.text.lower() != "scratch"
    )


def image_of(instruction: From, is_stage: bool) -> str | None:
    """The image reference a stage starts from; "" for scratch or another stage, None when it is not known."""
    if is_stage or instruction.image.text.lower() == "scratch":
        return ""
    return instruction.image.text if instruction.image.known else None


def default_image(instruction: From, lookup: variables.Lookup, escape: str) -> str | None:
    """The image that a FROM names when nobody gives a build argument; None when that depends on more than those."""
    image = instruction.image
    if image.known:
        return image.text

    def default(name: str) -> variables.Value:
        value = lookup(name)
        return variables.UNSET if value is variables.OPEN else value

    try:
        text, known = variables.expand(instruction.text.value[image.start : image.end], default, escape)
    except ValueError:
        return None
    return text if known else None


def default_user(reference: str | None) -> str | None:
    """Who a container of this image runs as: "" for root, None when it is not known."""
    if reference == "":
        return ""
    known = known_base(reference)
    if known is None or not known.user:
        return None
    return "" if known.user == "root" else known.user


def known_base(reference: str | None) -> knowledge.KnownBase | None:
    """What is known of a public image by its reference."""
    if not reference:
        return None
    try:
        image = image_reference.parse(reference)
    except ValueError:
        return None
    return knowledge.base_image(image.familiar, image.tag or "")
