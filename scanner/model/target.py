"""What every source turns its input into: a config, steps, and files."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Literal, NamedTuple

from scanner.model.command import Command
from scanner.model.facts.packages import Ecosystem
from scanner.model.finding import Problem
from scanner.model.instruction import Comment, Directive, Instruction
from scanner.model.location import Evidence, Location, Text, Word
from scanner.model.record import Record
from scanner.model.secret import SecretHit


def home(user: str | None, env: Mapping[str, str | None]) -> str:
    """The home folder of a user (as USER says it) with an environment, by convention where nothing says."""
    name = (user or "root").partition(":")[0]
    return env.get("HOME") or ("/root" if name in {"root", "0"} else f"/home/{name}")


class Stage(Record):
    """A build stage. An image has one, which ships."""

    index: int
    name: str = ""
    ships: bool = True
    """The image is made from it: it is the target stage or one that the target starts from."""
    reached: bool = True
    """A build of the target runs it: it ships, or a stage that is reached copies from it."""
    duplicate: bool = False
    """An earlier stage has the same name."""
    at: Location


class Config(Record):
    """How the finished image runs: an image's config, or what the target stage will produce.

    ``None`` means not known (a variable without value, a base image nobody resolved).
    """

    at: Location
    stage: Stage
    user: str | None
    """As USER says it; "" when neither the file nor its base image sets one, so that it runs as root."""
    env: Mapping[str, str | None]
    workdir: str | None
    ports: tuple[Word, ...] = ()
    """``8080/tcp`` as EXPOSE says it, variables filled in."""
    base: str | None = None
    """The image it starts from, as a full reference; None when not known, "" for scratch."""
    started: tuple[Command, ...] = ()
    """What ENTRYPOINT and CMD say; empty when that is not known."""
    commands: tuple[Command, ...] = ()
    """The same with those of the scripts they run."""
    healthcheck: tuple[Command, ...] = ()
    healthcheck_declared: bool | None = None
    """A HEALTHCHECK is set (NONE included); None when only the base image could tell."""
    steps: tuple[Step, ...] = ()
    """The steps of the stages that ship, in order."""
    says: Mapping[str, tuple[Evidence, ...]]
    """Where a setting is said: ``user``, ``command``, ``entrypoint``, ``healthcheck``, ``env.NAME``, ``port.8080``."""
    inherited: frozenset[str] = frozenset()
    """The settings of ``says`` that a base image makes, and nothing in the file changes."""
    find: Callable[[str], File | None]
    """The file at a path of the finished image, when it comes from the build context, or is one of those of a layer
    that are kept for it (a ``start-file``)."""

    @property
    def starts_nothing(self) -> bool:
        """It holds files on scratch, for others to copy or mount: nothing can run."""
        return self.base == "" and not self.says.get("command")

    def evidence(self, *settings: str) -> tuple[Evidence, ...]:
        """Where these settings are said, else where the config itself is."""
        return tuple(e for s in settings for e in self.says.get(s, ())) or (Evidence(self.at),)


class Step(Record):
    """One step of the build: an instruction of a Dockerfile, or an entry of an image's history."""

    at: Location
    stage: Stage
    instruction: Instruction
    """With variables filled in (``Word.known`` is False where they could not be)."""
    images: tuple[Word, ...] = ()
    """The images that FROM, ``COPY --from`` or ``RUN --mount=from=`` name; stages are left out."""
    commands: tuple[Command, ...] = ()
    """What a RUN runs, scripts it starts from the build context included."""
    user: str | None = None
    """Who runs it; "" when nobody said, so root; None when not known."""
    workdir: str | None = None
    shell: tuple[str, ...] = ("/bin/sh", "-c")
    """What runs the shell form, as SHELL sets it."""
    env: Mapping[str, str | None]
    """Environment and build arguments in force before it."""
    secrets: tuple[SecretHit, ...] = ()
    overridden: bool = False
    """A later CMD, ENTRYPOINT or HEALTHCHECK of the same stage makes it void."""
    flags_known: bool = True
    """All its flags are written down; an image's history leaves out ``--from``, ``--mount`` and ``--checksum``."""
    triggered: bool = False
    """It is the body of an ONBUILD: it runs when somebody builds on this image."""
    ignore_file: bool | None = None
    """A .dockerignore keeps something out of the build context; None when the context is not known."""
    from_scratch: bool = False
    """It copies from a stage that is made from scratch, so holds nothing but what was put there."""
    kept_out: tuple[Word, ...] = ()
    """Sources of a COPY or ADD that .dockerignore keeps out of the context, so that they are not there."""
    undeclared: tuple[Word, ...] = ()
    """Variables that nobody declared for it: in FROM without an ARG before it, later with one before the first FROM
    that the stage does not repeat."""
    default_image: str | None = None
    """For FROM: its image when no build argument is given; None when that depends on more."""
    resolved_digest: str | None = None
    """For FROM: what its image's name stands for today; None when nobody was asked, or nobody knows."""
    find: Callable[[str], File | None]
    """The file at a path of the image at this step (relative to ``workdir``), when it comes from the build context;
    what a COPY or ADD brings is there already."""
    later: Callable[[], Sequence[Step]] = tuple
    """The next steps of the same stage, a few dozen at most."""

    @property
    def keyword(self) -> str:
        """``RUN``, ``COPY``, … in upper case."""
        return self.instruction.keyword


