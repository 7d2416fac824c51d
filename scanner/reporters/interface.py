"""What every reporter is given beside the reports."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from scanner.model.record import Record

if TYPE_CHECKING:
    from scanner.model.framework import Assessment, Framework

DOCS = "https://github.com/hullcheck/hullcheck/blob/main/docs/rules"
"""Where the pages of the rules are, a page ``<id>.md`` each."""


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
    assessments: tuple[Assessment, ...] = ()
    """The frameworks that the reports were held against."""
    time: str = ""
    """When the scan was made, ``YYYY-MM-DDThh:mm:ssZ``, for formats that must say so."""
