"""Extractors: what a config, a step or a file says, as facts.

To add one: write a class with ``of``, ``wants`` and ``extract`` (interface.py) in a module here, and list the module
below, or in in_layers.py when only the layers of images have what it looks for.
"""

from __future__ import annotations

from collections.abc import Mapping

from scanner.extractors import (
    agents,
    artifacts,
    base_images,
    clones,
    commands,
    components,
    copied_secrets,
    copies,
    destinations,
    downloads,
    instructions,
    links,
    model_code,
    model_files,
    models,
    packages,
    ports,
    removals,
    secrets,
    services,
    settings,
    user,
    verification,
)
from scanner.extractors.interface import Extractor
from scanner.model.target import Component, Config, File, Item, Step

ALL: tuple[Extractor, ...] = (
    *base_images.EXTRACTORS,
    *user.EXTRACTORS,
    *settings.EXTRACTORS,
    *instructions.EXTRACTORS,
    *copies.EXTRACTORS,
    *commands.EXTRACTORS,
    *links.EXTRACTORS,
    *removals.EXTRACTORS,
    *packages.EXTRACTORS,
    *downloads.EXTRACTORS,
    *clones.EXTRACTORS,
    *verification.EXTRACTORS,
    *models.EXTRACTORS,
    *model_code.EXTRACTORS,
    *model_files.EXTRACTORS,
    *artifacts.EXTRACTORS,
    *agents.EXTRACTORS,
    *destinations.EXTRACTORS,
    *secrets.EXTRACTORS,
    *copied_secrets.EXTRACTORS,
    *ports.EXTRACTORS,
    *services.EXTRACTORS,
    *components.EXTRACTORS,
)

BY_KIND: Mapping[type[Item], tuple[Extractor, ...]] = {
    kind: tuple(extractor for extractor in ALL if kind in extractor.of) for kind in (Config, Step, File, Component)
}
