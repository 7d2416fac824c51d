"""Image references: ``[registry/]repository[:tag][@digest]``.

The grammar is the one of the distribution project's ``reference`` package, which Docker, BuildKit and Podman use.
"""

from __future__ import annotations

import re

from scanner.model.record import Record
from scanner.parsers.lazy import Lazy

LONGEST_NAME = 255
"""Characters of registry and repository together."""

_REGISTRY = Lazy(
    r"(?:[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)*|\[[a-fA-F0-9:]+\])(?::[0-9]+)?"
)
_PART = Lazy(r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*")
_TAG = Lazy(r"\w[\w.-]{0,127}", re.ASCII)
_DIGEST = Lazy(r"[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}")
_DIGEST_SIZES = {"sha256": 64, "sha384": 96, "sha512": 128}
_IMAGE_ID = Lazy(r"[a-f0-9]{64}")


class ImageReference(Record):
    """An image reference. ``tag`` and ``digest`` (``sha256:…``) are None where it has none.

    ``registry`` is ``docker.io`` when it names none. ``repository`` stands without it; ``library/``, where Docker Hub
    keeps its own images, is left out: ``python``, ``pytorch/pytorch``.
    """

    registry: str
    repository: str
    tag: str | None = None
    digest: str | None = None

    @property
    def familiar(self) -> str:
        """Its name as people write it: ``python``, ``ghcr.io/org/app``; no tag, no digest."""
        return self.repository if self.registry == "docker.io" else f"{self.registry}/{self.repository}"

    @property
    def canonical(self) -> str:
        """Its name in full: ``docker.io/library/python``; no tag, no digest."""
        official = self.registry == "docker.io" and "/" not in self.repository
        return f"{self.registry}/{'library/' if official else ''}{self.repository}"


def parse(text: str) -> ImageReference:
    """The reference ``text``.

    Raises:
        ValueError: Docker would not take it; the message says why.
    """
    name, at, digest = text.partition("@")
    if at:
        _check_digest(digest)
    tag = None
    if ":" in name.rpartition("/")[2]:
        name, _, tag = name.rpartition(":")
        if not _TAG.fullmatch(tag):
            raise ValueError(
                "a tag holds up to 128 letters, digits, '_', '.' and '-', and begins with none of the last two"
            )
    registry, repository = _split(name)
    if not _REGISTRY.fullmatch(registry) and not _PART.fullmatch(registry):
        raise ValueError("its registry is not a host name")
    for part in repository.split("/"):
        if not _PART.fullmatch(part):
            raise ValueError(_why(part))
    if _IMAGE_ID.fullmatch(text):
        raise ValueError("it is an image ID, not a name")
    if len(registry) + 1 + len(repository) > LONGEST_NAME:
        raise ValueError(f"its name is longer than {LONGEST_NAME} characters")
    if registry == "docker.io" and repository.count("/") == 1:
        repository = repository.removeprefix("library/")
    return ImageReference(registry=registry, repository=repository, tag=tag, digest=digest or None)


def _split(name: str) -> tuple[str, str]:
    """Registry and repository: what stands before the first slash is a registry if it looks like a host."""
    first, slash, rest = name.partition("/")
    if not slash or not ("." in first or ":" in first or first == "localhost" or first != first.lower()):
        return "docker.io", name
    return ("docker.io" if first == "index.docker.io" else first), rest


def _why(part: str) -> str:
    if not part:
        return "a part of its name is empty"
    if part != part.lower():
        return f"its name must be in lower case: {part[:40].lower()}"
    return "its name holds lower-case letters and digits, with '.', '_', '__' or '-' between them"


def _check_digest(digest: str) -> None:
    algorithm, _, value = digest.partition(":")
    if not _DIGEST.fullmatch(digest):
        raise ValueError("its digest is not of the form sha256:…")
    size = _DIGEST_SIZES.get(algorithm)
    if size is None:
        raise ValueError("its digest is not a sha256, sha384 or sha512 one")
    if len(value) != size or value != value.lower():
        raise ValueError(f"a {algorithm} digest has {size} lower-case hexadecimal digits")
