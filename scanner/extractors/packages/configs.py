"""Package indexes that configuration files of installers name: pip.conf, uv.toml, .condarc.

The formats are those of the tools' own documentation: an INI file whose values may go on in indented lines, TOML, and
YAML. Only the few keys that matter are looked for; what is odd about the rest is the installer's business.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from scanner.extractors.packages import indexes
from scanner.model.facts import PackageIndex
from scanner.model.instruction import Copy
from scanner.model.location import Text
from scanner.model.target import File, Step
from scanner.parsers.lazy import Lazy

MAX_FILE = 1 << 18
"""Bytes of the largest configuration file that is read."""
_INSTALLERS = {
    "pip.conf": "pip", "pip.ini": "pip", "uv.toml": "uv", ".condarc": "conda", "condarc": "conda", ".mambarc": "mamba",
}  # fmt: skip
_ROLES = {
    "index-url": "primary", "extra-index-url": "extra", "find-links": "find-links", "url": "extra",
    "channels": "channel", "index-strategy": "strategy",
}  # fmt: skip
_SETTING = Lazy(
    r"(?m)^[ \t]*(index-url|extra-index-url|find-links|index-strategy|url|channels)[ \t]*[=:]"
    r"([^\n]*(?:\n(?:[ \t]+(?![\w-]+[ \t]*=)|[ \t]*- )[^\n]*)*)"
)
_VALUE = Lazy(r"(?:^|(?<=[\s\[\"',]))(?!-(?:\s|$)|#)[^\s\"',\[\]]+")


def read(step: Step) -> Iterator[PackageIndex]:
    """A fact for each index that the files name which a step brings or writes.

    Raises ValueError for a file that is no text, or too large.
    """
    for path in dict.fromkeys(_paths(step)):
        file = step.find(path)
        if file is not None:
            yield from _indexes(file, path, step)


def named(name: str) -> bool:
    """Whether a file of that name may name package indexes."""
    return name in _INSTALLERS


def in_file(file: File) -> Iterator[PackageIndex]:
    """A fact for each index that a file of a layer names. Raises ValueError as above."""
    yield from _indexes(file, file.at.path)


def _paths(step: Step) -> Iterator[str]:
    """The configuration files that a step may have put there, by their path in the image."""
    instruction = step.instruction
    if isinstance(instruction, Copy):
        to = instruction.destination.text
        names = (posixpath.basename(source.text) for source in instruction.sources)
        paths = [to] if posixpath.basename(to) in _INSTALLERS else [posixpath.join(to, name) for name in names]
        yield from (path for path in paths if posixpath.basename(path) in _INSTALLERS)
    for command in step.commands:
        for word in (*(redirect.target for redirect in command.redirects), *command.arguments):
            if posixpath.basename(word.text) in _INSTALLERS:
                yield word.text


def _indexes(file: File, path: str, step: Step | None = None) -> Iterator[PackageIndex]:
    installer, ships = _INSTALLERS[posixpath.basename(path)], file.ships if step is None else step.stage.ships
    if file.size > MAX_FILE:
        raise ValueError(f"{file.at.path}: a configuration file of {file.size:,} bytes; at most {MAX_FILE:,} are read")
    text = file.text()
    for setting in _SETTING.finditer(text.value):
        role = _ROLES[setting[1]]
        if (role == "channel") is not (installer in {"conda", "mamba"}):
            continue
        for value in _VALUE.finditer(_uncommented(setting[2])):
            start = setting.start(2) + value.start()
            if step is not None and not _of_step(step, text, start):
                continue
            evidence = (text.evidence(start, start + len(value[0])),)
            if role != "strategy":
                yield indexes.fact(installer, role, value[0], evidence, ships=ships)
            elif value[0].startswith("unsafe"):
                yield indexes.fact(installer, "extra", "", evidence, ships=ships, merged_by=value[0])


def _uncommented(value: str) -> str:
    """The same with comments blanked, so that places stay."""
    lines = value.split("\n")
    cut = [line.partition(" #")[0] if not line.lstrip().startswith("#") else "" for line in lines]
    return "\n".join(kept.ljust(len(line)) for kept, line in zip(cut, lines, strict=True))


def _of_step(step: Step, text: Text, start: int) -> bool:
    """Whether this step, and no earlier one, put those words into the file."""
    if text.path != step.at.path or step.at.span is None:
        return True
    return step.at.span.first_line <= text.place(start)[0] <= step.instruction.span.last_line
