"""Which entries of an image's history come from its base image."""

from __future__ import annotations

from collections.abc import Sequence

from scanner.parsers.image_config import ImageConfig

_ENDS = frozenset({"CMD", "ENTRYPOINT"})


def attribute(config: ImageConfig, keywords: Sequence[str], base: Sequence[str] = ()) -> list[bool | None]:
    """For each entry of the history whether the base image has it; None where that cannot be told.

    ``keywords`` are those of the entries, ``base`` the ``diff_ids`` of the base image, if they are known. Raises
    ValueError when these are not the lowest layers of this image. Without them the last CMD or ENTRYPOINT in front of
    a layer is taken for the end of the base image, as other scanners do; a base image that sets neither goes unseen,
    so an image without such an entry is not told apart.
    """
    entries = config.history
    last = max((at for at, entry in enumerate(entries) if not entry.empty), default=-1)
    first = 0
    if base:
        if tuple(base) != config.layers[: len(base)]:
            raise ValueError("the base image given is not what this image is built on: its layers are not the lowest")
        below = [at for at, entry in enumerate(entries) if entry.layer is not None and entry.layer < len(base)]
        first = below[-1] + 1 if below else 0
        above = [at for at, entry in enumerate(entries) if entry.layer is not None and entry.layer >= len(base)]
        last = above[0] if above else len(entries)
    ends = [at for at in range(first, max(last, 0)) if entries[at].empty and keywords[at] in _ENDS]
    if ends:
        own = ends[-1] + 1
        return [at < own for at in range(len(entries))]
    if not base:
        return [None] * len(entries)
    return [True if at < first else None if at < last else False for at in range(len(entries))]
