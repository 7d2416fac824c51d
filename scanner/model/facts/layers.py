"""What the files of an image's layers show by their path, size and mode, and whom its lists of accounts know."""

from __future__ import annotations

from typing import Literal

from scanner.model.facts.base import Fact
from scanner.model.facts.models import ModelDownload
from scanner.model.facts.packages import PackageIndex
from scanner.model.facts.supply import VerificationOff


class LayerFile(Fact):
    """A file or folder of one layer that is worth knowing; those that belong together make one fact of another kind."""

    kind = "layer-file"
    identity = ("role", "path")
    role: Literal["credential", "world-writable", "package-cache", "passwordless-sudo", "large"]
    path: str
    type: str
    """The kind of credential, the tool whose cache it is in, or who may use sudo; else ""."""
    folder: str
    """The cache it is in; else ""."""
    size: int
    """Bytes."""


class WorldWritable(Fact):
    """The folders, programs, scripts and settings of one layer that everyone may write to; temporary ones left out."""

    kind = "world-writable"
    identity = ("path",)
    path: str
    """The first of them."""
    others: int
    """How many more there are."""
    told: bool
    """The instruction that made the layer says so: ``chmod``, or ``COPY --chmod``."""


class SetIdProgram(Fact):
    """A file that runs with the rights of its owner or group, whoever starts it."""

    kind = "set-id-program"
    identity = ("path", "sets")
    path: str
    sets: Literal["owner", "group"]
    """Whose rights; ``owner`` where both bits are set."""
    owner_is_root: bool | None


class Account(Fact):
    """A line of ``etc/passwd``, ``etc/shadow`` or ``etc/group``."""

    kind = "account"
    identity = ("database", "name")
    database: Literal["passwd", "shadow", "group"]
    name: str
    number: int | None
    """None in ``shadow``, and where it is no number."""
    password: Literal["empty", "set", "none"]
    """``set``: a hash is there, which may be guessed; ``none``: locked, or kept in another file."""
    shares_with: str
    """The first name in the same file that has the same number; "" when there is none."""


class AccountPassword(Fact):
    """A password of an account that the image has, or an empty one."""

    kind = "account-password"
    identity = ("name",)
    name: str
    empty: bool
    told: bool
    """A command of the build sets a password."""


class PackageCache(Fact):
    """What an installer downloaded and left in an image's layers."""

    kind = "package-cache"
    identity = ("tool", "folder")
    tool: str
    """``apt lists``, ``apt packages``, ``pip``, ``conda``, ``rpm``, …"""
    folder: str
    megabytes: int
    """Of 1,000,000 bytes, rounded down; files of less than 64 kB are not counted."""
    removed: bool
    """A later layer removes it, so that the container does not show it."""


class StoredAgain(Fact):
    """Large files that a layer stores once more though their names and sizes say that nothing in them changed."""

    kind = "stored-again"
    identity = ("path", "how")
    path: str
    """The largest of them."""
    others: int
    """How many more there are in that layer."""
    how: Literal["rewritten", "moved"]
    """In their place, as chown and chmod do; or elsewhere, while the layer removes them there."""
    megabytes: int
    """Of 1,000,000 bytes, all of them together, rounded down; files of less than 10 MB are not counted."""


class PasswordlessSudo(Fact):
    """A line of sudo's configuration that lets somebody run everything as root without a password."""

    kind = "passwordless-sudo"
    identity = ("name",)
    name: str
    """A user, a ``%group``, or ``ALL``."""
    told: bool
    """A command of the build says so."""


class LayerIndex(PackageIndex):
    """A package index that a file of a layer names; a package-index where no step is known to say so."""

    kind = "layer-package-index"


class CachedModel(ModelDownload):
    """A download that a cache of models in a layer tells of; a model-download where no step is known to make it."""

    kind = "cached-model"


class LayerVerificationOff(VerificationOff):
    """A check that a file of a layer switches off; a verification-off where no step is known to do so."""

    kind = "layer-verification-off"


class StartFile(Fact):
    """A text of one layer that the image may start or be set up by, or a symbolic link that may lead to one.

    It is there for what the config starts to be followed, and no report has it.
    """

    kind = "start-file"
    identity = ("path",)
    path: str
    text: str | None
    """Secrets masked; None for a link, and for one that is not kept."""
    link: str | None
    """What a symbolic link points at, as written."""
    size: int
    """Bytes."""
    mode: int
    """Its permissions."""
