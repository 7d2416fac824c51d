"""An image as its manifest and config describe it, wherever it comes from; no layer is opened yet."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, BinaryIO

from scanner.model.record import Record

if TYPE_CHECKING:
    from scanner.sources.image.read import Read


class Blob(Record):
    """One layer as it is stored: perhaps compressed, not yet read."""

    digest: str
    """``sha256:…`` of the stored bytes, as the manifest says; "" where only ``diff_id`` is known (``docker save``)."""
    diff_id: str
    """``sha256:…`` of the tar inside, as the image's config says; "" when the config has fewer of them than layers."""
    size: int
    """Bytes as stored."""
    media_type: str
    """As the manifest says; "" when nobody says, so that the first bytes decide."""
    identity: str = ""
    """What tells the stored bytes from all others without reading them, where that is not ``digest``: the place in a
    file and the file's times; ``diff_id`` when a daemon vouches for it; "" for nothing."""
    local: bool = False
    """It is in a file here, so that its beginning is had at once."""
    open: Callable[[], BinaryIO]
    """A new reader of the stored bytes, not yet held to ``digest``. Raises TargetError when there is none; its reads
    raise OSError."""


class Image(Record):
    """An image. ``config`` is its OCI or Docker config, checked to be a JSON object and nothing else."""

    name: str
    """As the user would type it to get the same image again: ``registry:ghcr.io/acme/serve:1``."""
    digest: str
    """Of its manifest; "" when there is none (``docker save`` by an old daemon)."""
    config: Mapping[str, Any]
    layers: tuple[Blob, ...]
    """From the bottom up."""
    reads: Mapping[str, Read] = {}
    """What was read of layers while the image came as a stream, by the digest of their tar."""
