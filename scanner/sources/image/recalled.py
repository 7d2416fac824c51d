"""Images of a daemon that were read before: a config by its digest, beside the facts of its layers.

A daemon tells the digest of an image's config (its id) at once, and the config itself only in an export of the whole
image. So the config is kept with what the export's manifest says; where all layers are known too, there is nothing to
export (docs/decisions/011-layer-cache.md).
"""

from __future__ import annotations

import json
from functools import partial
from typing import BinaryIO

from scanner import kept
from scanner.errors import TargetError
from scanner.sources.image import manifest
from scanner.sources.image.image import Blob, Image
from scanner.sources.image.known import CONFIGS, Known
from scanner.sources.image.layout import missing
from scanner.sources.image.manifest import MAX_CONFIG
from scanner.sources.image.verified import digest_of, is_digest

MAX_HEAD = 1 << 20
"""Bytes of what a manifest says."""


def keep(digest: str, config: bytes, image: Image) -> None:
    """Keep a config that has this digest, if the image is made of the layers that it names, and of nothing else."""
    layers = [[blob.digest, blob.size, blob.media_type] for blob in image.layers]
    head = json.dumps([image.digest, layers]).encode()
    if len(head) <= MAX_HEAD and [blob.diff_id for blob in image.layers] == manifest.diff_ids_of(image.config):
        kept.seal(_name(digest), digest.encode(), b"".join((len(head).to_bytes(4, "little"), head, config)))


def recall(name: str, digest: str, known: Known) -> Image | None:
    """The image whose config has this digest, with all that is known of its layers; None unless all of it is."""
    body = kept.unseal(_name(digest), digest.encode(), MAX_HEAD + MAX_CONFIG) if is_digest(digest) else None
    if body is None:
        return None
    end = 4 + int.from_bytes(body[:4], "little")
    data = bytes(body[end:])
    try:
        told, layers = json.loads(bytes(body[4:end]))
        if digest_of(data, digest) != digest:
            return None
        config = manifest.parse(data, name, MAX_CONFIG)
        blobs = tuple(
            Blob(digest=stored, diff_id=diff_id, size=size, media_type=media, open=partial(_gone, name, diff_id))
            for (stored, size, media), diff_id in zip(layers, manifest.diff_ids_of(config), strict=True)
        )
    except (ValueError, TypeError, RecursionError, TargetError):
        return None
    reads = {}
    for blob in blobs:
        read = known.vouched(blob.diff_id)
        if read is None:
            return None
        reads[blob.diff_id] = read
    kept.touch(_name(digest))
    return Image(name=name, digest=told, config=config, layers=blobs, reads=reads)


def _gone(name: str, diff_id: str) -> BinaryIO:
    raise missing(name, diff_id, "it was not exported, since all that it holds was known")


def _name(digest: str) -> str:
    return f"{CONFIGS}/{digest.replace(':', '-')}"
