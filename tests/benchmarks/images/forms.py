"""Images as ``docker save`` writes them, and as OCI layouts whose layers are gzip or zstd."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import tarfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Any, BinaryIO, NamedTuple

import zstandard
from isal import igzip

from tests.benchmarks.images.contents import Member

_CHUNK = 1 << 20
_TYPE = "application/vnd.oci.image.{}"
_ANNOTATIONS = ("org.opencontainers.image.ref.name", "io.containerd.image.name")

Layer = tuple[str, Iterable[Member]]
"""The command that made it, and its members."""


class Blob(NamedTuple):
    """Bytes by their digest."""

    kind: str
    """The end of its media type."""
    digest: str
    size: int

    @property
    def descriptor(self) -> dict[str, Any]:
        return {"mediaType": _TYPE.format(self.kind), "digest": f"sha256:{self.digest}", "size": self.size}

    @property
    def path(self) -> str:
        return f"blobs/sha256/{self.digest}"


def save(out: BinaryIO, name: str, layers: Callable[[Callable[[], int]], Iterator[Layer]]) -> None:
    """Write an archive that has Docker's manifest and an OCI layout, as Docker has written them since version 25.

    ``layers`` is given what tells the bytes that are written already.
    """
    made: list[tuple[str, Blob]] = []
    for command, members in layers(out.tell):
        start = out.tell()
        out.write(bytes(tarfile.BLOCKSIZE))  # its header, whose name is not known yet
        hashing = _Hashing(out)
        for info, body in members:  # tarfile would keep them all
            hashing.write(info.tobuf(tarfile.PAX_FORMAT))
            if body is not None:
                hashing.copy(body, info.size)
                hashing.write(bytes(-info.size % tarfile.BLOCKSIZE))
        hashing.write(bytes(2 * tarfile.BLOCKSIZE))
        blob = Blob("layer.v1.tar", hashing.sum.hexdigest(), out.tell() - start - tarfile.BLOCKSIZE)
        out.seek(start)
        out.write(_header(blob.path, blob.size))
        out.seek(0, os.SEEK_END)
        made.append((command, blob))
    files = dict(_described(name, made, [blob for _, blob in made]))
    manifest = [{"Config": next(iter(files)), "RepoTags": [f"bench:{name}"], "Layers": [blob.path for _, blob in made]}]
    files["manifest.json"] = _json(manifest)
    out.writelines(
        _header(path, len(data)) + data + bytes(-len(data) % tarfile.BLOCKSIZE) for path, data in files.items()
    )
    out.write(bytes(2 * tarfile.BLOCKSIZE))


def _header(path: str, size: int) -> bytes:
    info = tarfile.TarInfo(path)
    info.size = size
    return info.tobuf(tarfile.GNU_FORMAT)


def _described(name: str, made: Sequence[tuple[str, Blob]], stored: Sequence[Blob]) -> Iterator[tuple[str, bytes]]:
    """The files of a layout beside its layers: their tars are ``made``, and stored in it as ``stored``.

    The first one is the config.
    """
    history = [{"created_by": command} for command, _ in made]
    runs = {"Env": ["PATH=/usr/local/bin:/usr/bin:/bin"], "Cmd": ["python3", "-m", "app"], "WorkingDir": "/srv/app"}
    config = {
        "architecture": "amd64",
        "os": "linux",
        "config": runs,
        "rootfs": {"type": "layers", "diff_ids": [blob.descriptor["digest"] for _, blob in made]},
        "history": [*history, {"created_by": 'CMD ["python3", "-m", "app"]', "empty_layer": True}],
    }
    blob, data = _blob("config.v1+json", config)
    yield blob.path, data
    manifest = {"schemaVersion": 2, "mediaType": _TYPE.format("manifest.v1+json")}
    manifest |= {"config": blob.descriptor, "layers": [one.descriptor for one in stored]}
    blob, data = _blob("manifest.v1+json", manifest)
    yield blob.path, data
    listed = blob.descriptor | {"annotations": dict.fromkeys(_ANNOTATIONS, f"bench:{name}")}
    yield "index.json", _json({"schemaVersion": 2, "mediaType": _TYPE.format("index.v1+json"), "manifests": [listed]})
    yield "oci-layout", _json({"imageLayoutVersion": "1.0.0"})


def _blob(kind: str, document: Mapping[str, Any]) -> tuple[Blob, bytes]:
    data = _json(document)
    return Blob(kind, hashlib.sha256(data).hexdigest(), len(data)), data


def _json(document: object) -> bytes:
    return json.dumps(document).encode()


def layout(saved: Path, folder: Path, form: str) -> None:
    """Write the image of an archive with its layers compressed."""
    blobs = folder / "blobs" / "sha256"
    blobs.mkdir(parents=True)
    with tarfile.open(saved, "r:") as archive:
        listed = json.load(archive.extractfile("manifest.json"))[0]  # type: ignore[arg-type]
        config = json.load(archive.extractfile(listed["Config"]))  # type: ignore[arg-type]
        made, stored = [], []
        commands = [entry["created_by"] for entry in config["history"] if not entry.get("empty_layer")]
        for command, path in zip(commands, listed["Layers"], strict=True):
            part = blobs / "part"
            with part.open("wb") as out:
                _COMPRESS[form](archive.extractfile(path), out)  # type: ignore[arg-type]
            with part.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
            stored.append(Blob(f"layer.v1.tar+{form}", digest, part.stat().st_size))
            made.append((command, Blob("layer.v1.tar", Path(path).name, archive.getmember(path).size)))
            part.rename(blobs / digest)
    for path, data in _described(listed["RepoTags"][0].partition(":")[2], made, stored):
        (folder / path).write_bytes(data)


def layers(folder: Path) -> list[Path]:
    """The files of a layout's layers."""
    listed = json.loads((folder / "index.json").read_bytes())["manifests"][0]
    manifest = json.loads(_of(folder, listed).read_bytes())
    return [_of(folder, layer) for layer in manifest["layers"]]


