"""Reporters turn reports into text, JSON, SARIF, OSCAL or lines of a requirements file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from scanner.reporters.interface import Options

if TYPE_CHECKING:
    from scanner.model.finding import Report

FORMATS = ("text", "json", "sarif", "oscal", "requirements", "openvex")

__all__ = ["FORMATS", "Options", "render"]


def render(form: str, reports: Sequence[Report], options: Options) -> str:
    """All reports as one text that ends with a newline; only the chosen reporter gets imported."""
    if form == "text":
        from scanner.reporters import text

        return text.render(reports, options)
    if form == "json":
        from scanner.reporters import json

        return json.render(reports, options)
    if form == "oscal":
        from scanner.reporters import oscal

        return oscal.render(reports, options)
    if form == "requirements":
        from scanner.reporters import requirements

        return requirements.render(reports, options)
    if form == "openvex":
        from scanner.reporters import openvex

        return openvex.render(reports, options)
    from scanner.reporters import sarif

    return sarif.render(reports, options)
