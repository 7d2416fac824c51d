"""What the image starts from and how it runs."""

from __future__ import annotations

from scanner.model.facts.base import Fact


class BaseImage(Fact):
    """An image that a stage starts from or copies files out of; not another stage, not ``scratch``."""

    kind = "base-image"
    identity = ("repository", "stage")
    reference: str
    """As written, variables filled in: ``python:3.12-slim``."""
    registry: str | None
    """``docker.io`` when the reference names none."""
    repository: str | None
    """Without registry, ``library/`` left out: ``python``, ``pytorch/pytorch``."""
    tag: str | None
    """"" when there is none."""
    has_tag: bool | None
    is_latest: bool | None
    """It has the tag ``latest``, or neither tag nor digest."""
    digest_pinned: bool | None
    version: str | None
    """The version its tag starts with (``3.7``, ``12.4.1``), "" when it has none."""
    version_parts: int | None
    """How many numbers that version has: 3 is pinned to a patch release."""
    flavor: str | None
    """A word of the tag that says what it is for: ``devel``, ``runtime``, ``slim``, ``alpine``, …; else ""."""
    cuda: str | None
    """CUDA version that comes with it, from its tag; "" when it shows none."""
    gpu: bool | None = None
    """It is made for graphics cards, by its name or tag."""
    use: str
    """``from`` (a stage starts from it) or ``copy`` (COPY --from)."""
    stage: str
    """Name or number of the stage."""
    platform: str | None
    """What ``--platform`` says; "" when it is not given."""
    platform_fixed: bool | None
    """``--platform`` names one platform rather than a variable."""
    default_invalid: bool | None = False
    """Its name is empty or no valid one unless a declared build argument is given."""
    resolved_digest: str | None = None
    """What its name stands for today; None when nobody was asked (``--resolve-bases``), or nobody knows."""
    today: str = ""
    """The same for messages: `` (today sha256:…)``, or ""."""


class RuntimeUser(Fact):
    """The user that the container's process runs as."""

    kind = "runtime-user"
    name: str | None
    """As USER says it, "" when nobody set one."""
    declared: bool
    """A USER instruction of this file, or the image's config, says so."""
    is_root: bool | None
    numeric: bool | None
    created_unused: str
    """A user that the build creates and no USER switches to; "" when there is none."""
    nameless: bool = False
    """It is a name, and the image, made from scratch, has no list of users that knows it."""
    groups_dropped: bool = False
    """USER names a group, so the other groups that the build puts this user into do not count."""


class EnvironmentVariable(Fact):
    """A variable that ENV sets."""

    kind = "environment-variable"
    identity = ("name", "stage")
    name: str
    value: str | None
    """Secrets masked."""
    shown: str
    """The same, with variables that are not known as ``${NAME}``."""
    stage: str
    refers_to_itself: bool
    """It uses, in the same instruction, a variable that this instruction sets and that was not set before."""
    legacy: bool
    """Written ``ENV NAME value``."""


class BuildArgument(Fact):
    """A build argument that ARG declares."""

    kind = "build-argument"
    identity = ("name", "stage")
    name: str
    stage: str
    """"" before the first FROM."""
    has_default: bool
    credential: bool
    """Its name says that it carries a credential: ``HF_TOKEN``, ``DB_PASSWORD``."""
    ai_provider: str
    """The AI service that the credential opens (``hugging-face``), "" for none or another."""


class UndefinedVariable(Fact):
    """A variable that an instruction uses and that is empty there, since no ARG or ENV that counts declares it."""

    kind = "undefined-variable"
    identity = ("name", "stage")
    name: str
    keyword: str
    stage: str
    declared_outside: bool
    """An ARG before the first FROM declares it, which counts for FROM only until the stage repeats it."""


class EndOfLife(Fact):
    """A product that no longer gets security fixes, or will."""

    kind = "end-of-life"
    identity = ("product", "cycle")
    product: str
    """``python``, ``debian``, ``ubuntu``, ``alpine``, ``centos``, ``cuda``, ``node``, …"""
    cycle: str
    """The release line: ``3.7``, ``18.04``."""
    ended: bool
    end_date: str
    """``YYYY-MM-DD``."""
    source: str
    """What shows it: ``base image``, ``conda``, ``package``, …"""


class CudaPairing(Fact):
    """The CUDA of the base image beside the CUDA of the wheels installed on it."""

    kind = "cuda-pairing"
    identity = ("base", "wheels")
    base: str
    """Version of the base image's CUDA: ``12.4.1``."""
    wheels: str
    """Version that the wheels are built for: ``11.8``, ``12``."""
    package: str
    same_major: bool
    wheels_newer: bool
    """The wheels want a newer CUDA (major, minor) than the base has."""
    toolkit: bool = False
    """Not wheels, but CUDA itself from the distribution's packages, once more."""
