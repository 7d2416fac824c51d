"""Every exception this package raises on purpose, and its exit code.

ScanError
├── UsageError        asked wrongly                              exit 2
│   ├── ConfigError   the configuration file is wrong
│   └── RuleError     a rule file is wrong
└── TargetError       the thing to scan cannot be opened         exit 3

Parsers raise ``ValueError``; ``scanner.scan`` turns it into a problem for that item and goes on.
"""

from __future__ import annotations


class ScanError(Exception):
    """Base class; its message is shown to the user without a traceback.

    ``hint`` says what to type or change, when that is known.
    """

    exit_code = 3

    def __init__(self, reason: str, *, hint: str = "") -> None:
        super().__init__(reason)
        self.hint = hint


class UsageError(ScanError):
    """The command line, the configuration or a rule file is wrong."""

    exit_code = 2


class ConfigError(UsageError):
    """The configuration file is wrong; ``where`` is ``file:line``."""

    def __init__(self, where: str, reason: str, *, hint: str = "") -> None:
        super().__init__(f"{where}: {reason}", hint=hint)


class RuleError(UsageError):
    """A rule file is wrong; ``where`` is ``file:line``."""

    def __init__(self, where: str, reason: str, *, hint: str = "") -> None:
        super().__init__(f"{where}: {reason}", hint=hint)


class TargetError(ScanError):
    """The thing to scan cannot be opened or read."""
