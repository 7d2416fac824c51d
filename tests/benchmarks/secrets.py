"""Time the search for credentials in layers beside the same reading without it: ``make bench-secrets``.

The image is that of ``tests/benchmarks/layers.py`` with four layers of weights, so that three tenths of it are text: more
than in any image that was looked at. ``--check`` fails when a bound is missed. Without Hyperscan there is none.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from scanner.extractors.in_layers import IN_LAYERS, SEARCHERS
from scanner.extractors.layers import Look
from scanner.sources.image.image import Blob, Image
from scanner.sources.image.layers import read_layers
from tests.benchmarks.__main__ import measure
from tests.benchmarks.layers import make

RATIOS = {".tar": 2.0, ".tar.gz": 1.15}
"""How many times the reading may take with the search."""
LAYERS = ("base", "libraries", *["weights"] * 4)
MEMORY = 150
"""Megabytes."""


def read(folder: Path, ending: str, *, search: bool) -> None:
    """Read the layers as a scan does, those that are stored as they are without seeking past anything unasked."""
    ids = json.loads((folder / "digests.json").read_text())

    def blob(name: str) -> Blob:
        path = folder / (name + ending)
        size = path.stat().st_size
        return Blob(
            digest="", diff_id=ids[f"{name}.tar"], size=size, media_type="", open=lambda: path.open("rb", buffering=0)
        )

    image = Image(name="benchmark", digest="", config={}, layers=tuple(map(blob, LAYERS)))
    read_layers(image, Look(IN_LAYERS, SEARCHERS if search else ()), verify=ending != ".tar")


def main(arguments: Sequence[str]) -> int:
    """Print a line for each form; with ``--check``, 1 when a bound is missed."""
    missed = False
    with tempfile.TemporaryDirectory() as text:
        make(Path(text))
        for ending, bound in RATIOS.items():
            command = [sys.executable, "-m", "tests.benchmarks.secrets", "read", text, ending]
            subprocess.run([*command, "search"], check=True)
            pairs = [(measure([*command, "plain"]), measure([*command, "search"])) for _ in range(3)]
            without, searched = (min(pair[how][0] for pair in pairs) for how in (0, 1))
            memory, ratio = max(pair[1][2] for pair in pairs), searched / without
            held = ratio <= bound and memory <= MEMORY
            missed |= not held
            print(
                f"{ending:8} {without:6.2f} s, with the search {searched:6.2f} s CPU: {ratio:.2f} times, at most {bound}; "
                f"{memory:.0f} MB, at most {MEMORY}{'' if held else '   MISSED'}"
            )
    return 1 if missed and "--check" in arguments else 0


if __name__ == "__main__":
    if sys.argv[1:2] == ["read"]:
        read(Path(sys.argv[2]), sys.argv[3], search=sys.argv[4] == "search")
    else:
        sys.exit(main(sys.argv[1:]))
