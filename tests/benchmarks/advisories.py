"""Time the advisory database: ``HULLCHECK_TEST_ADVISORIES=all.zip python -m tests.benchmarks.advisories``.

The archive is PyPI's of OSV, which is no part of the project. ``--check`` fails when a bound is missed.
"""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

REAL = Path(os.environ.get("HULLCHECK_TEST_ADVISORIES", "osv-pypi.zip"))
PACKAGES = 500
ROUNDS = 5
"""Runs of which the fastest counts."""
IMPORT, OPEN, MATCH = 10_000, 20, 100
"""Milliseconds of CPU at most: all advisories into a new database; opening it; packages held against it right after."""

MEASURE = """
import json, sys, time
from scanner.advisories.database import Database
from scanner.advisories.match import vulnerabilities
from scanner.model.facts import InstalledPackage, KnownVulnerability
from scanner.model.location import Evidence, Location
import packaging.version
path, *packages = sys.argv[1:]
facts = [
    InstalledPackage(
        evidence=(Evidence(Location(name)),), ecosystem="pypi", name=name, version=version, purl="", location=name, owned_by=""
    )
    for name, _, version in (each.partition("==") for each in packages)
]
start = time.process_time()
database = Database(path)
database.ecosystems
opened = time.process_time()
found = list(vulnerabilities(facts, database))
print((opened - start) * 1e3, (time.process_time() - opened) * 1e3, len(found))
"""


def installed(path: Path) -> list[str]:
    """Packages of an image: every eighth one has advisories, in a release that one of them lists; the others have none."""
    from scanner.advisories.archive import records
    from scanner.parsers.advisories import osv
    from scanner.parsers.manifests.specifier import normalize

    known: dict[str, str] = {}
    for _, data in records(str(path)):
        for part in osv.read(data).affected:
            if part.versions:
                known.setdefault(normalize(part.name), part.versions[-1])
    names = ["torch", "transformers", "numpy", "pillow", "requests", "jinja2", "aiohttp", "urllib3", "keras", "onnx"]
    some = list(
        dict.fromkeys([*(name for name in names if name in known), *itertools.islice(sorted(known), 0, None, 40)])
    )
    some = [f"{name}=={known[name]}" for name in some[: PACKAGES // 8]]
    return some + [f"package-{number}==1.{number}.0" for number in range(PACKAGES - len(some))]


def main(arguments: Sequence[str]) -> int:
    """Print the table; with ``--check``, 1 when a bound is missed."""
    if not REAL.exists():
        print("HULLCHECK_TEST_ADVISORIES names no all.zip of PyPI: nothing is measured")
        return 0
    missed = []

    def row(what: str, took: float, most: float) -> None:
        held = took <= most
        print(f"{what:<48} {took:>9.1f} ms   at most {most:,}{'' if held else '   MISSED'}")
        if not held:
            missed.append(what)

    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "advisories.db")
        code = (
            "import sys, time\nfrom scanner.advisories.bring import bring\nstart = time.process_time()\n"
            "bring(sys.argv[1], sys.argv[2], lambda text: None)\nprint((time.process_time() - start) * 1e3)\n"
        )
        out = subprocess.run([sys.executable, "-c", code, str(REAL), path], capture_output=True, text=True, check=True)
        row("import of all advisories", float(out.stdout), IMPORT)
        print(f"{'size of the database':<48} {os.path.getsize(path) / 1e6:>9.1f} MB")
        command = [sys.executable, "-c", MEASURE, path, *installed(REAL)]
        runs = [
            subprocess.run(command, capture_output=True, text=True, check=True).stdout.split() for _ in range(ROUNDS)
        ]
        row("database opened", min(float(run[0]) for run in runs), OPEN)
        row(f"{PACKAGES} packages, {runs[0][2]} vulnerabilities", min(float(run[1]) for run in runs), MATCH)
    return 1 if missed and "--check" in arguments else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
