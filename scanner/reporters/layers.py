"""What each layer of an image brings: a table with bars for people, or JSON."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from scanner.model.facts import InstalledPackage
from scanner.model.finding import LayerUse, Report
from scanner.model.record import Record
from scanner.model.rule import Severity
from scanner.parsers import created_by
from scanner.reporters import plain
from scanner.reporters.quote import shortened
from scanner.reporters.style import BOLD, DIM, SEVERITY, Painter
from scanner.reporters.tally import amount, size

NARROW = 100
"""Columns below which the heads of columns are short."""
LONG = ("layer", "stored", "unpacked", "wasted", "packages", "models", "findings")
SHORT = ("", "stored", "unpacked", "wasted", "pkgs", "models", "found")
BAR, LEAST = 24, 6
"""Characters of a full bar, at most and at least."""
KEPT, LOST = "34", "33"
"""SGR codes of a bar."""
BLOCKS, ASCII = ("█", "░"), ("#", ".")
"""What bars are made of: for what is in the finished image, and for what is wasted."""
NAMES = ("stored", "unpacked", "wasted", "packages", "models", "findings")
"""Of a row's numbers in JSON."""
ORIGINS = {True: "from the base image", False: "built on top", None: "no history tells who made them"}


class Row(Record):
    """A layer with what was found in it."""

    use: LayerUse
    packages: int
    findings: dict[Severity, int]
    """Those that count, worst first; no zeros."""

    @property
    def numbers(self) -> tuple[int, int, int, int, int, int]:
        """What the columns behind the index say."""
        use = self.use
        return use.stored, use.size, use.wasted, self.packages, use.models, sum(self.findings.values())


def table(report: Report, *, width: int, color: bool, blocks: bool = True) -> str:
    """The table, a line a layer, as wide as the screen; without ``blocks``, bars are ASCII."""
    paint, rows = Painter(color), list(_rows(report))
    heads = LONG if width >= NARROW else SHORT
    total = _total(rows)
    cells = [(str(row.use.layer.index), *_shown(row.numbers)) for row in rows]
    last = ("all", *_shown(total))
    widths = [max(map(len, column)) for column in zip(heads, *cells, last, strict=True)]
    rest = width - sum(widths) - 2 * len(widths)
    bar = max(LEAST, min(BAR, rest // 4))
    most = max((row.use.size for row in rows), default=0)
    lines = [paint(_line(heads, widths), BOLD)]
    origin: object = ()
    for row, cell in zip(rows, cells, strict=True):
        if row.use.layer.base != origin and any(each.use.layer.base is not None for each in rows):
            origin = row.use.layer.base
            lines.append(paint(ORIGINS[row.use.layer.base], DIM))
        drawn = _bar(row.use, bar, most, paint, blocks=blocks)
        made = shortened(instruction(row.use.layer.created_by), max(LEAST, rest - bar - 2))
        lines.append(f"{_painted(row, cell, widths, paint)}  {drawn}  {made}".rstrip())
    share = f"{total[2] / total[1]:.0%} is wasted" if total[2] else ""
    lines.append(paint(f"{_line(last, widths)}  {share}".rstrip(), BOLD))
    loose = sum(_counts(report, None).values())
    if loose:
        lines.append(f"\n{amount(loose, 'more finding')} about its config, in no layer.")
    return "\n".join(lines) + "\n"


def as_json(report: Report) -> str:
    """The same for programs; sizes are bytes."""
    import json

    rows = list(_rows(report))
    document = {
        "target": plain.clean(report.target),
        "layers": [_plain(row) for row in rows],
        "total": dict(zip(NAMES, _total(rows), strict=True)),
        "findings_in_no_layer": sum(_counts(report, None).values()),
        "problems": [
            plain.place(each.at) | {"reason": plain.clean(each.reason), "remedy": plain.clean(each.remedy)}
            for each in report.problems
        ],
    }
    return json.dumps(document, indent=2) + "\n"


def instruction(text: str) -> str:
    """A ``created_by`` as one line: without the shell, what builders put around it, and line breaks."""
    made = created_by.parse(text)
    return " ".join(f"{made.keyword} {text[made.start : made.end]}".replace("\\\n", " ").split())


def _rows(report: Report) -> Iterator[Row]:
    packages = Counter(fact.evidence[0].at.level for fact in report.facts if isinstance(fact, InstalledPackage))
    for use in report.layers:
        index = use.layer.index
        yield Row(use=use, packages=packages[-1 if index is None else index], findings=_counts(report, index))


def _counts(report: Report, index: int | None) -> dict[Severity, int]:
    """The findings in a layer; for None, those in none."""
    level = -1 if index is None else index
    found = Counter(
        each.rule.severity for each in report.findings if each.suppressed is None and each.at.level == level
    )
    return {severity: found[severity] for severity in reversed(Severity) if severity in found}


def _total(rows: Sequence[Row]) -> list[int]:
    return [sum(column) for column in zip(*(row.numbers for row in rows), strict=True)] or [0] * len(NAMES)


def _shown(numbers: Iterable[int]) -> list[str]:
    return [(size(number) if at < 3 else str(number)) if number else "-" for at, number in enumerate(numbers)]


def _line(cells: Iterable[str], widths: Iterable[int]) -> str:
    return "  ".join(f"{cell:>{width}}" for cell, width in zip(cells, widths, strict=True))


def _painted(row: Row, cells: Iterable[str], widths: Iterable[int], paint: Painter) -> str:
    *others, findings = (f"{cell:>{width}}" for cell, width in zip(cells, widths, strict=True))
    worst = next(iter(row.findings), None)
    others = [paint(cell, DIM) if cell.strip() == "-" else cell for cell in others]
    return "  ".join([*others, paint(findings, DIM if worst is None else SEVERITY[worst])])


def _bar(use: LayerUse, width: int, most: int, paint: Painter, *, blocks: bool) -> str:
    """As long as the layer is large; the part of it that is wasted comes last."""
    whole = min(width, -(-use.size * width // most)) if most else 0
    lost = whole * use.wasted // use.size if use.size else 0
    kept, gone = BLOCKS if blocks else ASCII
    return paint(kept * (whole - lost), KEPT) + paint(gone * lost, LOST) + " " * (width - whole)


def _plain(row: Row) -> dict[str, Any]:
    layer = row.use.layer
    return (
        {"index": layer.index, "digest": layer.digest, "base": layer.base}
        | {"instruction": plain.clean(instruction(layer.created_by)[: plain.LIMIT]), "entries": row.use.entries}
        | dict(zip(NAMES, row.numbers, strict=True))
        | {"severities": {str(severity): number for severity, number in row.findings.items()}}
    )
