"""``hullcheck layers``: what each layer of an image brings."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

from scanner import config as configuration
from scanner.cli.output import colored, encodes, tell, width, write
from scanner.cli.scan import CLEAN, INCOMPLETE, look, scan_options
from scanner.errors import UsageError
from scanner.reporters import layers
from scanner.sources.discover import MODEL, ROOTFS, SBOM, meant


def run(image: str, config: str | None, given: Mapping[str, Any], *, as_json: bool, no_color: bool) -> int:
    """A table or JSON on standard output, problems on standard error; the exit code. Raises ScanError."""
    settings = configuration.settings(given, config=config)
    name = meant(image)
    if name is None or name.startswith((f"{ROOTFS}:", f"{SBOM}:", f"{MODEL}:")):
        hint = "name one: NAME:TAG, docker:NAME, registry:NAME, archive:FILE or oci:FOLDER"
        raise UsageError(f"{image} is no image with layers", hint=hint)
    (report,) = look((name,), scan_options(settings, weigh=True, keep_facts=True))
    if as_json:
        write(layers.as_json(report))
    else:
        color = not no_color and colored(sys.stdout)
        blocks = encodes(sys.stdout, "".join(layers.BLOCKS))
        write(layers.table(report, width=width(sys.stdout, 0), color=color, blocks=blocks))
    tell(report.problems)
    return INCOMPLETE if report.problems and not settings.allow_incomplete else CLEAN
