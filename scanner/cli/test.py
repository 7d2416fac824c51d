"""``hullcheck test``: rule files against their own examples."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from scanner.cli.output import write
from scanner.cli.scan import wants_shellcheck
from scanner.engine.compile import rule_files
from scanner.engine.detectorfile import FOLDER, detector_files
from scanner.engine.example import DOCKERFILE, Files, Modes, Scan, ScanImage
from scanner.engine.example import run as try_out
from scanner.model.finding import Report
from scanner.model.rule import Rule
from scanner.reporters.tally import amount
from scanner.scan import Options, scan_image, scan_text


def run(folders: Sequence[str]) -> int:
    """What is wrong with the rules of some folders, a line each; exit code 1 if anything is.

    Raises RuleError, for a mistake in a file of detectors too.
    """
    rules = examples = failures = 0
    for folder in folders:
        if os.path.isdir(os.path.join(folder, "secrets", FOLDER)):
            detector_files(folder)
        for file in rule_files(folder):
            rules += 1
            for example in file.examples:
                examples += 1
                for reason in try_out(file.rule, example, _scanner(file.rule), _image_scanner(file.rule)):
                    failures += 1
                    write(f"{example.at}: {file.rule.id}: {example.verdict} example '{example.name}': {reason}\n")
    write(f"{amount(rules, 'rule')}, {amount(examples, 'example')}, {amount(failures, 'failure')}.\n")
    return 1 if failures else 0


def _scanner(rule: Rule) -> Scan:
    options = Options(rules=(rule,), build_args={}, shellcheck=wants_shellcheck((rule,)))

    def scan(dockerfile: str, files: Mapping[str, bytes] | None, advisories: Sequence[bytes] = ()) -> Report:
        with _advised(options, advisories) as all_options:
            return scan_text(dockerfile, all_options, path=DOCKERFILE, context=files)

    return scan


def _image_scanner(rule: Rule) -> ScanImage:
    options = Options(rules=(rule,), build_args={})

    def scan(
        image: Mapping[str, Any], layers: Sequence[Files], modes: Modes, advisories: Sequence[bytes] = ()
    ) -> Report:
        from scanner.sources.image.example import made

        with _advised(options, advisories) as all_options:
            return scan_image(made(image, layers, modes), all_options)

    return scan


@contextmanager
def _advised(options: Options, advisories: Sequence[bytes]) -> Iterator[Options]:
    """The options with a database of an example's advisories, if it has some."""
    if not advisories:
        yield options
        return
    from scanner.advisories.example import made

    with made(advisories) as path:
        yield options.replace(database=path)
