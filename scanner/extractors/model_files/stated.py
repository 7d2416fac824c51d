"""What the header of a model file says, as facts."""

from __future__ import annotations

from scanner.extractors.model_files import pickles
from scanner.extractors.model_files.draft import Draft
from scanner.parsers import tar
from scanner.parsers.models import readers
from scanner.parsers.models.header import Flaw, Header, Template

_SAID = (
    "name", "architecture", "parameters", "dtypes", "quantization", "context_length", "licence", "licence_link",
    "base_models", "datasets", "producer", "author", "version", "task", "languages", "repository", "commit", "files",
)  # fmt: skip
_UNREAD = frozenset({"limit", "unread"})
"""Flaws that mean that a part was not looked at."""
_PLAIN = frozenset({"class", "saver-operator", "call"})
"""What every model of its format reaches by name."""
_IMPORTED = frozenset({"foreign-class", "target", "loader"})
_GRAVEST = (
    "attribute", "built", "filter", "format", "import", "invisible", "encoded", "url", "unparsed", "limit",
)  # fmt: skip
_BEHIND = frozenset({"truncated", "out-of-file"})
"""Flaws of a file of which only the beginning is at hand."""
MAX_HELD = 1 << 27
"""Bytes that are kept in memory of a file whose parts refer to each other in any direction."""


def header(format: str, source: tar.Source, size: int) -> Header:
    """The header of a content; only its format where there is no reader. Raises ValueError when it is of no format."""
    if format not in readers.RANDOM_ACCESS:
        return readers.read(format, source, size)
    data = source.at(0, min(size, MAX_HELD))
    found = readers.read(format, tar.Buffer(data), min(size, len(data)))
    if len(data) < MAX_HELD or len(data) == size:
        return found
    flaw = Flaw("limit", f"of {format}, the first {MAX_HELD:,} bytes are looked at", MAX_HELD)
    return found.replace(flaws=(*(each for each in found.flaws if each.kind not in _BEHIND), flaw), end=None)


def state(draft: Draft, header: Header, member: str = "") -> bool:
    """Add what a header says; whether that is anything."""
    said = {field: getattr(header, field) for field in _SAID}
    draft.say(**said)
    for flaw in header.flaws:
        draft.flaw("unread" if flaw.kind in _UNREAD else "structure", flaw.kind, flaw.detail, member, flaw.offset)
    for each in header.names:
        if each.kind not in _PLAIN and not each.where.startswith("auto_map."):  # which model-code tells of
            tier = pickles.tier(each.name) if each.kind in _IMPORTED else ""
            draft.names(each.kind, each.name, member, where=each.where, detail=each.detail, tier=tier)
    for file in header.externals:
        if file.reach != "beside":
            draft.names("file", file.path, member, where=file.where, detail=file.kind, reach=file.reach)
    for template in header.templates:
        _template(draft, template)
    return any(value not in ("", (), None) for value in (*said.values(), header.templates, header.names))


def _template(draft: Draft, template: Template) -> None:
    from scanner.parsers.models import templates

    found = sorted(templates.find(template.text), key=lambda reach: _GRAVEST.index(reach.kind))
    if found:
        kinds = tuple(dict.fromkeys(reach.kind for reach in found))
        draft.template(template.name, kinds, found[0].words, found[0].line)
