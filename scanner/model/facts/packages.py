"""What installers are asked for."""

from __future__ import annotations

from typing import Literal

from scanner.model.facts.base import Fact

DeclaredIn = Literal["command", "requirements", "pyproject", "lock", "environment", "installed"]
Ecosystem = Literal["pypi", "conda", "deb", "apk", "rpm", "npm", "gem", "go", "cargo", "maven", "generic"]


class Requirement(Fact):
    """A package that someone asks an installer for."""

    kind = "requirement"
    identity = ("ecosystem", "name", "specifier")
    ecosystem: Ecosystem
    name: str
    """As the ecosystem normalizes it."""
    specifier: str
    """``==2.1``, ``>=4,<5``, ``@ git+https://…``, "" for none."""
    version: str | None
    """The one version asked for; "" when it asks for none or several."""
    installer: str
    """``pip``, ``uv``, ``conda``, ``apt-get``, …"""
    stage: str
    pinned: bool | None
    """It can only mean one release: one exact version, a hash, a full commit, a local file, or a lock file says so."""
    bounded: bool | None
    """Not pinned, but a version range limits it."""
    hashed: bool | None
    origin: Literal["index", "vcs", "url", "local"]
    url: str
    """For vcs and url, secrets masked."""
    commit_pinned: bool | None
    """For vcs: it names a full commit."""
    prerelease: bool
    """Pre-releases are allowed (``--pre``, a nightly index or name)."""
    declared_in: DeclaredIn
    """Where it is asked for. Packages that a lock file pins are facts too; constraints ask for nothing. ``installed``:
    nobody is known to ask for it, it is there, and this is what its record says."""
    cut_off: str = ""
    """The version that the shell took away, as a redirection into a file of that name: ``>=4.40``."""


class PackageIndex(Fact):
    """A place that an installer is told to take packages from."""

    kind = "package-index"
    identity = ("installer", "role", "url")
    installer: str
    role: Literal["primary", "extra", "find-links", "channel"]
    url: str | None
    """Secrets masked; a conda channel by its name."""
    host: str | None
    """"" for a local path."""
    is_default: bool | None
    """The ecosystem's own public index, or a full mirror of it (rules/lists/index-mirrors.txt)."""
    encrypted: bool | None
    """https, or a local path."""
    merged_by: str
    """The index strategy that mixes indexes (``unsafe-best-match``), else ""."""
    vendor: bool | None
    """A public index of a known AI vendor: PyTorch, NVIDIA, … (rules/lists/vendor-indexes.txt)."""
    all_exact: bool | None
    """Everything that this command installs is pinned to one version; False for what lasts (ENV, ``config set``)."""


class PackageManagerCall(Fact):
    """One call of a package manager, and how it was called."""

    kind = "package-manager-call"
    identity = ("manager", "action", "packages", "stage")
    manager: str
    """``apt-get``, ``apt``, ``apk``, ``dnf``, ``microdnf``, ``zypper``, ``pip``, ``uv``, ``conda``, ``npm``, …"""
    family: str
    """``apt``, ``apk``, ``rpm``, ``zypper``, ``python``, ``conda``, ``node``, ``ruby``, ``go``, ``rust``."""
    action: str
    """``install``, ``update`` (of the lists), ``upgrade``, ``remove``, ``clean``, …"""
    packages: str
    """What it is asked for, on one line."""
    stage: str
    assume_yes: bool | None
    """It will not wait for an answer."""
    no_recommends: bool | None
    """Only what was asked for gets installed (apt)."""
    cache_left: bool | None
    """Downloads stay in the layer: no clean-up, no cache mount, no switch that avoids them. For apt, the lists of an
    ``update``, and the packages of an ``install``: None where the base image's own settings decide."""
    update_alone: bool
    """The lists are updated in an instruction that installs nothing, so they can be stale when another one does."""
    break_system_packages: bool
    as_root: bool | None
    virtual_env: bool | None
    """pip installs into a virtual environment."""
    hashes_required: bool
    """``--require-hashes``."""
    reads_lock: bool
    """It is a call that a lock file can decide about: ``uv sync``, ``npm install``, …"""
    lock_enforced: bool | None
    """The lock file does decide: ``uv sync --frozen``, ``npm ci``, …"""


class MaliciousRelease(Fact):
    """A release, asked for or installed, that is on record as malicious (rules/tables/malicious-releases.tsv)."""

    kind = "malicious-release"
    identity = ("name", "release")
    name: str
    release: str
    """The version that is pinned, or the newest that the range can let in; "" when every release of the name is
    malicious."""
    asked: str
    """As it is asked for: ``ultralytics==8.3.41``; what is installed, as if it were."""
    advisory: str
    """Its id in the OSV database, or who reported it."""


class LookAlike(Fact):
    """A name that nearly is that of a known AI package, or of a known publisher's AI image."""

    kind = "look-alike"
    identity = ("what", "name")
    what: Literal["package", "image"]
    name: str
    original: str
    """The name that it can be taken for."""
    advisory: str
    """Where releases under this name are on record as malicious, "" when none are."""


class Telemetry(Fact):
    """Packages that send figures about their use to their makers, and that nothing tells not to."""

    kind = "telemetry"
    packages: str
    """Their names, on one line."""
    variables: str
    """What ENV would have to set, on one line: ``VLLM_NO_USAGE_STATS=1 GRADIO_ANALYTICS_ENABLED=False``."""
