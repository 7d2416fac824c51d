"""The members of each layer, in the order in which they are written; everything is made by a fixed seed."""

from __future__ import annotations

import io
import json
import random
import subprocess
import tarfile
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import IO, NamedTuple

from tests.benchmarks.images.ingredients import VERSION

SITE_PACKAGES = f"usr/local/lib/python{VERSION}/site-packages"
WORDS = [
    word.encode() for word in "import def return self value for in if not None the of a to config path data".split()
]

_MADE = 1_760_000_000
"""When every file was last changed, in seconds since 1970."""
_MERGED = ("bin", "sbin", "lib", "lib64")
"""Folders that are links into usr."""
_ROWS, _TENSOR, _SHARD = 8 << 10, 64 << 20, 4 << 30
"""Bytes of a row of a tensor, of a tensor, and of a file of them; at most."""
_CHUNK = 1 << 20


class Member(NamedTuple):
    """A file, folder or link of a layer, and its bytes if it has some."""

    info: tarfile.TarInfo
    body: IO[bytes] | None = None


def file(path: str, data: bytes, mode: int = 0o644) -> Member:
    """A file of a few bytes."""
    return _file(path, len(data), io.BytesIO(data), mode)


def _file(path: str, size: int, body: IO[bytes], mode: int = 0o644) -> Member:
    info = tarfile.TarInfo(path)
    info.size, info.mode, info.mtime = size, mode, _MADE
    return Member(info, body)


def _link(path: str, to: str) -> Member:
    info = tarfile.TarInfo(path)
    info.type, info.linkname, info.mtime, info.mode = tarfile.SYMTYPE, to, _MADE, 0o777
    return Member(info)


def debian(packages: Sequence[Path], below: Sequence[Path] = ()) -> Iterator[Member]:
    """Debian packages unpacked as dpkg does it, and its database, in which those of the layer ``below`` stand as well."""
    seen: set[str] = set()
    if not below:
        yield from (_link(name, f"usr/{name}") for name in _MERGED)
        yield file(
            "etc/passwd", b"root:x:0:0:root:/root:/bin/bash\nnobody:x:65534:65534::/nonexistent:/usr/sbin/nologin\n"
        )
        yield file("etc/debian_version", b"12\n")
    new = [package for package in packages if package not in set(below)]
    for package in new:
        listed = []
        with _parts(package, "--fsys-tarfile") as archive:
            for info in archive:
                info.name = _merged(info.name.removeprefix("./").strip("/"))
                if info.islnk():
                    info.linkname = _merged(info.linkname.removeprefix("./"))
                listed.append(f"/{info.name}")
                if info.name and info.name not in (*_MERGED, *seen):
                    seen.add(info.name)
                    yield Member(info, archive.extractfile(info) if info.isreg() else None)
        name = package.name.partition("_")[0]
        yield file(f"var/lib/dpkg/info/{name}.list", "\n".join(("/.", *listed, "")).encode())
        with _parts(package, "--ctrl-tarfile") as archive:
            for info in archive:
                if info.isreg() and info.name != "./control":
                    body = archive.extractfile(info)
                    yield file(f"var/lib/dpkg/info/{name}.{info.name[2:]}", body.read() if body else b"", info.mode)
    yield file("var/lib/dpkg/status", b"\n".join(map(_status, sorted({*packages, *below}))))


def _merged(path: str) -> str:
    return f"usr/{path}" if path.partition("/")[0] in _MERGED and "/" in path else path


def _parts(package: Path, which: str) -> tarfile.TarFile:
    made = subprocess.run(["dpkg-deb", which, str(package)], stdout=subprocess.PIPE, check=True)
    return tarfile.open(fileobj=io.BytesIO(made.stdout), mode="r:")


def _status(package: Path) -> bytes:
    control = subprocess.run(["dpkg-deb", "--field", str(package)], stdout=subprocess.PIPE, check=True).stdout
    first, _, rest = control.partition(b"\n")
    return first + b"\nStatus: install ok installed\n" + rest


