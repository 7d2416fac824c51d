"""Facts of layers, kept in the user's cache folder, so that a known layer is not opened again.

A file a layer, named by its ``diff_id``: the facts of each extractor with that extractor's version, and the names that
hide files of layers below. It has no problems, only what a verified reading said, and tells of which stored bytes that
was: a layer counts as known when its ``digest`` or ``identity`` is among these (docs/decisions/011-layer-cache.md).
It is JSON and names in zlib, so that reading it runs nothing.
"""

from __future__ import annotations

import io
import json
import struct
import zlib
from collections.abc import Collection, Iterable, Mapping
from itertools import groupby
from typing import Any

from scanner import code, kept
from scanner.model.facts import KINDS
from scanner.model.facts.base import Fact
from scanner.model.location import Evidence, Layer, Location, Span
from scanner.sources.image.gather import Found
from scanner.sources.image.image import Blob
from scanner.sources.image.merge import Names
from scanner.sources.image.read import Read

FOLDER = "layers"
CONFIGS = f"{FOLDER}/configs"
"""Those of images that a daemon has (recalled.py); they count towards the same limit."""
MAX_FILE = 256 << 20
"""Bytes of the facts and names of one layer, as stored; of more, none are kept."""
MAX_UNPACKED = 1 << 30
"""The same, unpacked."""
MAX_IDENTITIES = 16
"""Stored forms and places that one layer is known by; the latest count."""

_WRONG = (ValueError, TypeError, LookupError, AttributeError, RecursionError, struct.error, zlib.error)
"""What a file raises that holds something else than was written."""
_FOLDER = struct.Struct("<HI?")
"""Bytes of a folder's path and of the names in it, and whether it is opaque; path and names follow."""
_PLAIN = (str, bool, int, type(None))

PROVISIONAL = Layer(-1, "")
"""Of what is read, or known, before it is known which layer it is."""


class Known:
    """The layers that were read before. ``versions`` are those of the extractors, in order."""

    def __init__(self, versions: Mapping[str, str], limit: int) -> None:
        self._versions, self._limit = versions, limit
        self._order = {name: number for number, name in enumerate(versions)}
        self._version = code.stamp(__name__)

    def get(self, blob: Blob, layer: Layer) -> tuple[Read, Collection[str]] | None:
        """What is known of a layer, and the extractors of which nothing is; None when it has to be read anew."""
        whole = self._load(blob)
        identity = blob.digest or blob.identity
        if whole is None or not identity or identity not in (blob.diff_id, *whole[0]["identities"]):
            return None
        head, names = whole
        try:
            current = {name for name, version in head["versions"].items() if self._versions.get(name) == version}
            read = Read(
                found=[one for each in head["found"] for one in _found(each, layer, current)],
                names=_names(_unpacked(names)) if layer.index else Names(),
                problems=[],
                entries=head["entries"],
                sure=True,
            )
        except _WRONG:
            return None
        kept.touch(_name(blob))
        return read, self._versions.keys() - current

    def vouched(self, diff_id: str) -> Read | None:
        """All that is known of a layer whose tar somebody vouches for; None when a part has to be read."""
        found = self.get(Blob(digest=diff_id, diff_id=diff_id, size=0, media_type="", open=io.BytesIO), PROVISIONAL)
        return None if found is None or found[1] else found[0].replace(digest=diff_id)

    def put(self, blob: Blob, layer: Layer, read: Read, before: Read | None) -> Read:
        """What was ``read``, with what was known ``before``; it is kept when it is sure."""
        if before is not None:
            read = read.replace(found=self._joined(before.found, read.found))
            if not read.sure:
                read = read.replace(names=before.names, entries=before.entries)
        if not read.sure:
            return read
        whole = self._load(blob)
        identities = [] if whole is None else [each for each in whole[0]["identities"] if isinstance(each, str)]
        identity = blob.digest or blob.identity
        identities = list(dict.fromkeys((*filter(None, (identity,)), *identities)))[:MAX_IDENTITIES]
        try:
            head = {
                "identities": identities,
                "versions": dict(self._versions),
                "entries": read.entries,
                "found": [_plain(one, layer) for one in read.found],
            }
        except ValueError:
            return read
        packed = zlib.compress(json.dumps(head).encode(), 1)
        body = b"".join((len(packed).to_bytes(4, "little"), packed, _packed_names(read.names)))
        if len(body) < MAX_FILE:
            kept.seal(_name(blob), self._key(blob), body)
        return read

    def shrink(self) -> None:
        """Drop the layers that were used longest ago, until the rest fits."""
        kept.shrink(FOLDER, self._limit)

    def _load(self, blob: Blob) -> tuple[dict[str, Any], memoryview] | None:
        body = kept.unseal(_name(blob), self._key(blob), MAX_FILE) if blob.diff_id else None
        if body is None:
            return None
        size = 4 + int.from_bytes(body[:4], "little")
        try:
            head = json.loads(_unpacked(body[4:size]))
            return (head, body[size:]) if isinstance(head["identities"], list) else None
        except _WRONG:
            return None

    def _key(self, blob: Blob) -> bytes:
        return f"{blob.diff_id} {self._version}".encode()

    def _joined(self, *parts: Iterable[Found]) -> list[Found]:
        """As if all extractors had looked at once."""
        found = sorted((one for part in parts for one in part), key=lambda one: one.place)
        joined = []
        for _, group in groupby(found, key=lambda one: one.place):
            several = list(group)
            pairs = [pair for one in several for pair in zip(one.by, one.facts, strict=True)]
            pairs.sort(key=lambda pair: self._order[pair[0]])
            joined.append(
                several[0].replace(by=tuple(name for name, _ in pairs), facts=tuple(fact for _, fact in pairs))
            )
        return joined


