"""Images: registries, daemons, archives and folders of them.

``oci:DIR[:TAG|@DIGEST]``, ``archive:FILE[:NAME]``, ``docker:NAME``, ``containerd:NAME`` and ``registry:NAME`` each have
a module here; ``image:NAME`` is one of the last three. ``rootfs:DIR`` is no image, only its files (``rootfs.py``),
and ``sbom:FILE`` only the list of its packages (``../sbom.py``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING

from scanner.errors import TargetError, UsageError
from scanner.sources.discover import ROOTFS, SBOM, is_image
from scanner.sources.image.image import Image

if TYPE_CHECKING:
    from scanner.sources.image.stream import Passing


def open_image(
    text: str,
    *,
    platform: str | None = None,
    mirrors: Mapping[str, Sequence[str]] = MappingProxyType({}),
    passing: Passing | None = None,
) -> Image:
    """The image that a text such as ``registry:ghcr.io/acme/serve:1`` names; nothing of its layers is read yet.

    But for those of one that comes as a stream, from the Docker daemon or through a pipe: ``passing`` reads them as
    they go by, and without it, nobody can. ``platform`` (``linux/arm64``) chooses among several; by default this
    machine's, or the only one. ``mirrors`` are asked before the registries that they stand for.
    Raises TargetError when it cannot be opened, UsageError for a text or platform that is none.
    """
    prefix, _, rest = text.partition(":")
    if not is_image(text) or not rest:
        raise UsageError(
            f"{text!r} names no image", hint="as in: registry:python:3.12, docker:app, archive:app.tar, oci:folder"
        )
    if prefix == SBOM:
        raise UsageError(f"{text} is a list of packages: no config, and no layers", hint="name the image it is about")
    if prefix == ROOTFS:
        raise UsageError(f"{text} has files only: no config, and no layers", hint="name the image it was unpacked from")
    if prefix == "image":
        return _search(rest, platform, mirrors, passing)
    if prefix == "archive":
        from scanner.sources.image.archive import open_archive

        return open_archive(rest, platform, passing)
    if prefix == "docker":
        from scanner.sources.image.docker import open_docker

        return open_docker(rest, platform, passing)
    if prefix == "registry":
        from scanner.sources.image.registry import open_registry

        return open_registry(rest, platform, mirrors)
    if prefix == "oci":
        from scanner.sources.image.layout import open_layout as opened
    else:
        from scanner.sources.image.containerd import open_containerd as opened
    return opened(rest, platform)


def _search(name: str, platform: str | None, mirrors: Mapping[str, Sequence[str]], passing: Passing | None) -> Image:
    """The image of that name where it is found first: with the Docker daemon, with containerd, or in its registry."""
    from scanner.sources.image import containerd, docker

    silent = []
    try:
        if docker.is_there() and docker.inspect(name) is not None:
            return docker.open_docker(name, platform, passing)
    except TargetError as error:
        silent.append(str(error))
    try:
        if containerd.is_there() and containerd.find(name) is not None:
            return containerd.open_containerd(name, platform)
    except TargetError as error:
        silent.append(str(error))
    from scanner.sources.image.registry import open_registry

    try:
        return open_registry(name, platform, mirrors)
    except TargetError as error:
        raise TargetError(
            f"{name}: no such file, and no such image: {error}", hint="; ".join(filter(None, (error.hint, *silent)))
        ) from None
