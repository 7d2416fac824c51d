"""All extractors that look at files of layers; those listed here look at nothing else."""

from __future__ import annotations

from scanner.extractors import BY_KIND, accounts, caches, held_settings, installed, permissions
from scanner.extractors.interface import Extractor
from scanner.model.target import File

IN_LAYERS: tuple[Extractor, ...] = (
    *BY_KIND[File],
    *installed.EXTRACTORS,
    *permissions.EXTRACTORS,
    *accounts.EXTRACTORS,
    *caches.EXTRACTORS,
    *held_settings.EXTRACTORS,
)
