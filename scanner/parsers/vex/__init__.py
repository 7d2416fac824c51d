"""VEX documents: what their authors say of vulnerabilities in their products, in each of the three formats."""

from __future__ import annotations

from scanner.parsers import json_text
from scanner.parsers.vex import csaf, cyclonedx, openvex
from scanner.parsers.vex.statement import Product, Statement, Status

__all__ = ["Product", "Statement", "Status", "read"]


def read(text: str) -> tuple[Statement, ...]:
    """Its statements, in order. Raises ValueError, with the line, for what is no VEX document."""
    text = text.removeprefix("\ufeff")
    document = json_text.read(text, ("statements", "vulnerabilities", "components"))
    for form in (openvex, csaf, cyclonedx):
        if form.fits(document):
            return tuple(form.read(text, document))
    raise ValueError("neither OpenVEX nor CSAF nor CycloneDX with vulnerabilities, as JSON")
