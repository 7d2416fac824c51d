"""Read every rule file of a folder. What is slow about rules happens here; ``engine.load`` keeps the result."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

from scanner import knowledge
from scanner.engine import detectorfile, frameworkfile, rulefile
from scanner.engine.example import RuleFile
from scanner.errors import RuleError

APART = frozenset({"lists", "tables", frameworkfile.FOLDER})
"""Folders beside the rules that hold no rules."""
MAX_FILES = 10_000


def paths(folder: str) -> Iterator[str]:
    """The rule files of a folder, in order. Raises RuleError when there are too many or none."""
    count = 0
    for here, folders, files in os.walk(folder):
        folders[:] = sorted(
            name
            for name in folders
            if not name.startswith(".") and name != detectorfile.FOLDER and (here != folder or name not in APART)
        )
        for name in sorted(files):
            if name.endswith((".yaml", ".yml")) and not name.startswith("."):
                count += 1
                if count > MAX_FILES:
                    raise RuleError(folder, f"holds more than {MAX_FILES:,} rule files")
                yield os.path.join(here, name)
    if not count:
        hint = "rules are .yaml files, one a rule" if os.path.isdir(folder) else ""
        raise RuleError(folder, "holds no rules" if os.path.isdir(folder) else "is no folder", hint=hint)


def rule_files(folder: str) -> tuple[RuleFile, ...]:
    """The rules of a folder with their examples. Raises RuleError."""
    return tuple(map(reader(folder), paths(folder)))


def reader(folder: str) -> Callable[[str], RuleFile]:
    """Reads a rule file of a folder; it raises RuleError.

    A rule may name the lists and frameworks of its own folder and those that come with the program.
    """
    home = knowledge.folder()
    lists = _lists(home) | _lists(folder)
    frameworks = _frameworks(home) | _frameworks(folder)
    return lambda path: rulefile.read(path, lists, frameworks)


def _lists(folder: str) -> dict[str, frozenset[str]]:
    try:
        return {
            name.removesuffix(".txt"): frozenset(knowledge.lines(os.path.join(folder, "lists", name)))
            for name in _names(folder, "lists")
            if name.endswith(".txt")
        }
    except (OSError, UnicodeDecodeError) as error:
        raise RuleError(os.path.join(folder, "lists"), f"a list cannot be read: {error}") from None


def _frameworks(folder: str) -> dict[str, frozenset[str]]:
    return {stem: frozenset(frameworkfile.read(path).controls) for stem, path in frameworkfile.paths(folder)}


def _names(folder: str, part: str) -> list[str]:
    where = os.path.join(folder, part)
    return sorted(os.listdir(where)) if os.path.isdir(where) else []
