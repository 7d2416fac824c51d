"""Image archives: ``archive:FILE[:NAME]``, as ``docker save``, ``podman save`` and ``skopeo copy`` write them.

FILE is ``-`` for standard input. An archive is a tar with an OCI layout inside, or with Docker's own manifest.json
(or both).
"""

from __future__ import annotations

import os
import sys
from functools import partial
from typing import Any, TypeGuard

from scanner.errors import TargetError
from scanner.sources.discover import STDIN
from scanner.sources.image import layout, manifest
from scanner.sources.image import platform as platforms
from scanner.sources.image.image import Blob, Image
from scanner.sources.image.manifest import MAX_CONFIG, MAX_ENTRIES, MAX_MANIFEST
from scanner.sources.image.members import Archive, Members
from scanner.sources.image.shared import Shared
from scanner.sources.image.stream import CHUNK, Passing, Streamed

DOCKER = "manifest.json"


def open_archive(text: str, platform: str | None, passing: Passing | None = None) -> Image:
    """The image in a file, ``FILE[:NAME]``; ``passing`` reads layers that come through a pipe. Raises TargetError."""
    name = f"archive:{text}"
    if text.partition(":")[0] == STDIN:
        return image_in(_standard_input(name, passing), text[len(STDIN) + 1 :], platform)
    path, wanted = layout.split(text)
    try:
        number = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise TargetError(f"{name}: {error.strerror}") from None
    return image_in(Archive(name, Shared(number)), wanted, platform)


def _standard_input(name: str, passing: Passing | None) -> Members:
    """What comes from standard input: a file as it is, all else as it goes by. Raises TargetError."""
    stream = sys.stdin.buffer
    if stream.isatty():
        raise TargetError(
            f"{name}: nothing comes from standard input", hint=f"docker save IMAGE | hullcheck scan {name}"
        )
    try:
        shared = Shared(os.dup(stream.fileno()))
        if shared.regular:
            return Archive(name, shared)
        return Streamed(name, iter(partial(stream.read, CHUNK), b""), passing)
    except OSError as error:
        raise TargetError(f"{name}: {error.strerror}") from None


def image_in(archive: Members, wanted: str, platform: str | None) -> Image:
    """The image of that name in an archive; for "" the only one. Raises TargetError."""
    found = _image_in(archive, wanted, platform)
    return found.replace(reads=archive.reads) if isinstance(archive, Streamed) else found


def _image_in(archive: Members, wanted: str, platform: str | None) -> Image:
    if archive.has(layout.INDEX) and archive.has("oci-layout"):
        return layout.read_layout(archive, wanted, platform)
    if not archive.has(DOCKER):
        raise TargetError(
            f"{archive.name} is no image archive: it has neither {layout.INDEX} nor {DOCKER}",
            hint="make one with: docker save -o FILE IMAGE",
        )
    return _docker(archive, wanted, platform)


def _docker(archive: Members, wanted: str, platform: str | None) -> Image:
    """By Docker's manifest.json: ``[{"Config": path, "RepoTags": [name], "Layers": [path]}]``."""
    listed = _listed(archive)
    names = [name for one in listed for name in one["RepoTags"]]
    if wanted:
        listed = [one for one in listed if layout.familiar(wanted) in map(layout.familiar, one["RepoTags"])]
    if len(listed) != 1:
        reason = "there is more than one image in it" if listed else f"there is no image {wanted!r} in it"
        raise TargetError(f"{archive.name}: {reason}", hint=layout.choice(names))
    one = listed[0]
    config = manifest.parse(_all(archive, one["Config"], MAX_CONFIG), f"{archive.name}: {one['Config']}", MAX_CONFIG)
    diff_ids = manifest.diff_ids_of(config)
    layers = tuple(
        Blob(
            digest="",
            diff_id=diff_ids[number] if number < len(diff_ids) else "",
            size=archive.size(path),
            media_type="",
            identity=archive.identity(path),
            local=True,
            open=lambda path=path: archive.open(path),  # type: ignore[misc]
        )
        for number, path in enumerate(one["Layers"])
    )
    asked = None if platform is None else platforms.parse(platform)
    return manifest.checked(Image(name=archive.name, digest="", config=config, layers=layers), asked)


def _listed(archive: Members) -> list[dict[str, Any]]:
    """The entries of manifest.json, checked."""
    listed = manifest.load(_all(archive, DOCKER, MAX_MANIFEST), f"{archive.name}: {DOCKER}", MAX_MANIFEST)
    if not isinstance(listed, list) or not 0 < len(listed) <= MAX_ENTRIES or not all(map(_usable, listed)):
        raise TargetError(f"{archive.name}: {DOCKER} is not as docker save writes it")
    return [one | {"RepoTags": one.get("RepoTags") or []} for one in listed]


def _usable(one: object) -> bool:
    if not isinstance(one, dict) or not isinstance(one.get("Config"), str):
        return False
    names, layers = one.get("RepoTags") or [], one.get("Layers")
    return _texts(names) and _texts(layers) and len(layers) <= MAX_ENTRIES


def _texts(value: object) -> TypeGuard[list[str]]:
    return isinstance(value, list) and all(isinstance(one, str) for one in value)


def _all(archive: Members, path: str, limit: int) -> bytes:
    with archive.open(path) as reader:
        return reader.read(limit + 1)
