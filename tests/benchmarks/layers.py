"""Time the reading of an image's layers beside the tools that only do a part of it, in one run: ``make bench-layers``.

An image of three layers (a base of many small files, libraries, weights) is made in three forms: tar as ``docker save``
has it, gzip and zstd, whose stored bytes are held to their digests as those of any registry are. Seconds differ between machines and hours; the ratios in one run are what counts.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import random
import shutil
import sys
import tarfile
import tempfile
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import BinaryIO

import zstandard
from isal import igzip

from scanner.model.facts.base import Fact
from scanner.model.location import Layer
from scanner.model.target import File, Part
from scanner.sources.image.image import Blob, Image
from scanner.sources.image.layers import read_layers
from tests.benchmarks.__main__ import measure

SIZES = {"base": (40_000, 0, 6_000), "libraries": (4_000, 20_000, 120_000), "weights": (2, 100 << 20, 150 << 20)}
"""Files of each layer, and the least and most bytes of one."""
FORMS = {"tar": ".tar", "gzip": ".tar.gz", "zstd": ".tar.zst"}
MEMORY = 120
"""Megabytes of resident memory that reading may take, whatever the size of the image."""


def make(folder: Path, seed: int = 7) -> None:
    """Write the layers below ``folder`` in all forms, with a list of their digests."""
    choose = random.Random(seed)
    words = [bytes(choose.choices(b"abcdefghijklmnopqrstuvwxyz_/.:=", k=choose.randrange(3, 12))) for _ in range(9_000)]
    pool = b" ".join(choose.choices(words, k=2_000_000))
    digests = {}
    for name, (count, least, most) in SIZES.items():
        path = folder / f"{name}.tar"
        with tarfile.open(path, "w", format=tarfile.PAX_FORMAT) as archive:
            for number in range(count):
                info = tarfile.TarInfo(
                    f"usr/lib/{name}/package{number // 40}/{number}{'.py' if number % 40 else '/METADATA'}"
                )
                info.size = choose.randrange(least, most)
                start = choose.randrange(len(pool) - (1 << 20))
                body = choose.randbytes(info.size) if name == "weights" else pool[start : start + info.size]
                archive.addfile(info, io.BytesIO(body))
        with path.open("rb") as tar, igzip.open(f"{path}.gz", "wb", compresslevel=2) as out:
            shutil.copyfileobj(tar, out, 1 << 20)
        with path.open("rb") as tar, open(f"{path}.zst", "wb") as out:
            zstandard.ZstdCompressor(level=3).copy_stream(tar, out)
        for ending in FORMS.values():
            with (folder / f"{name}{ending}").open("rb") as file:
                digests[name + ending] = "sha256:" + hashlib.file_digest(file, "sha256").hexdigest()
    (folder / "digests.json").write_text(json.dumps(digests))


class Heads:
    """Looks at package metadata, and at the beginning of large files."""

    skips = None

    def versions(self) -> Mapping[str, str]:
        return {"heads": "1"}

    def only(self, names: Collection[str]) -> Heads:
        return self

    def wants(self, path: str, size: int | None, mode: int) -> Sequence[str]:
        return ("heads",) if path.endswith("/METADATA") or (size or 0) > 64 << 20 else ()

    def likely(self, names: Sequence[str], path: str, size: int, head: bytes) -> Sequence[str]:
        return names

    def search(self, part: Part, layer: Layer) -> Iterator[tuple[str, Fact]]:
        yield from ()

    def extract(self, file: File, names: Sequence[str]) -> Iterator[tuple[str, Fact]]:
        file.part(0, 1 << 16)
        yield from ()


def read(folder: Path, ending: str, *, verify: bool, jobs: int) -> None:
    """What a scan does with the layers: every name is asked about, package metadata is read, weights by their head."""
    digests = json.loads((folder / "digests.json").read_text())

    def blob(name: str) -> Blob:
        path = folder / (name + ending)
        digest = "" if ending == ".tar" else digests[name + ending]

        def opened() -> BinaryIO:
            return path.open("rb", buffering=0)

        return Blob(
            digest=digest,
            diff_id=digests[name + ".tar"],
            size=path.stat().st_size,
            media_type="",
            open=opened,
        )

    image = Image(name="image", digest="", config={}, layers=tuple(map(blob, SIZES)))
    contents = read_layers(image, Heads(), verify=verify, jobs=jobs)
    assert not contents.problems
    assert contents.entries == sum(count for count, _, _ in SIZES.values())


def main(arguments: Sequence[str]) -> int:
    """Print the table; with ``--read``, only read."""
    if arguments and arguments[0] == "--read":
        read(Path(arguments[1]), arguments[2], verify=arguments[3] == "verify", jobs=int(arguments[4]))
        return 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make(folder)
        size = sum((folder / f"{layer}.tar").stat().st_size for layer in SIZES)
        print(f"{size / 1e6:,.0f} MB in {len(SIZES)} layers, {sum(c for c, _, _ in SIZES.values()):,} files")
        missed = False
        for form, ending in FORMS.items():
            stored = [str(folder / (layer + ending)) for layer in SIZES]
            print(f"\n{form}, {sum(os.path.getsize(path) for path in stored) / 1e6:,.0f} MB stored")
            for verify in ("fast", "verify"):
                for jobs in (1, 2):
                    what = f"hullcheck, {jobs} process{'es' if jobs > 1 else ''}{', the tar verified' * (verify == 'verify')}"
                    command = [
                        sys.executable,
                        "-m",
                        "tests.benchmarks.layers",
                        "--read",
                        name,
                        ending,
                        verify,
                        str(jobs),
                    ]
                    missed |= _row(what, command, size) > MEMORY
            for what, command in _peers(form, stored):
                _row(what, command, size)
    return 1 if missed and "--check" in arguments else 0


def _peers(form: str, stored: list[str]) -> Iterator[tuple[str, list[str]]]:
    """Tools that do one part of the work: inflate, hash or list."""
    inflate = {
        "tar": ["cat"],
        "gzip": ["igzip", "-dc"] if shutil.which("igzip") else [sys.executable, "-m", "isal.igzip", "-dc"],
        "zstd": ["zstd", "-dc"],
    }[form]
    each = 'for file; do {} "$file"; done'
    if shutil.which(inflate[0]):
        yield (
            " ".join(inflate).replace(sys.executable, "python"),
            ["sh", "-c", each.format(" ".join(inflate)), "sh", *stored],
        )
    if form == "gzip":
        yield "gzip -dc", ["sh", "-c", each.format("gzip -dc"), "sh", *stored]
    if form == "tar":
        yield "tar -t", ["sh", "-c", each.format("tar -tf"), "sh", *stored]
        yield (
            "Python's tarfile",
            [
                sys.executable,
                "-c",
                "import sys, tarfile\nfor p in sys.argv[1:]:\n for m in tarfile.open(p): pass",
                *stored,
            ],
        )
    yield "sha256sum", ["sha256sum", *stored]


def _row(what: str, command: Sequence[str], size: int) -> float:
    """Print what a command took, and return its peak memory in megabytes."""
    tries = [measure(command) for _ in range(3)]
    cpu, wall = min(one[0] for one in tries), min(one[1] for one in tries)
    memory = max(one[2] for one in tries)
    print(f"  {what:<46} {wall:6.2f} s {cpu:6.2f} s CPU {size / 1e6 / wall:8,.0f} MB/s {memory:6.0f} MB")
    return memory


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
