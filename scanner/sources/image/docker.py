"""Images of the Docker daemon, or of what answers at DOCKER_HOST in its place: ``docker:NAME``."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from scanner.errors import TargetError
from scanner.sources.image import platform as platforms
from scanner.sources.image.archive import image_in
from scanner.sources.image.image import Image
from scanner.sources.image.manifest import MAX_CONFIG, checked, load
from scanner.sources.image.stream import CHUNK, Passing, Streamed
from scanner.sources.image.verified import is_digest

if TYPE_CHECKING:
    from docker.client import DockerClient

SOCKET = "/var/run/docker.sock"
TIMEOUT = 60
"""Seconds that the daemon may stay silent."""
MAX_SAID = 300
"""Characters of the daemon's error that are passed on."""


def is_there() -> bool:
    """Whether there is a daemon to ask."""
    return bool(os.environ.get("DOCKER_HOST")) or os.path.exists(SOCKET)


def open_docker(text: str, platform: str | None, passing: Passing | None = None) -> Image:
    """The image of that name, whose layers go by while it is opened: ``passing`` reads them, or knows them all.

    Raises TargetError.
    """
    name = f"docker:{text}"
    with _daemon(text) as client:
        found = client.images.get(text)
        digest = str(found.id)  # of its config; of something else where containerd stores the daemon's images
        if passing is not None and (known := passing.recall(name, digest)) is not None:
            return checked(known, None if platform is None else platforms.parse(platform))
        archive = Streamed(name, found.save(chunk_size=CHUNK), passing)
    image = image_in(archive, "", platform)
    config = archive.document(digest) if passing is not None and is_digest(digest) else None
    if passing is not None and config is not None and load(config, name, MAX_CONFIG) == image.config:
        passing.keep(digest, config, image)
    return image


def inspect(name: str) -> Mapping[str, Any] | None:
    """What the daemon says of an image that it has; None when it has none of that name. Raises TargetError."""
    with _daemon(name) as client:
        from docker.errors import ImageNotFound

        try:
            return dict(client.images.get(name).attrs)
        except ImageNotFound:
            return None


@contextmanager
def _daemon(name: str) -> Iterator[DockerClient]:
    try:
        import docker
        from docker.errors import APIError, DockerException, ImageNotFound
    except ImportError:
        raise TargetError("the docker package is not installed", hint="pip install docker") from None
    client = None
    try:
        client = docker.from_env(timeout=TIMEOUT)
        yield client
    except ImageNotFound:
        raise TargetError(
            f"docker:{name}: the daemon has no such image", hint=f"docker pull {name}, or scan registry:{name}"
        ) from None
    except APIError as error:
        raise TargetError(f"docker:{name}: the daemon says: {str(error.explanation)[:MAX_SAID]}") from None
    except (DockerException, OSError):
        where = os.environ.get("DOCKER_HOST") or "its usual socket"
        raise TargetError(
            f"docker:{name}: no Docker daemon answers at {where}",
            hint="start it, let DOCKER_HOST name its socket, or scan registry:NAME, which needs none",
        ) from None
    finally:
        if client is not None:
            client.close()
