"""All extractors that look at files of layers, and searchers, who do there what ``copied_secrets`` does in contexts."""

from __future__ import annotations

from scanner.extractors import (
    BY_KIND,
    accounts,
    caches,
    copied_secrets,
    held_settings,
    installed,
    layer_secrets,
    model_caches,
    permissions,
    start_files,
)
from scanner.extractors.interface import Extractor, Searcher
from scanner.model.target import File

IN_LAYERS: tuple[Extractor, ...] = (
    *(each for each in BY_KIND[File] if each not in copied_secrets.EXTRACTORS),
    *installed.EXTRACTORS,
    *permissions.EXTRACTORS,
    *accounts.EXTRACTORS,
    *caches.EXTRACTORS,
    *held_settings.EXTRACTORS,
    *model_caches.EXTRACTORS,
    *start_files.EXTRACTORS,
)
SEARCHERS: tuple[Searcher, ...] = layer_secrets.SEARCHERS
