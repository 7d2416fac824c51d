"""Extractors: what a config, a step or a file says, as facts.

To add one: write a class with ``wants`` and ``extract`` (interface.py) in a module here, and list the module below.
"""

from __future__ import annotations

from scanner.extractors import (
    base_images,
    clones,
    commands,
    copies,
    downloads,
    installed,
    instructions,
    models,
    packages,
    ports,
    secrets,
    services,
    settings,
    user,
    verification,
)
from scanner.extractors.interface import Extractor

ALL: tuple[Extractor, ...] = (
    *base_images.EXTRACTORS,
    *user.EXTRACTORS,
    *settings.EXTRACTORS,
    *instructions.EXTRACTORS,
    *copies.EXTRACTORS,
    *commands.EXTRACTORS,
    *packages.EXTRACTORS,
    *downloads.EXTRACTORS,
    *clones.EXTRACTORS,
    *verification.EXTRACTORS,
    *models.EXTRACTORS,
    *secrets.EXTRACTORS,
    *ports.EXTRACTORS,
    *services.EXTRACTORS,
    *installed.EXTRACTORS,
)
