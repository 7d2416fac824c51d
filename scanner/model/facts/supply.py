"""Where things come from: downloads, clones, and checks switched off."""

from __future__ import annotations

from typing import Literal

from scanner.model.facts.base import Fact


class Download(Fact):
    """A file fetched while building or starting."""

    kind = "download"
    identity = ("url", "stage")
    url: str | None
    """As written, secrets masked; parts that are not known stay as ``${NAME}``."""
    host: str | None
    encrypted: bool | None
    """https, s3, … rather than http or ftp."""
    tool: str
    """``curl``, ``wget``, ``aria2c``, ``ADD``, …"""
    stage: str
    moment: Literal["build", "start"]
    file: str
    """The file's name in the URL, else its host."""
    content: Literal["model", "archive", "script", "package", "installer", "key", "other"]
    """By its name: weights or a data set, a (source) archive, a script, a wheel or distribution package,
    an installer binary, a signing key."""
    model_format: str = ""
    """``pickle``, ``pytorch``, ``safetensors``, … by its name; "" for other files."""
    verified: bool | None
    """Its checksum or signature is checked in the same RUN or in a later one of the stage, or by ``ADD --checksum``."""
    piped_to: str
    """The interpreter that runs it straight from the pipe, a process substitution or ``$(…)``; else ""."""
    executed: bool | None
    """The same RUN, or a later one of the stage, runs, unpacks or installs what was fetched."""
    mutable: bool | None
    """Its URL names something that changes: ``latest``, ``main``, ``master``, a Hub ``resolve/main``."""
    hub: str
    """``huggingface``, ``modelscope``, ``github``, ``google-drive``, ``dropbox``, … else ""."""


class GitClone(Fact):
    """A git repository cloned, or ADDed."""

    kind = "git-clone"
    identity = ("url", "stage")
    url: str | None
    host: str | None
    reference: str
    """Branch, tag or commit that it names; "" for the default branch."""
    commit_pinned: bool | None
    """It ends up on a full commit: named, checked out or reset to."""
    tag_pinned: bool | None
    """It names a branch or tag that looks like a version."""
    used: bool
    """The same RUN, or a later instruction of the stage, builds, installs or starts what it cloned."""
    hub: bool
    """A model or data set repository: huggingface.co, modelscope.cn, …"""
    credential_kept: bool
    """Its URL holds a variable's value as password, no secret mount's, and the ``.git`` folder with the URL stays."""
    stage: str
    moment: Literal["build", "start"]


class VerificationOff(Fact):
    """A check of certificates or signatures that is switched off."""

    kind = "verification-off"
    identity = ("tool", "how", "stage")
    tool: str
    """``curl``, ``wget``, ``pip``, ``git``, ``apt-get``, ``conda``, ``python``, ``node``, …"""
    check: Literal["tls", "signature", "host-key"]
    how: str
    """The switch, variable or setting, as written."""
    host: str
    """The host it is switched off for, "" for all."""
    local: bool
    """Only for this machine."""
    stage: str
    lasting: bool
    """It stays off in the image that ships: an ENV or a written configuration."""
