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
from typing import Any, BinaryIO, NamedTuple

import zstandard
from isal import igzip

from tests.benchmarks.images import contents
from tests.benchmarks.images.contents import Member
from tests.benchmarks.images.ingredients import (
    BASE,
    CUDA,
    MORE_CUDA,
    MORE_PYTHON,
    NCCL,
    PYTHON,
    TOOLS,
    TORCH,
    Ingredients,
)

SIZES = {"0.7": 700, "3.8": 3_800, "12": 12_000}
"""Megabytes of the tars of each image's layers, which models fill up."""
TINY = {"1M": 1_000_000, "3M": 3_000_000}
"""Files of the images that have nothing but tiny ones."""
FORMS = ("docker", "gzip", "zstd")
"""``docker save``, and OCI layouts."""

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


def place(folder: Path, name: str, form: str) -> Path:
    """Where a form of an image is."""
    return folder / name / ("image.tar" if form == "docker" else form)


def make(folder: Path, name: str, form: str) -> None:
    """Make a form of an image, unless it is there."""
    path, saved = place(folder, name, form), place(folder, name, "docker")
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.part")
    print(f"making {path}", flush=True)
    if form == "docker":
        ingredients = Ingredients(folder / "ingredients")
        with part.open("wb", _CHUNK) as out:
            _save(out, name, lambda written: _layers(name, ingredients, written))
        (path.parent / "missing").write_text("".join(f"{one}\n" for one in ingredients.missing))
    else:
        make(folder, name, "docker")
        shutil.rmtree(part, ignore_errors=True)
        _layout(saved, part, form)
    os.replace(part, path)


def missing(folder: Path, name: str) -> list[str]:
    """What could not be had for an image."""
    return (folder / name / "missing").read_text().splitlines()


def layers(folder: Path) -> list[Path]:
    """The files of a layout's layers."""
    listed = json.loads((folder / "index.json").read_bytes())["manifests"][0]
    manifest = json.loads(_of(folder, listed).read_bytes())
    return [_of(folder, layer) for layer in manifest["layers"]]


def _of(folder: Path, descriptor: Mapping[str, Any]) -> Path:
    return Path(folder, "blobs", *descriptor["digest"].split(":"))


def _layers(name: str, ingredients: Ingredients, written: Callable[[], int]) -> Iterator[Layer]:
    if name in TINY:
        yield "COPY . /", contents.tiny_files(TINY[name])
        return
    small = name == "0.7"
    base = ingredients.debian(BASE, "base")
    yield "ADD rootfs.tar.xz /", contents.debian(base)
    if not small:
        tools = ingredients.debian(TOOLS, "tools")
        yield "RUN apt-get update && apt-get install -y build-essential", contents.debian(tools, base)
    python = [*PYTHON, *(() if small else MORE_PYTHON)]
    yield "RUN pip install pandas scikit-learn", contents.wheels(ingredients.wheels(python))
    cuda = [*CUDA, *(() if small else NCCL), *(MORE_CUDA if name == "12" else ())]
    yield "RUN pip install nvidia-cuda-runtime-cu12", contents.wheels(ingredients.wheels(cuda))
    if not small:
        yield "RUN pip install torch", contents.wheels(ingredients.wheels(TORCH))
    yield "COPY . /srv/app", contents.small_files()
    yield "COPY models /srv/models", contents.models(SIZES[name] * 1_000_000 - written())
    yield "RUN rm -rf /srv/app/part20/module400", contents.whiteouts()


def _save(out: BinaryIO, name: str, layers: Callable[[Callable[[], int]], Iterator[Layer]]) -> None:
    """An archive that has Docker's manifest and an OCI layout, as Docker has written them since version 25."""
    made: list[tuple[str, Blob]] = []
    for command, members in layers(out.tell):
        start = out.tell()
        out.write(bytes(tarfile.BLOCKSIZE))  # its header, whose name is not known yet
        hashing = _Hashing(out)
        for info, body in members:  # tarfile would keep them all
            hashing.write(info.tobuf(tarfile.PAX_FORMAT))
            if body is not None:
                shutil.copyfileobj(body, hashing, _CHUNK)
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


def _layout(saved: Path, folder: Path, form: str) -> None:
    """The same image with its layers compressed."""
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