def _of(folder: Path, descriptor: Mapping[str, Any]) -> Path:
    return Path(folder, "blobs", *descriptor["digest"].split(":"))


def _gzip(source: BinaryIO, out: BinaryIO) -> None:
    """At the level that Docker takes, on all cores with pigz; without it at that of igzip, which is near."""
    if shutil.which("pigz"):
        with subprocess.Popen(["pigz", "-6", "-n"], stdin=subprocess.PIPE, stdout=out) as pigz:
            shutil.copyfileobj(source, pigz.stdin, _CHUNK)  # type: ignore[arg-type]
            pigz.stdin.close()  # type: ignore[union-attr]
        if pigz.returncode:
            raise OSError("pigz failed")
    else:
        with igzip.IGzipFile(fileobj=out, mode="wb", compresslevel=3, mtime=0) as archive:  # type: ignore[no-untyped-call]
            shutil.copyfileobj(source, archive, _CHUNK)


def _zstd(source: BinaryIO, out: BinaryIO) -> None:
    zstandard.ZstdCompressor(level=3, threads=-1).copy_stream(source, out, read_size=_CHUNK)


_COMPRESS = {"gzip": _gzip, "zstd": _zstd}


class _Hashing:
    """Writes on, and hashes what it writes."""

    def __init__(self, out: BinaryIO) -> None:
        self._out, self.sum = out, hashlib.sha256()

    def write(self, data: bytes) -> None:
        """All of it."""
        self.sum.update(data)
        self._out.write(data)

    def copy(self, source: IO[bytes], size: int) -> None:
        """The next bytes of ``source``. Raises OSError when there are fewer."""
        for start in range(0, size, _CHUNK):
            wanted = min(_CHUNK, size - start)
            data = source.read(wanted)
            if len(data) < wanted:
                raise OSError("a file is shorter than it says")
            self.write(data)