def _name(blob: Blob) -> str:
    return f"{FOLDER}/{blob.diff_id.replace(':', '-')}"


def _unpacked(data: memoryview) -> bytes:
    inflating = zlib.decompressobj()
    found = inflating.decompress(data, MAX_UNPACKED)
    if not inflating.eof:
        raise ValueError("it is cut off, or larger than what is kept")
    return found


def _plain(one: Found, layer: Layer) -> list[Any]:
    facts = [[by, *_plain_fact(fact, one.at, layer)] for by, fact in zip(one.by, one.facts, strict=True)]
    return [one.at.path, one.place, one.removed_by is not None, facts]


def _plain_fact(fact: Fact, at: Location, layer: Layer) -> list[Any]:
    """Raises ValueError for what is not plain, or stands in another layer."""
    evidence = []
    for each in fact.evidence:
        if each.at.layer != layer:
            raise ValueError("it is of another layer")
        evidence.append([each.at.path if each.at.path != at.path else None, each.at.span, each.quote, each.note])
    values = [getattr(fact, field) for field in fact.field_names()[1:]]
    for value in values:
        if type(value) not in _PLAIN and not (type(value) is tuple and all(type(part) in _PLAIN for part in value)):
            raise ValueError(f"{fact.kind} holds more than words and numbers")
    return [fact.kind, evidence, values]


def _found(plain: list[Any], layer: Layer, current: Collection[str]) -> Iterable[Found]:
    """The file, if one of these extractors says something about it."""
    path, place, replaced, facts = plain
    facts = [fact for fact in facts if fact[0] in current]
    if facts:
        at = Location(path, None, layer)
        yield Found(
            at=at,
            place=place,
            facts=tuple(_fact(kind, evidence, values, at) for _, kind, evidence, values in facts),
            by=tuple(fact[0] for fact in facts),
            removed_by=layer if replaced else None,
        )


def _fact(kind: str, evidence: list[Any], values: list[Any], at: Location) -> Fact:
    told = []
    for path, span, quote, note in evidence:
        place = at
        if path is not None or span is not None:
            place = Location(at.path if path is None else path, Span(*span) if span else None, at.layer)
        told.append(Evidence(place, quote, note))
    return KINDS[kind].of((tuple(told), *(tuple(value) if type(value) is list else value for value in values)))


def _packed_names(names: Names) -> bytes:
    """Folder by folder, since a layer may have millions of files."""
    packing = zlib.compressobj(1)
    parts = [
        packing.compress(b"".join((_FOLDER.pack(len(path), len(held), path in names.opaque), path, held)))
        for path, held in names.folders.items()
    ]
    return b"".join((*parts, packing.flush()))


def _names(data: bytes) -> Names:
    names, at = Names(), 0
    while at < len(data):
        path_size, size, opaque = _FOLDER.unpack_from(data, at)
        middle = at + _FOLDER.size + path_size
        path, at = data[at + _FOLDER.size : middle], middle + size
        names.folders[path] = bytearray(data[middle:at])
        if opaque:
            names.opaque.add(path)
    return names
