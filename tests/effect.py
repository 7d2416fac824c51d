"""What a change of rules or code changes about the findings on all fixtures.

python -m tests.effect BASE     new and gone findings since a revision, by rule, in both profiles
python -m tests.effect          how many findings there are, fixture by fixture

The fixtures are those of the working tree both times; only the program and its rules are BASE's.
"""

from __future__ import annotations

import io
import json
import os
import statistics
import subprocess
import sys
import tarfile
import tempfile
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
PROFILES = ("default", "strict")
TENTH = 10
"""From so many findings on, a fixture is said to have many."""


class Found(NamedTuple):
    """A finding that counts, or (``rule`` is "not looked at") a problem."""

    rule: str
    path: str
    line: int
    column: int
    severity: str = ""
    target: str = ""
    message: str = ""

    @property
    def place(self) -> tuple[object, ...]:
        """What makes it the same finding in both versions; words may change."""
        return self[:4]


def main(arguments: list[str]) -> int:
    """Print what was asked for; 2 when BASE is no revision."""
    if not arguments:
        print("\n".join(counts({profile: scan(ROOT, profile) for profile in PROFILES})))
        return 0
    with tempfile.TemporaryDirectory() as folder:
        try:
            take_out(arguments[0], folder)
        except subprocess.CalledProcessError as error:
            print(error.stderr.decode().strip() or f"{arguments[0]} is no revision", file=sys.stderr)
            return 2
        for profile in PROFILES:
            print("\n".join(effect(profile, scan(Path(folder), profile), scan(ROOT, profile))))
    return 0


def take_out(revision: str, folder: str) -> None:
    """The program and the rules of a revision, into a folder."""
    command = ["git", "archive", "--format=tar", revision, "scanner", "rules"]
    archive = subprocess.run(command, cwd=ROOT, check=True, capture_output=True).stdout
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        tar.extractall(folder, filter="data")


def scan(tree: Path, profile: str) -> list[Found]:
    """All that the program in a tree finds in the fixtures of the working tree."""
    with tempfile.TemporaryDirectory() as cache:
        command = [sys.executable, "-P", "-m", "scanner", "scan", "-f", "json", "--profile", profile, "fixtures"]
        environment = {**os.environ, "PYTHONPATH": str(tree), "XDG_CACHE_HOME": cache}
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, check=False)
    if not done.stdout:
        raise SystemExit(f"the scan with {tree} failed:\n{done.stderr.decode()}")
    return list(_read(json.loads(done.stdout)))


def _read(report: dict) -> Iterator[Found]:
    for target in report["targets"]:
        for each in (*target["findings"], *target["problems"]):
            if not each.get("suppressed"):
                span = each["span"] or {"first_line": 0, "first_column": 0}
                yield Found(
                    rule=each.get("rule", "not looked at"),
                    path=each["path"],
                    line=span["first_line"],
                    column=span["first_column"],
                    severity=each.get("severity", ""),
                    target=target["target"],
                    message=each.get("message") or each.get("reason", ""),
                )


def effect(profile: str, before: Collection[Found], after: Collection[Found]) -> Iterator[str]:
    """What is new and what is gone, by rule."""
    old, new = ({each.place: each for each in some} for some in (before, after))
    changes: defaultdict[str, list[tuple[str, Found]]] = defaultdict(list)
    for place in sorted(old.keys() ^ new.keys()):
        each = new.get(place) or old[place]
        changes[each.rule].append(("+" if place in new else "-", each))
    yield f"{profile}: {len(old)} findings before, {len(new)} now" + ("" if changes else ", the same ones")
    for rule, entries in sorted(changes.items()):
        signs = Counter(sign for sign, _ in entries)
        yield f"  {rule}: " + ", ".join(f"{sign}{signs[sign]}" for sign in "+-" if sign in signs)
        for sign, each in entries:
            yield f"    {sign} {each.path}:{each.line}:{each.column} {each.severity} {each.message}"
    yield ""


def counts(found: dict[str, list[Found]]) -> Iterator[str]:
    """A table of fixtures with their findings in each profile, and in how many rules and files these are."""
    targets = sorted(path.name for path in (ROOT / "fixtures").iterdir() if path.is_dir())
    columns: dict[str, list[int]] = {}
    for profile, all_found in found.items():
        per: defaultdict[str, list[Found]] = defaultdict(list)
        for each in all_found:
            if each.rule != "not looked at":
                per[Path(each.target).parts[1]].append(each)
        columns[profile] = [len(per[name]) for name in targets]
        columns[f"{profile}, causes"] = [len({(each.rule, each.path) for each in per[name]}) for name in targets]
    yield f"| fixture | {' | '.join(columns)} |"
    yield "|---|" + "---:|" * len(columns)
    for name, *numbers in zip(targets, *columns.values(), strict=True):
        yield f"| {name} | {' | '.join(map(str, numbers))} |"
    rows = {
        "median": lambda some: f"{statistics.median(some):g}",
        "mean": lambda some: f"{statistics.mean(some):.1f}",
        "most": lambda some: str(max(some)),
        f"fixtures with fewer than {TENTH}": lambda some: f"{sum(n < TENTH for n in some)} of {len(some)}",
    }
    for title, number in rows.items():
        yield f"| **{title}** | {' | '.join(number(column) for column in columns.values())} |"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
