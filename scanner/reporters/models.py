"""The models of a target: a table for people, or JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from scanner.model.facts import Model
from scanner.model.finding import Report
from scanner.reporters import plain
from scanner.reporters.quote import shortened, visible
from scanner.reporters.style import BOLD, DIM, Painter
from scanner.reporters.tally import amount, size

HEADS = ("model", "format", "architecture", "parameters", "type", "context", "licence", "size")
LONGEST = 44
"""Characters of a name or path in the table."""
_UNITS = ((10**12, "T"), (10**9, "B"), (10**6, "M"), (10**3, "k"))


def table(reports: Sequence[Report], *, color: bool) -> str:
    """A line a model, and below it where it is from and where it lies."""
    paint, models = Painter(color), _models(reports)
    if not models:
        return "No models found.\n"
    rows = [_row(model) for model in models]
    widths = [max(map(len, column)) for column in zip(HEADS, *rows, strict=True)]
    lines = [paint(_line(HEADS, widths), BOLD)]
    for model, row in zip(models, rows, strict=True):
        lines.append(_line(row, widths))
        lines.append(paint(f"  {_place(model)}", DIM))
    whole = size(sum(model.size for model in models))
    lines.append(f"\n{amount(len(models), 'model')}, {whole}")
    return "\n".join(lines) + "\n"


def as_json(reports: Sequence[Report]) -> str:
    """The same for programs, with all that is known; sizes are bytes."""
    import json

    document = {
        "models": [
            {"target": plain.clean(report.target)}
            | plain.fields(fact)
            | {"layer": plain.layer(fact.evidence[0].at), "places": [plain.place(each.at) for each in fact.evidence]}
            for report in reports
            for fact in report.facts
            if isinstance(fact, Model)
        ],
        "problems": [
            plain.place(each.at) | {"reason": plain.clean(each.reason), "remedy": plain.clean(each.remedy)}
            for report in reports
            for each in report.problems
        ],
    }
    return json.dumps(document, indent=2) + "\n"


def _models(reports: Sequence[Report]) -> list[Model]:
    return [fact for report in reports for fact in report.facts if isinstance(fact, Model)]


def _row(model: Model) -> tuple[str, ...]:
    kind = model.quantization or "+".join(model.dtypes[:3])
    cells = (
        model.name,
        model.format,
        model.architecture,
        _count(model.parameters),
        kind,
        "" if model.context_length is None else f"{model.context_length:,}",
        model.licence,
        size(model.size),
    )
    return tuple(shortened(visible(cell), LONGEST) or "-" for cell in cells)


def _count(number: int | None) -> str:
    """``7.24B``, ``110M``."""
    if number is None:
        return ""
    unit, letter = next(((unit, letter) for unit, letter in _UNITS if number >= unit), (1, ""))
    return f"{number / unit:.3g}{letter}"


def _place(model: Model) -> str:
    at = model.evidence[0].at
    where = f"{model.path} (layer {at.level})" if at.level >= 0 else model.path
    source = f"{model.repository}@{model.commit[:12]}".rstrip("@") if model.repository else ""
    parts = [source, amount(model.parts, "file") if model.parts > 1 else "", "" if model.ships else "removed later"]
    return visible(", ".join(filter(None, (where, *parts))))


def _line(cells: Sequence[Any], widths: Sequence[int]) -> str:
    last = len(HEADS) - 1
    shown = (
        f"{cell:>{width}}" if at in (3, 5, last) else f"{cell:<{width}}"
        for at, (cell, width) in enumerate(zip(cells, widths, strict=True))
    )
    return "  ".join(shown).rstrip()
