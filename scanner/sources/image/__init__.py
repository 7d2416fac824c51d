"""Images: registries, daemons, archives and folders of them.

``oci:DIR[:TAG|@DIGEST]``, ``archive:FILE[:NAME]``, ``docker:NAME`` and ``registry:NAME`` each have a module here.
"""

from __future__ import annotations

from scanner.errors import UsageError
from scanner.sources.image.image import Image

PREFIXES = ("oci", "archive", "docker", "registry")
"""What stands before the colon of an image that can be opened."""


def is_image(text: str) -> bool:
    """Whether it names an image rather than a path."""
    return text.partition(":")[0] in PREFIXES and ":" in text


def open_image(text: str, *, platform: str | None = None) -> Image:
    """The image that a text such as ``registry:ghcr.io/acme/serve:1`` names; nothing of its layers is read yet.

    ``platform`` (``linux/arm64``) chooses among several; by default this machine's, or the only one.
    Raises TargetError when it cannot be opened, UsageError for a text or platform that is none.
    """
    prefix, _, rest = text.partition(":")
    if prefix not in PREFIXES or not rest:
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
