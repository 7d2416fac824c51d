"""Scan whole images beside other scanners and beside the tools that only inflate or hash: ``make bench-images``.

Images are made once, and kept outside the repository. Seconds differ between machines and hours; the ratios in one run
are what counts. ``--check`` fails when a bound is missed.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from tests.benchmarks.__main__ import HULLCHECK
from tests.benchmarks.images.bounds import BOUNDS, CACHED, DIGESTS, HASH, INFLATE, INVENTORY, PLAIN, Key
from tests.benchmarks.images.forms import layers
from tests.benchmarks.images.make import FORMS, SIZES, TINY, make, missing, place
from tests.benchmarks.images.measured import Used, measure

USUAL = ("0.7", "3.8", "1M", "3M")
SCANNERS = ("trivy", "syft")
PATH = os.pathsep.join((str(Path(__file__).parents[3] / ".venv-peers" / "bin"), os.environ.get("PATH", "")))
"""Where peers are looked for."""


def main(arguments: Sequence[str]) -> int:
    """Print what each took, and which bounds are reached."""
    asked = _parse(arguments)
    print(f"Python {sys.version}")
    measured: dict[Key, Used] = {}
    for image in asked.images:
        forms = FORMS if image in SIZES else FORMS[:1]
        for form in forms:
            make(asked.folder, image, form)
        for name in missing(asked.folder, image):
            print(f"image {image} lacks what could not be had: {name}")
        for form in forms:
            print(f"\n{image}{' GB' * (image in SIZES)}, {form}")
            print(f"  {'':<26} {'wall':>8} {'CPU':>8} {'process':>10} {'all':>10} {'disk':>10}")
            measured |= dict(_rows(asked.folder, image, form, quick=asked.quick))
    missed = _judge(measured)
    return 1 if missed and asked.check else 0


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.images")
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    known = (*SIZES, *TINY)
    parser.add_argument("images", nargs="*", default=USUAL, metavar="IMAGE", help=f"of {', '.join(known)}")
    parser.add_argument("--folder", type=Path, default=Path(home, "hullcheck-benchmarks"), help="where images are kept")
    parser.add_argument("--quick", action="store_true", help="leave out the other scanners, which take minutes")
    parser.add_argument("--check", action="store_true", help="exit with 1 when a bound is missed")
    asked = parser.parse_args(arguments)
    if unknown := [image for image in asked.images if image not in known]:
        parser.error(f"there is no image {unknown[0]}, only {', '.join(known)}")
    return asked


def _rows(folder: Path, image: str, form: str, *, quick: bool) -> Iterator[tuple[Key, Used]]:
    """Measure everything that is there for a form of an image, and print a line of each."""
    cache = {"XDG_CACHE_HOME": str(folder / "cache")}
    for what, program, *rest in _commands(place(folder, image, form), image, form):
        if quick and what in SCANNERS:
            continue
        found = shutil.which(program, path=PATH)
        if found is None:
            print(f"  {what:<26} there is no {program} here")
            continue
        if what == CACHED:
            subprocess.run([found, *rest], stdout=subprocess.DEVNULL, env=os.environ | cache, check=True)
        used = measure([found, *rest], {"PATH": PATH} | (cache if what not in SCANNERS else {}))
        failed = f"   FAILED with exit code {used.status}" if used.status else ""
        print(
            f"  {what:<26} {used.wall:6.2f} s {used.cpu:6.2f} s {used.process:7,.0f} MB {used.tree:7,.0f} MB"
            f" {used.disk:7,.0f} MB{failed}",
            flush=True,
        )
        yield (image, form, what), used


def _commands(path: Path, image: str, form: str) -> Iterator[list[str]]:
    """What is run, each by its name and its command line."""
    docker = form == "docker"
    scan = [
        "scan",
        f"{'archive' if docker else 'oci'}:{path}",
        "--exit-zero",
        "-j",
        str(os.cpu_count() or 1),
    ]
    if image in SIZES:
        inventory = "tests.benchmarks.images.inventory"
        yield [INVENTORY, sys.executable, "-m", inventory, *scan, "--no-cache", "--no-verify"]
    yield [PLAIN, HULLCHECK, *scan, "--no-cache", "--no-verify"]
    yield [DIGESTS, HULLCHECK, *scan, "--no-cache"]
    if image in SIZES:
        yield [CACHED, HULLCHECK, *scan]
        yield ["trivy", "trivy", "image", "--input", str(path), "--format", "cyclonedx", "--offline-scan", "--quiet"]
        yield ["syft", "syft", "scan", f"{'docker-archive' if docker else 'oci-dir'}:{path}", "-o", "syft-json"]
    if docker:
        yield [HASH, "openssl", "sha256", str(path)]
    else:
        program = INFLATE[form].split()[0]
        each = f'for file; do {INFLATE[form]} "$file" || exit; done'
        shell = "sh" if shutil.which(program) else program
        yield [INFLATE[form], shell, "-c", each, "sh", *map(str, layers(path))]


def _judge(measured: Mapping[Key, Used]) -> bool:
    """Print what became of each bound; whether one is missed."""
    missed, reached = False, 0
    print()
    for bound in BOUNDS:
        worst = bound.worst(measured)
        if worst is None:
            print(f"  {bound.says:<48} {'':>17}  not measured")
            continue
        value, key = worst
        held = value <= bound.most
        missed, reached = missed or not held, reached + held
        told = "reached" if held else f"MISSED by {', '.join(key)}"
        print(f"  {bound.says:<48} {value:8.3g} of {bound.most:5.3g}  {told}")
    print(f"{reached} of {len(BOUNDS)} bounds reached")
    return missed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
