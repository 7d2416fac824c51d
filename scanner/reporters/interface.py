"""What every reporter is given beside the reports."""

from __future__ import annotations

from collections.abc import Mapping

from scanner.model.record import Record

DOCS = "https://github.com/hullcheck/hullcheck/blob/main/docs/rules"
"""Where the pages of the rules are, a page ``<id>.md`` each."""


class Framework(Record):
    """A compliance framework that rules name: what it is called, where it is published, its controls' titles by id."""

    title: str
    url: str
    controls: Mapping[str, str]


class Options(Record):
    """How to report. A reporter uses what applies to its format."""

    color: bool = False
    width: int = 120
    """Columns of the screen."""
    quiet: bool = False
    """One line a finding, and nothing else but problems."""
    verbose: bool = False
    """Say why as well."""
    show_undecided: bool = False
    show_suppressed: bool = False
    allow_incomplete: bool = False
    """Problems are warnings, not errors."""
    baseline: bool = False
    """Findings are compared with those of an earlier report: suppressed by it, or new."""
    root: str = ""
    """The absolute path of the folder that relative paths start from."""
    docs: str = DOCS
    frameworks: Mapping[str, Framework] = {}
    """Those that reports can spell out, by id."""
