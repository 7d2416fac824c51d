"""Configurations of models that bring code along."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from scanner.extractors.interface import Told
from scanner.model.facts import ModelCode
from scanner.model.location import Evidence
from scanner.model.target import File, Item

_NAMES = frozenset({"config.json", "tokenizer_config.json", "processor_config.json", "preprocessor_config.json"})
MAX_CONFIG = 1 << 20
"""Bytes of the largest configuration that is read; real ones have a few thousand."""
MAX_NAMED = 50
"""Classes that one configuration may name."""


class ModelConfigs:
    """``auto_map`` in a model's JSON files: Transformers imports what it names when remote code is trusted."""

    of = (File,)
    told = Told(_NAMES)

    def wants(self, item: Item) -> bool:
        """By the file's name."""
        return isinstance(item, File) and item.at.path.rpartition("/")[2] in _NAMES and item.size <= MAX_CONFIG

    def extract(self, item: Item) -> Iterator[ModelCode]:
        """A fact for each repository that code comes from. Raises ValueError when it is no JSON."""
        assert isinstance(item, File)
        data = item.read()
        if b'"auto_map"' not in data:
            return
        import json

        config = json.loads(data)
        found: dict[str, str] = {}
        for code in list(_codes(config.get("auto_map") if isinstance(config, dict) else None))[:MAX_NAMED]:
            found.setdefault(code.partition("--")[0] if "--" in code else "", code)
        evidence = Evidence(item.at)
        for repository, code in found.items():
            yield ModelCode(
                evidence=(evidence, item.copied_by) if item.copied_by is not None else (evidence,),
                ships=item.ships,
                path=item.at.path,
                code=code,
                repository=repository,
            )


def _codes(value: Any) -> Iterator[str]:
    """``{"AutoModel": "modeling.Model"}``, or a list of two for tokenizers."""
    for each in value.values() if isinstance(value, dict) else ():
        yield from (one for one in (each if isinstance(each, list) else [each]) if isinstance(one, str))


EXTRACTORS = (ModelConfigs(),)
