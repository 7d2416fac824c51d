"""An image made up in memory, for the examples of rules."""

from __future__ import annotations

import hashlib
import io
import tarfile
from collections.abc import Mapping, Sequence
from typing import Any

from scanner.sources.image.image import Blob, Image

NAME = "example"


def made(image: Mapping[str, Any], layers: Sequence[Mapping[str, bytes]], modes: Mapping[str, int]) -> Image:
    """An image of some layers, the lowest first.

    ``image`` is ``{config, history}`` as an OCI config has them, either of which may be left out; a name of a file
    that ends with ``/`` is a folder, and ``modes`` are those that are not the usual ones.
    """
    blobs = tuple(_layer(files, modes) for files in layers)
    diff_ids = [blob.diff_id for blob in blobs]
    config = {"os": "linux", "architecture": "amd64", "rootfs": {"type": "layers", "diff_ids": diff_ids}, **image}
    return Image(name=NAME, digest="", config=config, layers=blobs)


def _layer(files: Mapping[str, bytes], modes: Mapping[str, int]) -> Blob:
    layer = io.BytesIO()
    with tarfile.open(fileobj=layer, mode="w") as archive:
        for name, content in files.items():
            entry = tarfile.TarInfo(name.rstrip("/"))
            entry.type = tarfile.DIRTYPE if name.endswith("/") else tarfile.REGTYPE
            entry.mode = modes.get(name, 0o755 if name.endswith("/") else 0o644)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    data = layer.getvalue()
    digest = f"sha256:{hashlib.sha256(data).hexdigest()}"
    return Blob(digest=digest, diff_id=digest, size=len(data), media_type="", open=lambda: io.BytesIO(data))
