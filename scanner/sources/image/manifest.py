"""From a manifest to an image, wherever manifests and blobs are kept.

https://github.com/opencontainers/image-spec and Docker's image manifest version 2, schema 2.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, BinaryIO, Protocol

from scanner.errors import TargetError
from scanner.model.record import Record
from scanner.sources.image import platform as platforms
from scanner.sources.image.image import Blob, Image
from scanner.sources.image.platform import Platform
from scanner.sources.image.verified import digest_of, is_digest, verified

MAX_MANIFEST = 4 << 20
"""Bytes of a manifest or index; registries take no larger ones."""
MAX_CONFIG = 8 << 20
"""Bytes of an image's config."""
MAX_DEPTH = 4
"""Indexes inside indexes."""
MAX_ENTRIES = 1_000
"""Images of an index, and layers of an image; Docker makes at most 127 layers."""
MAX_LISTED = 10
"""Names that a hint lists."""

_IMAGE_CONFIGS = frozenset(
    {"application/vnd.oci.image.config.v1+json", "application/vnd.docker.container.image.v1+json"}
)
_ATTESTATION = "vnd.docker.reference.type"


class Store(Protocol):
    """Manifests and blobs by their digest. Raises TargetError for what is not there."""

    name: str
    """As the user would type it."""
    local: bool
    """Its blobs are files here."""

    def manifest(self, digest: str) -> bytes:
        """A manifest's bytes, at most one more than MAX_MANIFEST; they are held to the digest by who asks."""

    def blob(self, digest: str, size: int) -> BinaryIO:
        """A reader of a blob's bytes; they are held to the digest by who asks."""


class Descriptor(Record):
    """What a manifest says about a thing it points to."""

    digest: str
    size: int
    media_type: str
    platform: Platform | None
    annotations: Mapping[str, Any]


def read(store: Store, data: bytes, platform: str | None) -> Image:
    """The image that a manifest, or an index of them, describes. Raises TargetError."""
    return _read(store, digest_of(data), data, _asked(platform))


def read_listed(store: Store, listed: Sequence[Descriptor], platform: str | None) -> Image:
    """The image of one of these entries. Raises TargetError."""
    asked = _asked(platform)
    return _read(store, *_follow(store, _choose(store.name, listed, asked)), asked)


def _asked(platform: str | None) -> Platform | None:
    return None if platform is None else platforms.parse(platform)


def _read(store: Store, digest: str, data: bytes, asked: Platform | None) -> Image:
    for _ in range(MAX_DEPTH + 1):
        document = parse(data, f"{store.name}: manifest {digest[:19]}", MAX_MANIFEST)
        if "manifests" not in document:
            return _image(store, document, digest, asked)
        if "layers" in document or "config" in document:
            raise TargetError(f"{store.name}: {digest[:19]} is a manifest and an index in one, so it may mean either")
        digest, data = _follow(store, _choose(store.name, entries(store.name, document, "manifests"), asked))
    raise TargetError(f"{store.name}: its indexes point to further indexes, more than {MAX_DEPTH} deep")


def parse(data: bytes, what: str, limit: int) -> dict[str, Any]:
    """A JSON object. Raises TargetError."""
    document = load(data, what, limit)
    if not isinstance(document, dict):
        raise TargetError(f"{what} is not a JSON object")
    return document


def load(data: bytes, what: str, limit: int) -> object:
    """What some JSON says. Raises TargetError."""
    if len(data) > limit:
        raise TargetError(f"{what} is larger than {limit >> 20} MiB, which none needs to be")
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        raise TargetError(f"{what} is not JSON") from None


def entries(name: str, document: Mapping[str, Any], key: str) -> list[Descriptor]:
    """The descriptors that a manifest or index lists. Raises TargetError."""
    listed = document.get(key)
    if not isinstance(listed, list):
        raise TargetError(f"{name}: its manifest has no list of {key}")
    if len(listed) > MAX_ENTRIES:
        raise TargetError(f"{name}: its manifest lists {len(listed):,} {key}, more than {MAX_ENTRIES:,}")
    return [_descriptor(name, one) for one in listed]


