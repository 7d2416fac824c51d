"""Bills of materials: which of the formats a text has, and what it lists."""

from __future__ import annotations

from scanner.parsers import json_text
from scanner.parsers.lazy import Lazy
from scanner.parsers.sbom import cyclonedx, spdx
from scanner.parsers.sbom.bill import Bill

_OURS = Lazy(
    r'"bomFormat"\s*:\s*"CycloneDX"|"spdxVersion"\s*:\s*"SPDX-|//spdx\.org/rdf/3\.|//cyclonedx\.org/schema/bom'
    r"|\A\s*(?:\xef\xbb\xbf)?SPDXVersion:"
)
_WRAPPED = ("predicate", "sbom", "SPDX")
"""Members that hold the document itself: of an in-toto statement, of GitHub's and of BuildKit's export."""


def recognized(head: bytes, tail: bytes = b"") -> bool:
    """Whether a file is a bill of materials, also one that is not read, by its first and last bytes."""
    return any(_OURS.search(part.decode("latin-1")) for part in (head, tail))


def read(text: str) -> Bill:
    """What a bill of materials lists. Raises ValueError for what is none, or has a form that is not read."""
    text = text.removeprefix("\ufeff")
    lead = text.lstrip()[:16]
    if lead.startswith("<"):
        return cyclonedx.read_xml(text)
    if lead.startswith("SPDXVersion:"):
        raise ValueError("SPDX's tag:value form is not read; write it as JSON: syft convert FILE -o spdx-json")
    start = 0
    for _ in range(len(_WRAPPED)):
        document = json_text.read(text, (*cyclonedx.LISTS, *spdx.LISTS), start)
        if cyclonedx.fits(document):
            return cyclonedx.read(text, document)
        if spdx.fits(document):
            return spdx.read(text, document)
        inner = next((key for key in _WRAPPED if isinstance(document.get(key), dict)), None)
        if inner is None:
            break
        start = document.said[inner].start
    raise ValueError("neither CycloneDX (1.x) nor SPDX (2.x, 3.0)")