def wheels(paths: Iterable[Path]) -> Iterator[Member]:
    """Wheels as pip installs them, each with its RECORD."""
    for path in paths:
        with zipfile.ZipFile(path) as archive:
            for entry in archive.infolist():
                if not entry.is_dir():
                    mode = entry.external_attr >> 16 & 0o777 or 0o644
                    yield _file(_installed(entry.filename), entry.file_size, archive.open(entry), mode)
            name, version = path.name.split("-")[:2]
            yield file(f"{SITE_PACKAGES}/{name}-{version}.dist-info/INSTALLER", b"pip\n")


def _installed(name: str) -> str:
    """Where a file of a wheel goes; ``NAME.data/scripts`` and its like go elsewhere."""
    top, _, rest = name.partition("/")
    if not top.endswith(".data"):
        return f"{SITE_PACKAGES}/{name}"
    kind, _, rest = rest.partition("/")
    return {"scripts": f"usr/local/bin/{rest}", "data": f"usr/local/{rest}"}.get(kind, f"{SITE_PACKAGES}/{rest}")


def small_files(count: int = 100_000, seed: int = 7) -> Iterator[Member]:
    """Sources, settings and data of a few hundred bytes, twenty in a folder."""
    choose = random.Random(seed)
    pool = b" ".join(choose.choices(WORDS, k=200_000))
    for number in range(count):
        kind = ("py", "py", "py", "json", "yaml", "txt", "md", "js", "png", "so")[number % 10]
        start, size = choose.randrange(len(pool) - 2_000), choose.randrange(40, 1_600)
        path = f"srv/app/part{number // 2_000}/module{number // 20}/file{number}.{kind}"
        yield file(path, pool[start : start + size])


def models(size: int, seed: int = 7) -> Iterator[Member]:
    """Shards of a model in safetensors, of about ``size`` bytes in all."""
    yield file(
        "srv/models/large/config.json",
        json.dumps({"architectures": ["LlamaForCausalLM"], "model_type": "llama"}).encode(),
    )
    tensor = min(_TENSOR, max(_ROWS, size // _ROWS * _ROWS))
    shards = max(1, round(size / _SHARD))
    for shard in range(shards):
        count = max(1, round(size / shards / tensor))
        header: dict[str, object] = {"__metadata__": {"format": "pt"}}
        for number in range(count):
            header[f"model.layers.{number}.mlp.weight"] = {
                "dtype": "BF16",
                "shape": [tensor // _ROWS, _ROWS // 2],
                "data_offsets": [number * tensor, (number + 1) * tensor],
            }
        data = json.dumps(header).encode()
        data = len(data).to_bytes(8, "little") + data
        path = f"srv/models/large/model-{shard + 1:05}-of-{shards:05}.safetensors"
        yield _file(path, len(data) + count * tensor, io.BufferedReader(_Noise(data, seed + shard), _CHUNK))


class _Noise(io.RawIOBase):
    """A few bytes, then random ones without an end."""

    def __init__(self, head: bytes, seed: int) -> None:
        self._head, self._choose = head, random.Random(seed)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        data = self._head[: len(buffer)] or self._choose.randbytes(len(buffer))
        self._head = self._head[len(buffer) :]
        buffer[: len(data)] = data
        return len(data)


def whiteouts() -> Iterator[Member]:
    """What a last RUN leaves: files that are gone, a folder that is made anew, and files that are replaced."""
    for number in range(0, 20_000, 40):
        yield file(f"srv/app/part{number // 2_000}/module{number // 20}/.wh.file{number}.py", b"")
    yield file("srv/app/part20/.wh.module400", b"")
    yield file("srv/app/part30/module600/.wh..wh..opq", b"")
    yield file("srv/app/part30/module600/file1.py", b"pass\n")
    yield file("usr/share/doc/.wh..wh..opq", b"")
    yield file("etc/motd", b"welcome\n")


def tiny_files(count: int) -> Iterator[Member]:
    """Files of a few bytes, as many as wanted; one in a thousand records a package."""
    for number in range(count):
        if number % 1_000:
            yield file(f"opt/env/lib/package{number // 1_000}/part{number // 50}/file{number}.py", b"pass\n")
        else:
            name = f"package{number // 1_000}"
            data = f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n".encode()
            yield file(f"{SITE_PACKAGES}/{name}-1.0.dist-info/METADATA", data)
