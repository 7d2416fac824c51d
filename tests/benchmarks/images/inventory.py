"""``hullcheck`` without what looks into models and for credentials: the work that other tools call an inventory.

``python -m tests.benchmarks.images.inventory scan …`` is run beside these; the command itself has no such option.
"""

from __future__ import annotations

from scanner.cli import run
from scanner.extractors import in_layers, model_files

if __name__ == "__main__":
    in_layers.SEARCHERS = ()
    in_layers.IN_LAYERS = tuple(each for each in in_layers.IN_LAYERS if each not in model_files.EXTRACTORS)
    run()