class File(Record):
    """A file in the build context or in a layer; nothing is read before it is wanted."""

    at: Location
    """In a layer, the path is the one in its tar, without a leading slash: ``usr/lib/os-release``."""
    size: int
    mode: int = 0o644
    owner: int | None = None
    """The user's id; None in a build context, where the COPY decides."""
    link: str | None = None
    """Target of a symbolic link, as written."""
    hard_link: bool = False
    """Another name in its layer for a file that is there under its own."""
    copied_by: Evidence | None = None
    """The COPY or ADD that brings it into the image, for files of a build context."""
    given: bool = False
    """Somebody asked for it, or for the folder it is in, as a model."""
    ships: bool = True
    """It is in the finished image: of the context, what a stage that ships copies, by way of another one or not."""
    secrets: tuple[SecretHit, ...] = ()
    """Credentials in it. For the Dockerfile itself, those in comments and in front of the first FROM; for a file of the
    context, those found when something had it read: a script that is started, a notebook, a record of an experiment."""
    read: Callable[[], bytes]
    """The content. Raises ValueError when it is larger than the limit for whole files."""
    part: Callable[[int, int], bytes]
    """The bytes at an offset, at most so many, fewer at the end. Unless it can be read ``anywhere``, offsets may only
    grow, but for what was read from offset 0. Raises ValueError for what has gone by and for more than the limit."""
    anywhere: bool = True
    """Its parts may be asked for in any order; not in a compressed layer."""
    text: Callable[[], Text]
    """The content as text, secrets in it masked. Raises ValueError when it is no text."""
    parts: Callable[[], Iterable[Part]] | None = None
    """What of it is searched as text, for files of the context that ship; their paths begin with ``./``. None for all
    others, and where ``secrets`` has what is in it. Raises ValueError for what cannot be read."""


OVERLAP = 1 << 15
"""Bytes at the end of a part of a file that begin the next part as well: more than the longest credential has."""

SNIFFED = 1 << 10
"""Bytes at the beginning of a file of which none is NUL in text."""


class Part(NamedTuple):
    """A part of a file that is searched as text, or the whole of it."""

    path: str
    """Of a member of an archive: ``app/ours.whl!ours/settings.py``."""
    data: bytes
    placed: bool = True
    """Lines and columns in it are those of the file; not in what a database holds."""
    start: int = 0
    """Where in the file it begins."""
    last: bool = True
    """The file ends with it."""
    line: int = 1
    column: int = 1
    """Where its first byte stands."""
    member: str = ""
    """Of an archive: its name there, with which the path ends behind a ``!``."""


class Folder(Record):
    """A folder of a layer that everyone may write to; others have nothing to say."""

    at: Location
    mode: int
    ships: bool = True


class Component(Record):
    """An entry of a bill of materials; texts are "" where it says nothing."""

    at: Location
    kind: Literal["package", "system", "model", "aside"]
    """``aside``: a file, data, a key, or what the bill is about."""
    ecosystem: Ecosystem | None
    """As its package URL says; None without one, and for a type of package that is not known."""
    name: str
    """As the ecosystem normalizes it; the id of a system, as its os-release has it."""
    version: str
    architecture: str
    licence: str
    source: str
    """The source package that a package of a distribution was built from."""
    source_version: str
    """The version of that, where it is another one."""
    path: str
    """Where in the image it was found, without a leading slash."""


Item = Config | Step | File | Folder | Component


class Target(Record):
    """One thing that was opened. ``files`` may be walked once."""

    name: str
    config: Config | None
    steps: tuple[Step, ...] = ()
    files: Iterable[File] = ()
    components: tuple[Component, ...] = ()
    comments: tuple[Comment, ...] = ()
    directives: tuple[Directive, ...] = ()
    called: frozenset[str] = frozenset()
    """What else it is known by: the digest of an image, name and digest of the image that a bill of materials is of."""
    lines: Mapping[str, tuple[str, ...]]
    """Lines of the text files read so far, by path (of a layer's file, with the layer), secrets masked; for reports
    to quote."""
    may_ignore: bool = True
    """Comments in it may ask that findings be ignored; not in an image, which anybody may have made."""
    origins: Mapping[tuple[str, int], Text] = {}
    """The instruction of a Dockerfile that made a line of an image's history, by path and line."""
    problems: list[Problem]
    """What the source could not look at; grows while files are read."""

    def items(self) -> Iterator[Item]:
        """Everything there is for extractors to look at."""
        if self.config is not None:
            yield self.config
        yield from self.steps
        yield from self.files
        yield from self.components
