"""Which image of an index is meant: ``linux/arm64/v8``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from scanner.errors import UsageError
from scanner.model.record import Record

_MACHINES = {"x86_64": "amd64", "amd64": "amd64", "aarch64": "arm64", "arm64": "arm64", "i686": "386", "i386": "386"}
"""What the kernel calls a machine, in Go's words, which image platforms are named in."""


class Platform(Record, kw_only=False):
    """An operating system and an architecture; ``variant`` is "" for any."""

    os: str
    architecture: str
    variant: str = ""

    def __str__(self) -> str:
        return "/".join(part for part in (self.os, self.architecture, self.variant) if part)

    def has(self, other: Platform) -> bool:
        """Whether an image made for ``other`` is what is asked for."""
        same = (self.os, self.architecture) == (other.os, other.architecture)
        return same and (not self.variant or not other.variant or self.variant == other.variant)


def parse(text: str) -> Platform:
    """``os/architecture[/variant]``. Raises UsageError."""
    parts = text.lower().split("/")
    if len(parts) not in {2, 3} or not all(part.isascii() and part.isalnum() for part in parts):
        raise UsageError(f"platform {text!r} should be OS/ARCHITECTURE", hint="as in: linux/amd64 or linux/arm64/v8")
    return Platform(*parts)


def here() -> Platform:
    """Linux on this machine's architecture."""
    import platform

    machine = platform.machine().lower()
    if machine.startswith("armv"):
        return Platform("linux", "arm", machine[3:5])
    return Platform("linux", _MACHINES.get(machine, machine))


def described(platform: Mapping[str, Any]) -> Platform | None:
    """What a descriptor's ``platform``, or an image's config, says; None when that is nothing usable."""
    words = [platform.get(key) or "" for key in ("os", "architecture", "variant")]
    return Platform(*words) if all(isinstance(word, str) for word in words) and words[0] and words[1] else None
