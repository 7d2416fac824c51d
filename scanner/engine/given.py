"""A file that the user names, which is read as a whole."""

from __future__ import annotations

from scanner.errors import UsageError


def contents(path: str, what: str, limit: int, hint: str) -> bytes:
    """Its bytes. Raises UsageError when it cannot be read or is larger than ``limit``; ``what`` says what it is."""
    try:
        with open(path, "rb") as file:
            data = file.read(limit + 1)
    except OSError as error:
        raise UsageError(f"{path}: {what} cannot be read: {error.strerror}", hint=hint) from None
    if len(data) > limit:
        raise UsageError(f"{path}: {what} is larger than {limit:,} bytes", hint=hint)
    return data
