"""What docs/generate.py makes of rules/secrets/detectors/: the table that scans use, a page and a schema."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from scanner.engine import detectorfile
from scanner.engine.detectorfile import DetectorFile, detector_files
from scanner.engine.detectorhead import head, is_searched
from scanner.engine.grammar import ID
from scanner.model.detector import Detector, Provider
from scanner.parsers.secrets.checks import CHECKS
from scanner.parsers.secrets.skipped import ARCHIVE_PLACES, ARCHIVES, NAMES, PLACES, SUFFIXES

MADE = "Made by docs/generate.py from rules/secrets/detectors/; edit these instead."


def documents(root: Path) -> dict[Path, str]:
    """Every file that is made of them, and its text."""
    files = detector_files(str(root / "rules"))
    return {
        root / "scanner" / "parsers" / "secrets" / "table.py": table(files),
        root / "docs" / "detectors.md": page(files),
        root / "rules" / "secrets" / "detectors" / "schema.json": json.dumps(schema(), indent=2) + "\n",
    }


def table(files: Iterable[DetectorFile]) -> str:
    """The detectors as Python constants, which are there at once: no file to find, no YAML to read."""
    files = tuple(files)
    detectors = [each for file in files for each in file.detectors]
    keywords: dict[str, list[int]] = {}
    in_files: dict[str, list[int]] = {}
    for number, each in enumerate(detectors):
        for word in each.keywords:
            keywords.setdefault(word, []).append(number)
        for name in each.files:
            in_files.setdefault(name.rpartition("/")[2], []).append(number)
    providers = [file.provider for file in files if file.provider.id]
    names = {name: file.provider.id for file in files for name in file.provider.names}
    keys = [each.id for each in detectors if each.kind.endswith("-key")]
    made = [each.id for each in detectors if each.kind != "password"]
    parts = [
        f'"""The detectors. {MADE}"""\n\n',
        "# ruff: noqa\n# fmt: off\n\n",
        "from __future__ import annotations\n\n",
        "DETECTORS = (\n",
        *(f"    {tuple(getattr(each, field) for field in Detector.field_names())!r},\n" for each in detectors),
        ')\n"""The fields of each ``Detector``."""\n\n',
        "KEYWORDS: dict[str, tuple[int, ...]] = {\n",
        *(f"    {word!r}: {tuple(numbers)!r},\n" for word, numbers in keywords.items()),
        '}\n"""The numbers of the detectors that a keyword may begin a match of."""\n\n',
        "IN_FILES: dict[str, tuple[int, ...]] = {\n",
        *(f"    {name!r}: {tuple(dict.fromkeys(numbers))!r},\n" for name, numbers in in_files.items()),
        '}\n"""The numbers of the detectors that are for files of such a name, in lower case."""\n\n',
        "HEADS: dict[int, str] = {\n",
        *(f"    {number}: {head(each)!r},\n" for number, each in enumerate(detectors) if is_searched(each)),
        '}\n"""What text that one finds has in it, for those that layers are searched for at once."""\n\n',
        f'KEYS = frozenset({tuple(keys)!r})\n"""Those that find keys, of which nothing is shown."""\n\n',
        f'FORMS = { ({each.id: each.kind for each in detectors})!r}\n"""The kind of each."""\n\n',
        f'TITLES = { ({each.id: each.title for each in detectors})!r}\n"""What each finds, in words."""\n\n',
        f'MADE = frozenset({tuple(made)!r})\n"""Those that find what a machine made."""\n\n',
        "PROVIDERS = {\n",
        *(
            f"    {each.id!r}: {tuple(getattr(each, field) for field in Provider.field_names())!r},\n"
            for each in providers
        ),
        '}\n"""The fields of each ``Provider``, by id."""\n\n',
        f'NAMES = {names!r}\n"""The provider that a word in the name of a variable means."""\n',
    ]
    return "".join(parts)


def page(files: Iterable[DetectorFile]) -> str:
    """docs/detectors.md: every provider and what is found of it."""
    files = tuple(files)
    count = sum(len(file.detectors) for file in files)
    parts = [
        "<!-- Made by docs/generate.py; edit rules/secrets/detectors/ instead. -->\n\n# Detectors of credentials\n\n",
        f"{count} kinds of credentials, of {sum(bool(file.provider.id) for file in files)} providers. In Dockerfiles, ",
        "scripts, settings, configs and histories a value is also told by the name beside it (`DB_PASSWORD=…`). What ",
        "only stands in for a value is none: variables, `<your key>`, `changeme`, one character many times, too ",
        "little variety. A *check* is a further test: a checksum, or what is inside an encoding.\n\n",
        "| Provider | Finds | Check | Only in | Take it back |\n|---|---|---|---|---|\n",
    ]
    for file in sorted(files, key=lambda file: file.provider.title.lower()):
        provider = file.provider
        back = f"<{provider.revoke}>" if provider.revoke else provider.how
        name = provider.title + (" (AI)" if provider.ai else "")
        for each in file.detectors:
            cells = (name, f"{each.title} (`{each.id}`)", each.check, ", ".join(f"`{end}`" for end in each.files), back)
            parts.append(f"| {' | '.join(cells)} |\n")
        if not file.detectors:
            parts.append(f"| {name} | what variables named after it hold: {', '.join(provider.names)} | | | {back} |\n")
    parts += [
        "\n## What is not searched in layers and build contexts\n\nEverything else that begins like text is, ",
        "up to the limits that `scanner/parsers/secrets/skipped.py` names.\n\n| | Why not |\n|---|---|\n",
        *(f"| {_names(ends)} | {reason} |\n" for reason, ends in SUFFIXES.items()),
        *(f"| {_names(ends)} | {reason} |\n" for reason, ends in NAMES.items()),
        *(f"| {_names(ends)} | {reason} |\n" for reason, ends in PLACES.items()),
        f"| {_names(ARCHIVES)} in {_names(ARCHIVE_PLACES)} | packages of the system brought them, as published |\n",
    ]
    return "".join(parts)


def _names(words: Iterable[str]) -> str:
    return ", ".join(f"`{word}`" for word in sorted(words))


def schema() -> dict[str, Any]:
    """A JSON Schema of such a file."""
    text = {"type": "string", "minLength": 1}
    texts = {"type": "array", "minItems": 1, "items": text}
    identity = {"type": "string", "pattern": f"^{ID}$"}
    detector = {
        "id": identity,
        "title": text,
        "pattern": text,
        "examples": texts,
        "kind": {"enum": list(detectorfile.KINDS)},
        "name": text,
        "keywords": {"type": "array", "minItems": 1, "items": {"type": "string", "minLength": 2}},
        "needs": text,
        "inside": {"type": "integer", "minimum": 1, "maximum": 128},
        "files": texts,
        "ends": {"enum": list(detectorfile.ENDS)},
        "entropy": {"type": "number", "minimum": 0, "maximum": 6},
        "check": {"enum": list(CHECKS)},
        "quiet": texts,
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$comment": "Made by docs/generate.py from scanner/engine/detectorfile.py.",
        "title": "The detectors of one provider's credentials",
        "type": "object",
        "additionalProperties": False,
        "required": list(detectorfile.FILE_REQUIRED),
        "properties": {
            "provider": identity,
            "title": text,
            "revoke": {"type": "string", "pattern": r"^https://\S+$"},
            "how": text,
            "ai": {"type": "boolean"},
            "names": {"type": "array", "minItems": 1, "items": {"type": "string", "pattern": "^[a-z]+[0-9]*[a-z]*$"}},
            "detectors": {
                "type": "array",
                "minItems": 1,
                "items": {
                    "type": "object",
                    "additionalProperties": False,
                    "required": list(detectorfile.REQUIRED),
                    "properties": detector,
                },
            },
        },
    }
