"""A model's card: the YAML between two lines of dashes at the top of a README.md.

Keys: https://huggingface.co/docs/hub/model-cards#model-card-metadata.
"""

from __future__ import annotations

from scanner.parsers.models import documents, yaml_lines
from scanner.parsers.models.header import Draft, Header
from scanner.parsers.tar import Source

_FIELDS = {
    "license_link": "licence_link", "base_model": "base_models", "datasets": "datasets", "pipeline_tag": "task",
    "library_name": "producer", "language": "languages", "model_name": "name",
}  # fmt: skip
_MANY = frozenset({"base_models", "datasets", "languages"})


def read(source: Source, size: int) -> Header:
    """What a card says. Raises ValueError for a README without such a top."""
    draft = Draft("card")
    text = documents.read_text(draft, source, size).replace("\r\n", "\n")
    if not text.startswith("---\n"):
        raise ValueError("a README without a model's card")
    end = text.find("\n---", 3)
    if end < 0:
        draft.flaw("truncated", "the card does not end", len(text))
    said: dict[str, list[str]] = {}
    for keys, value in yaml_lines.entries(text[4:end] if end >= 0 else text[4:]):
        if len(keys) == 1:
            said.setdefault(keys[0], []).append(value)
    for key, field in _FIELDS.items():
        values = said.get(key, [])
        draft.say(**{field: values if field in _MANY else next(iter(values), "")})
    licence = next(iter(said.get("license", [])), "")
    own = next(iter(said.get("license_name", [])), "")
    draft.say(licence=own if own and licence in ("", "other") else " OR ".join(said.get("license", [])))
    return draft.finish()
