"""Images: registries, daemons, archives and folders of them.

``oci:DIR[:TAG|@DIGEST]``, ``archive:FILE[:NAME]``, ``docker:NAME`` and ``registry:NAME`` each have a module here.
"""

from __future__ import annotations

import os

from scanner.errors import TargetError, UsageError
from scanner.parsers import image_reference
from scanner.sources.image.image import Image

PREFIXES = ("oci", "archive", "docker", "registry")
"""What stands before the colon of an image that can be opened."""


def is_image(text: str) -> bool:
    """Whether it names an image rather than a path."""
    return text.partition(":")[0] in PREFIXES and ":" in text


def meant(text: str) -> str | None:
    """The image that a text means, with its prefix; None when it means something else.

    A folder with an OCI layout and a tar archive are images; so is a name with a tag or a digest where there is no such
    file, and then the Docker daemon and the registry are asked. A name alone is more likely a path with a slip in it.
    """
    if is_image(text):
        return text
    if os.path.isdir(text):
        return f"oci:{text}" if os.path.isfile(os.path.join(text, "oci-layout")) else None
    if os.path.isfile(text):
        return f"archive:{text}" if _is_tar(text) else None
    return text if not os.path.lexists(text) and _is_name(text) else None


def _is_name(text: str) -> bool:
    """Whether it is the name of an image with its tag or digest."""
    try:
        reference = image_reference.parse(text)
    except ValueError:
        return False
    return bool(reference.tag or reference.digest)


def _is_tar(path: str) -> bool:
    try:
        with open(path, "rb") as file:
            return file.read(512)[257:262] == b"ustar"
    except OSError:
        return False


def open_image(text: str, *, platform: str | None = None) -> Image:
    """The image that a text such as ``registry:ghcr.io/acme/serve:1`` names; nothing of its layers is read yet.

    ``platform`` (``linux/arm64``) chooses among several; by default this machine's, or the only one.
    Raises TargetError when it cannot be opened, UsageError for a text or platform that is none.
    """
    prefix, _, rest = text.partition(":")
    if not is_image(text) and _is_name(text):
        return _search(text, platform)
    if not is_image(text) or not rest:
        raise UsageError(
            f"{text!r} names no image", hint="as in: registry:python:3.12, docker:app, archive:app.tar, oci:folder"
        )
    if prefix == "oci":
        from scanner.sources.image.layout import open_layout as opened
    elif prefix == "archive":
        from scanner.sources.image.archive import open_archive as opened
    elif prefix == "docker":
        from scanner.sources.image.docker import open_docker as opened
    else:
        from scanner.sources.image.registry import open_registry as opened
    return opened(rest, platform)


def _search(name: str, platform: str | None) -> Image:
    """The image of that name where it is found first: with the Docker daemon, or in its registry."""
    from scanner.sources.image import docker

    try:
        if docker.is_there() and docker.inspect(name) is not None:
            return docker.open_docker(name, platform)
        silent = ""
    except TargetError as error:
        silent = str(error)
    from scanner.sources.image.registry import open_registry

    try:
        return open_registry(name, platform)
    except TargetError as error:
        raise TargetError(
            f"{name}: no such file, and no such image: {error}", hint="; ".join(filter(None, (error.hint, silent)))
        ) from None
