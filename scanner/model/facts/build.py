"""How the image is built: stages, instructions, copies, commands."""

from __future__ import annotations

from typing import Literal

from scanner.model.facts.base import Fact


class Stage(Fact):
    """A build stage."""

    kind = "stage"
    identity = ("name",)
    name: str
    """Its name, or its number when it has none."""
    named: bool
    reached: bool
    duplicate: bool
    """An earlier stage has the same name."""
    reserved: bool
    """Its name is ``scratch`` or ``context``."""


class Instruction(Fact):
    """An instruction, and what its form says."""

    kind = "instruction"
    identity = ("keyword", "words", "stage")
    keyword: str
    words: str
    """What it says, on one line, secrets masked."""
    stage: str
    form: Literal["exec", "shell", ""]
    """For RUN, CMD, ENTRYPOINT, HEALTHCHECK."""
    overridden: bool
    """A later one of the same keyword in the same stage makes it void (CMD, ENTRYPOINT, HEALTHCHECK)."""
    relative: bool | None
    """A WORKDIR that does not start with ``/``, with no absolute one before it in the file."""
    triggered: bool
    """It is the body of an ONBUILD."""
    bad_json: bool
    """It starts like a JSON list but is none, so a shell runs it."""
    network: str | None
    """``RUN --network``; "" when not given."""
    security: str | None
    """``RUN --security``; "" when not given."""
    blank_line: bool = False
    """A continuation leads to a blank line."""


class Copy(Fact):
    """A COPY or ADD source."""

    kind = "copy"
    identity = ("keyword", "source", "destination")
    keyword: Literal["COPY", "ADD"]
    source: str | None
    """One source as written, variables filled in; each source is a fact of its own."""
    destination: str | None
    stage: str
    origin: Literal["context", "stage", "image", "url", "git", "heredoc"] | None
    """Where it comes from; None when an image's history leaves it out."""
    from_stage: str
    """The stage or image of ``--from``, else ""."""
    from_known: bool | None
    """``--from`` names a stage of this file, or an image reference."""
    from_self: bool
    whole_context: bool | None
    """The source is the whole build context."""
    ignore_file: bool | None
    """A .dockerignore keeps something out of the context; None when there is no context to look at."""
    archive: bool
    """An ADD of a local archive, which it unpacks."""
    needs_add: bool | None
    """An ADD that COPY could not do: URL, git, archive; None when the sources are not known."""
    owner: str | None
    """``--chown``, "" when not given."""
    mode: str | None
    """``--chmod``, "" when not given."""
    world_writable: bool | None
    """``--chmod`` lets everyone write."""
    relative_destination: bool | None
    """The destination is relative and no WORKDIR was set before."""
    many_without_slash: bool
    """Several sources, and a destination that does not end with ``/``."""
    model_format: str
    """``pickle``, ``pytorch``, ``safetensors``, … by the source's name; "" for other files."""
    data_file: bool
    """By its name, a data set: ``.csv``, ``.parquet``, ``.jsonl``, … or a folder called data."""
    notebook: bool
    vcs: bool
    """It copies a ``.git`` folder (by name, or because nothing keeps it out of the context)."""
    ignored: bool | None = False
    """.dockerignore keeps the source out of the context; None when there is no context to look at."""
    user_is_root: bool | None = None
    """The instructions below it run as root."""
    from_scratch: bool = False
    """The stage of ``--from`` is made from scratch, so holds nothing but what was put there."""
    first: bool = True
    """It is the first source of its instruction."""


class Command(Fact):
    """A simple command that the build runs (``when: build``), or that the container starts (``when: start``)."""

    kind = "command"
    identity = ("program", "words", "stage")
    program: str
    """Base name, wrappers peeled off: ``curl``."""
    words: str
    """The command on one line, quotes removed, secrets masked."""
    arguments: tuple[str, ...]
    wrappers: tuple[str, ...]
    """Programs in front of it: ``sudo``, ``env``, …"""
    moment: Literal["build", "start", "health"]
    stage: str
    pipeline_without_pipefail: bool
    """It is not the last of a pipeline whose failure nobody sees: no ``pipefail`` is set."""
    world_writable: bool
    """``chmod`` that lets everyone write."""
    changes_directory: bool
    """``cd`` whose effect reaches to the end of the RUN."""
    sets_password: bool = False
    """It gives an account a password, or an empty one."""
    passwordless_sudo: bool = False
    """It sets sudo up to ask for no password."""
    installs_at_start: bool
    """A package installer, ``git pull`` or ``git clone`` that runs when the container starts or is checked."""


class HealthCheck(Fact):
    """Whether the image says how to find out that it works."""

    kind = "health-check"
    declared: bool | None
    """None when the base image may have one."""
    disabled: bool


class Label(Fact):
    """A label."""

    kind = "label"
    identity = ("key",)
    key: str
    value: str | None


class CopyAgain(Fact):
    """Files of a COPY or ADD that a later RUN writes once more, so that the image holds them twice."""

    kind = "copy-again"
    identity = ("path", "program", "stage")
    path: str
    """Where the files are, as the RUN says it."""
    program: str
    """What writes them: ``chown``, ``chmod``, ``mv``, ``tar``, …"""
    unpacks: bool
    """It unpacks an archive that was copied."""
    folder: bool
    """A whole folder, not a file."""
    stage: str


class ShellWeakness(Fact):
    """What ShellCheck says about the shell text of an instruction, or of a script that it starts."""

    kind = "shell-weakness"
    identity = ("code", "words", "stage")
    code: int
    """ShellCheck's number for it: 2086."""
    level: Literal["error", "warning", "info", "style"]
    says: str
    """ShellCheck's words."""
    words: str
    """The first line of what it is about, secrets masked."""
    stage: str


class SymbolicLink(Fact):
    """A symbolic link where the container runtime mounts the GPU driver, or keeps the list of libraries."""

    kind = "symbolic-link"
    identity = ("path", "target")
    path: str
    target: str
    """As written."""
    leaves: bool | None
    """It points out of the folders that libraries live in: to ``/``, ``/proc``, a mounted folder, above the root."""
    stage: str


class LateRemoval(Fact):
    """A file that a RUN removes, though it is in a layer before it."""

    kind = "late-removal"
    identity = ("path", "stage")
    path: str
    """As the command says it."""
    content: Literal["credential", "model"]
    put_by: Literal["copy", "login", "command", "unknown"]
    """What put it there: a COPY or ADD, a login, another command; unknown when this file does not show it, and the RUN
    does nothing but remove it."""
    stage: str