def _choose(name: str, listed: Sequence[Descriptor], asked: Platform | None) -> Descriptor:
    """The entry of an index for a platform; for none, this machine's, or the only image. Raises TargetError."""
    images = [one for one in listed if not _is_attestation(one)]
    wanted = asked or platforms.here()
    fitting = [one for one in images if one.platform is None or wanted.has(one.platform)]
    if not fitting and asked is None and len(images) == 1:
        fitting = images
    if fitting:
        return fitting[0]
    there = list(dict.fromkeys(str(one.platform) for one in images if one.platform))
    hint = f"choose one with --platform: {', '.join(there[:MAX_LISTED])}" if there else ""
    raise TargetError(f"{name}: there is no image for {wanted} in it", hint=hint)


def _is_attestation(one: Descriptor) -> bool:
    return _ATTESTATION in one.annotations or (one.platform is not None and one.platform.os == "unknown")


def _follow(store: Store, entry: Descriptor) -> tuple[str, bytes]:
    data = store.manifest(entry.digest)
    if len(data) <= MAX_MANIFEST and digest_of(data, entry.digest) != entry.digest:
        raise TargetError(f"{store.name}: manifest {entry.digest[:19]} holds something else than its digest says")
    return entry.digest, data


def _descriptor(name: str, raw: object) -> Descriptor:
    found = raw if isinstance(raw, dict) else {}
    digest, size, media_type = found.get("digest"), found.get("size"), found.get("mediaType", "")
    if not is_digest(digest) or type(size) is not int or size < 0 or not isinstance(media_type, str):
        raise TargetError(f"{name}: its manifest points to something without a usable digest and size")
    platform, annotations = found.get("platform"), found.get("annotations")
    return Descriptor(
        digest=digest,
        size=size,
        media_type=media_type,
        platform=platforms.described(platform) if isinstance(platform, dict) else None,
        annotations=annotations if isinstance(annotations, dict) else {},
    )


def _image(store: Store, document: Mapping[str, Any], digest: str, asked: Platform | None) -> Image:
    if document.get("schemaVersion") == 1:
        raise TargetError(
            f"{store.name} has a manifest of Docker's old schema 1, which is not read",
            hint="push it anew with a Docker of this decade: docker pull, then docker push",
        )
    described = _descriptor(store.name, document.get("config"))
    layers = entries(store.name, document, "layers")
    if described.size > MAX_CONFIG:
        raise TargetError(f"{store.name}: its config is larger than {MAX_CONFIG >> 20} MiB, which none needs to be")
    try:
        with verified(store.blob(described.digest, described.size), described.digest, described.size) as reader:
            data = reader.read()
    except (OSError, ValueError) as error:
        raise TargetError(f"{store.name}: its config cannot be read: {error}") from None
    config = parse(data, f"{store.name}: its config", MAX_CONFIG)
    if described.media_type not in _IMAGE_CONFIGS and not isinstance(config.get("rootfs"), dict):
        raise TargetError(f"{store.name} is no container image, but {described.media_type or 'something else'}")
    diff_ids = diff_ids_of(config)
    blobs = tuple(
        Blob(
            digest=layer.digest,
            diff_id=diff_ids[number] if number < len(diff_ids) else "",
            size=layer.size,
            media_type=layer.media_type,
            local=store.local,
            open=partial(store.blob, layer.digest, layer.size),
        )
        for number, layer in enumerate(layers)
    )
    return checked(Image(name=store.name, digest=digest, config=config, layers=blobs), asked)


def diff_ids_of(config: Mapping[str, Any]) -> list[str]:
    """What an image's config calls its layers, "" for what is no digest."""
    rootfs = config.get("rootfs")
    listed = rootfs.get("diff_ids") if isinstance(rootfs, dict) else None
    return [one if is_digest(one) else "" for one in listed] if isinstance(listed, list) else []


def checked(image: Image, asked: Platform | None) -> Image:
    """The image, if it is for the platform asked for. Raises TargetError."""
    there = platforms.described(image.config)
    if asked is not None and there is not None and not asked.has(there):
        raise TargetError(f"{image.name} is for {there}, not for {asked}", hint=f"ask for --platform {there}")
    return image
