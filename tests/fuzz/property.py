"""The one property that pytest and a fuzzer hold the scanner to: any bytes give a report, in bounded time."""

from __future__ import annotations

import time

from scanner.engine.load import load
from scanner.model.finding import Report
from scanner.reporters import FORMATS, Options, render
from scanner.scan import Options as ScanOptions
from scanner.scan import scan_text

RULES = load()
OPTIONS = ScanOptions(rules=RULES, build_args={})
SECONDS_PER_MEGABYTE = 30.0
"""A stuck or quadratic reader takes minutes where a slow machine takes seconds."""


def scan_anything(data: bytes, context: dict[str, bytes] | None = None) -> Report:
    """Scan bytes as a Dockerfile, render the report in every format, and check what must hold for each report."""
    text = data.decode("utf-8", "replace")
    start = time.process_time()
    report = scan_text(text, OPTIONS, context=context)
    rendered = [render(form, [report], Options()) for form in FORMATS]
    took = time.process_time() - start
    assert took < 5 + SECONDS_PER_MEGABYTE * len(data) / 1e6, f"{took:.1f} s for {len(data):,} bytes"
    assert all(rendered), "every format says something"
    assert not any("\x1b" in part or "\x00" in part for part in rendered), "no control characters reach a terminal"
    lines = text.removeprefix("\ufeff").split("\n")
    for finding in report.findings:
        for evidence in finding.fact.evidence:
            span = evidence.at.span
            if evidence.at.path == "Dockerfile" and span is not None:
                assert 1 <= span.first_line <= span.last_line <= len(lines), "places are in the file"
                assert 1 <= span.first_column <= len(lines[span.first_line - 1]) + 1
    return report
