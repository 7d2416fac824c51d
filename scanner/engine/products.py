"""What documents call packages and images, and whether it is one that was found."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from scanner.model.facts import KnownVulnerability
from scanner.model.target import Target
from scanner.parsers import image_reference
from scanner.parsers.image_reference import ImageReference
from scanner.parsers.manifests.specifier import public
from scanner.parsers.packages import purl
from scanner.parsers.packages.purl import Purl

_IMAGES = frozenset({"oci", "docker"})
"""Types of package URLs."""


def is_package(names: Iterable[str], fact: KnownVulnerability) -> bool:
    """Whether one of the names is the package URL of a fact's package; what it leaves out may be anything."""
    if not fact.purl:
        return False
    mine = purl.read(fact.purl)
    return any(_same(theirs, mine) for theirs in _urls(names))


def _urls(names: Iterable[str]) -> Iterator[Purl]:
    for name in names:
        if name.startswith("pkg:"):
            try:
                yield purl.read(name)
            except ValueError:
                continue


def _same(theirs: Purl, mine: Purl) -> bool:
    """Whether a package URL, perhaps without version, architecture or release, means a package."""
    if (theirs.type, theirs.namespace, theirs.name) != (mine.type, mine.namespace, mine.name):
        return False
    versions = {mine.version, public(mine.version) or mine.version} if mine.type == "pypi" else {mine.version}
    if theirs.version and theirs.version not in versions:
        return False
    asked = {
        key: theirs.qualifiers[key] for key in ("arch", "distro", "repository_url", "tag") if key in theirs.qualifiers
    }
    return all(_begins(value, mine.qualifiers.get(key, "")) for key, value in asked.items())


def _begins(one: str, other: str) -> bool:
    """Whether one release is the other, or one of its: ``debian-12`` and ``debian-12.4``."""
    shorter, longer = sorted((f"{one}.", f"{other}."), key=len)
    return longer.startswith(shorter)


class Image:
    """What a target is called, as an image."""

    def __init__(self, target: Target) -> None:
        names = [target.name.partition(":")[2], *target.called]
        self._names = {target.name, *target.called}
        self._images = [each for name in names if (each := _image(name)) is not None]

    def has_any(self, names: Iterable[str]) -> bool:
        """Whether one of the names is this target's; of an image by name, the tag may be left out."""
        for name in names:
            if name in self._names:
                return True
            other = _image(name)
            if other and any(_means(other, mine) for mine in self._images):
                return True
        return False


def _image(name: str) -> ImageReference | None:
    """The image that a name means: ``acme/serve:1``, ``sha256:…``, or a package URL of one; None for another name."""
    if name.startswith("sha256:"):
        return ImageReference(registry="", repository="", digest=name)
    for url in _urls((name,)):
        if url.type not in _IMAGES:
            return None
        digest = url.version if url.version.startswith("sha256:") else None
        tag = url.qualifiers.get("tag") or (None if digest else url.version or None)
        where = _reference(url.qualifiers.get("repository_url") or (url.name if "/" in url.name else ""))
        named = where or ImageReference(registry="", repository=url.name)
        return named.replace(tag=tag, digest=digest)
    return _reference(name)


def _means(theirs: ImageReference, mine: ImageReference) -> bool:
    """Whether a name of an image means another: by its digest, if it has one, else by repository and tag."""
    if theirs.digest:
        return theirs.digest == mine.digest
    if theirs.tag and theirs.tag != mine.tag:
        return False
    if not theirs.registry:
        return bool(mine.repository) and theirs.repository == mine.repository.rpartition("/")[2]
    return theirs.familiar == mine.familiar


def _reference(text: str) -> ImageReference | None:
    try:
        return image_reference.parse(text)
    except ValueError:
        return None
