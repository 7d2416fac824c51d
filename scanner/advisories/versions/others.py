"""Versions of Maven artifacts and of gems, which univers orders."""

from __future__ import annotations

import re
from typing import Any

from univers.gem import GemVersion
from univers.maven import Version as MavenVersion

_MAVEN = re.compile(r"[A-Za-z0-9][\w.+-]*", re.ASCII)


def maven(version: str) -> Any | None:
    """As Maven's ComparableVersion."""
    return MavenVersion(version) if _MAVEN.fullmatch(version) else None  # type: ignore[no-untyped-call]


def gem(version: str) -> Any | None:
    """As RubyGems' Gem::Version; the platform behind a number (``1.2-x86_64-linux``) is none of it."""
    version = re.sub(r"-(?:x86|x64|arm|aarch64|java|universal|ruby)[\w-]*$", "", version)
    correct = version and GemVersion.is_correct(version)
    return GemVersion(version) if correct else None  # type: ignore[no-untyped-call]
