"""What is found beside detect-secrets: ``make bench-detectors CLEAN=FOLDER``.

The planted corpus (``tests/planted.py``) has one credential a file: a file with a finding counts as found, whatever it
says. In the clean one, of text files below a folder, no finding is right; they are scanned as if the image's maker had
written them. ``--whole`` plants each pair of detector and kind of file in all twenty hosts, for Hullcheck alone.
``--check`` fails when something is missed that can be read, or detect-secrets finds more or is wrong less often.
"""

from __future__ import annotations

import shutil
import sys
import sysconfig
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from scanner.engine.load import load
from scanner.model.facts import HeldSecret, Secret
from scanner.scan import Options, scan_rootfs
from tests.planted import HOSTS, Plant, in_own_files, plants, unread

FILES = 300
"""Clean files; detect-secrets takes a quarter of a second for one."""
LARGEST = 1 << 17
FOLDER = "srv/app"


class Result(NamedTuple):
    """What a tool says of the two corpora."""

    found: set[str]
    """Paths of planted files."""
    wrong: int


def hullcheck(planted: Path, clean: Path) -> Result:
    """Whatever it says is in planted files; findings of the default profile in clean ones."""
    options = Options(rules=load(), build_args={}, keep_facts=True)
    held = (fact for fact in scan_rootfs(str(planted), options).facts if isinstance(fact, HeldSecret))
    findings = scan_rootfs(str(clean), options).findings
    wrong = [each for each in findings if isinstance(each.fact, Secret) and each.rule.profile == "default"]
    return Result({fact.path.partition("!")[0] for fact in held}, len(wrong))


def detect_secrets(planted: Path, clean: Path) -> Result:
    """With its own settings: all its detectors and filters."""
    from detect_secrets import SecretsCollection
    from detect_secrets.settings import default_settings

    def scanned(folder: Path) -> list[str]:
        found = SecretsCollection(root=str(folder))
        for path in sorted(each for each in folder.rglob("*") if each.is_file()):
            found.scan_file(str(path.relative_to(folder)))
        return [str(path) for path, _ in found]

    with default_settings():
        return Result(set(scanned(planted)), len(scanned(clean)))


def written(planted: Iterable[Plant], folder: Path) -> dict[str, Plant]:
    """The files of a corpus, by path."""
    known = {}
    for each in planted:
        path = folder / each.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(each.data)
        known[each.path] = each
    return known


def copied(source: Path, folder: Path) -> int:
    """Some of the text files there, evenly chosen."""
    texts = [
        each
        for each in sorted(source.rglob("*"))
        if each.is_file() and 0 < each.stat().st_size <= LARGEST and b"\0" not in each.read_bytes()[:1024]
    ]
    chosen = texts[:: max(1, len(texts) // FILES)]
    for each in chosen:
        path = folder / FOLDER / each.relative_to(source)
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(each, path)
    return len(chosen)


def main(arguments: Sequence[str]) -> int:
    """Print a line for each tool; with ``--check``, 1 when Hullcheck is not the best."""
    folders = [each for each in arguments if not each.startswith("--")]
    source = Path(folders[0] if folders else sysconfig.get_path("purelib"))
    whole = "--whole" in arguments
    corpus = [*plants(range(len(HOSTS)) if whole else None), *in_own_files()]
    with tempfile.TemporaryDirectory() as text:
        planted, clean = Path(text, "planted"), Path(text, "clean")
        known = written(corpus, planted)
        count = copied(source, clean)
        print(f"{len(known):,} credentials planted, {count} clean files of {source}")
        results = {"hullcheck": hullcheck(planted, clean)}
        if not whole:
            results["detect-secrets"] = detect_secrets(planted, clean)
    for name, (found, wrong) in results.items():
        right = len(found & known.keys())
        print(f"{name:<16} found {right:>7,} ({right / len(known):6.1%})   wrong {wrong:>4}")
    ours = results["hullcheck"]
    missed = [each for path, each in known.items() if path not in ours.found and not unread(each)]
    for each in missed[:20]:
        print(f"missed: {each.detector.id} in {each.kind}, as {HOSTS[each.host % len(HOSTS)]!r}")
    best = all(len(ours.found) >= len(each.found) and ours.wrong <= each.wrong for each in results.values())
    return 1 if "--check" in arguments and (missed or not best) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
