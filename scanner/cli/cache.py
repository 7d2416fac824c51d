"""``hullcheck cache``: what earlier scans left in the user's cache folder."""

from __future__ import annotations

import time

from scanner import config, kept
from scanner.cli.output import write
from scanner.reporters.tally import amount
from scanner.sources.image.known import CONFIGS, FOLDER


def info() -> int:
    """The folder, what is in it, and its limit; the exit code. Raises ConfigError."""
    limit = config.settings({}).cache_limit
    layers, configs, every = kept.listed(FOLDER), len(kept.listed(CONFIGS)), kept.listed()
    size = sum(size for _, size, _ in layers)
    lines = [
        kept.folder(),
        f"{amount(len(layers) - configs, 'layer')} and {amount(configs, 'config')}, {_size(size)} of at most "
        f"{_size(limit << 20)}",
        *([f"the oldest was last used on {time.strftime('%Y-%m-%d', time.localtime(layers[0][0]))}"] if layers else []),
        f"rules and base images: {_size(sum(size for _, size, _ in every) - size)}",
    ]
    write("\n".join(lines) + "\n")
    return 0


def clear() -> int:
    """Delete it all; the exit code."""
    size = sum(size for _, size, _ in kept.listed())
    gone = kept.shrink("", -1)
    write(f"{amount(gone, 'file')} deleted, {_size(size - sum(size for _, size, _ in kept.listed()))}\n")
    return 0


def _size(size: int) -> str:
    return f"{size / (1 << 20):,.1f} MiB"
