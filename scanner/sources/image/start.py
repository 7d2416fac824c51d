"""What an image starts, followed into the files of its layers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from scanner.model.command import Script
from scanner.model.facts import StartFile
from scanner.model.finding import Problem
from scanner.model.location import Text
from scanner.model.target import Config, File, Target, home
from scanner.sources.dockerfile.scripts import follow
from scanner.sources.image.gather import MAX_STARTS, MAX_STARTS_SIZE
from scanner.sources.layout import absolute

MAX_LINKS = 40
"""Symbolic links on the way to one file, as for Linux."""

Lines = dict[str, tuple[str, ...]]


def completed(target: Target, kept: Sequence[StartFile]) -> Target:
    """The target with a config that finds these files of the finished image, and starts what they start."""
    config = target.config
    if config is None or not kept:
        return target
    lines = dict(target.lines)
    find = _Finder(config, kept, lines, target.problems)
    problems: list[Problem] = []
    commands = follow(Script(commands=config.started), find, config.env.get, problems)
    target.problems.extend(problem for problem in problems if problem not in target.problems)
    return target.replace(config=config.replace(commands=commands, find=find), lines=lines)


class _Finder:
    """Looks files up by their path in the finished image, as ``Config.find`` does.

    What the history wrote is found where it says so, unless a later layer has the file anew.
    """

    def __init__(self, config: Config, kept: Iterable[StartFile], lines: Lines, problems: list[Problem]) -> None:
        self._kept = {fact.path: fact for fact in kept}
        self._written, self._lines, self._problems = config.find, lines, problems
        self._workdir, self._home = config.workdir or "/", home(config.user, config.env)

    def __call__(self, path: str) -> File | None:
        full = absolute(path, self._workdir, self._home)
        if full is None:
            return None
        written, held = self._written(full), self._resolved(full)
        if held is None or (written is not None and written.at.level >= held.evidence[0].at.level):
            return written
        return self._file(held)

    def _resolved(self, path: str) -> StartFile | None:
        """The file there, links followed as far as they are kept."""
        left, done, links = path.split("/")[::-1], list[str](), 0
        while left:
            part = left.pop()
            if part == "..":
                del done[-1:]
            elif part not in {"", "."}:
                done.append(part)
                fact = self._kept.get("/".join(done))
                if fact is not None and fact.link is not None:
                    links += 1
                    if links > MAX_LINKS:
                        return None
                    done = [] if fact.link.startswith("/") else done[:-1]
                    left += fact.link.split("/")[::-1]
        return self._kept.get("/".join(done))

    def _file(self, fact: StartFile) -> File | None:
        """The file; None, and a problem, when it was not kept."""
        at = fact.evidence[0].at
        if fact.text is None:
            problem = Problem(
                at=at,
                reason=f"what the image starts is not followed into it: its {fact.size:,} bytes were not kept",
                remedy=f"Of a layer, {MAX_STARTS:,} such files and {MAX_STARTS_SIZE >> 20} MB are, none of them large.",
            )
            if problem not in self._problems:
                self._problems.append(problem)
            return None
        value = fact.text
        data = value.encode("utf-8", "replace")

        def text() -> Text:
            self._lines[str(at)] = tuple(value.split("\n"))
            return Text.of_file(fact.path, value, layer=at.layer)

        return File(
            at=at,
            size=fact.size,
            mode=fact.mode,
            read=lambda: data,
            part=lambda start, size: data[start : start + size],
            text=text,
        )
