"""All extractors that look at files of layers, and searchers; those listed here look at nothing else."""

from __future__ import annotations

from scanner.extractors import BY_KIND, accounts, caches, held_settings, installed, layer_secrets, permissions
from scanner.extractors.interface import Extractor, Searcher
from scanner.model.target import File

IN_LAYERS: tuple[Extractor, ...] = (
    *BY_KIND[File],
    *installed.EXTRACTORS,
    *permissions.EXTRACTORS,
    *accounts.EXTRACTORS,
    *caches.EXTRACTORS,
    *held_settings.EXTRACTORS,
)
SEARCHERS: tuple[Searcher, ...] = layer_secrets.SEARCHERS
