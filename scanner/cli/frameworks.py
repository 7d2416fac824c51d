"""The compliance frameworks in ``frameworks/`` beside the rules, for reports that spell them out."""

from __future__ import annotations

import os
from collections.abc import Iterable

from scanner.engine.document import Document
from scanner.engine.example import plain
from scanner.errors import RuleError
from scanner.reporters.interface import Framework


def frameworks(folders: Iterable[str]) -> dict[str, Framework]:
    """Every framework of some folders of rules, by its id. Raises RuleError for a file that cannot be read."""
    found = {}
    for folder in folders:
        here = os.path.join(folder, "frameworks")
        for name in sorted(os.listdir(here)) if os.path.isdir(here) else ():
            key, ending = os.path.splitext(name)
            if ending in {".yaml", ".yml"}:
                said = plain(Document(os.path.join(here, name), RuleError).read())
                said = said if isinstance(said, dict) else {}
                controls = said.get("controls")
                found[key] = Framework(
                    title=str(said.get("title", "")),
                    url=str(said.get("url", "")),
                    controls={str(control): str(title) for control, title in controls.items()}
                    if isinstance(controls, dict)
                    else {},
                )
    return found
