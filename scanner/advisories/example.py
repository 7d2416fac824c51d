"""A database of a few records, for the examples of rules."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from scanner.advisories.compile import building
from scanner.errors import UsageError
from scanner.kept import DATABASE


@contextmanager
def made(records: Sequence[bytes]) -> Iterator[str]:
    """The path of a database of these records, which goes away again. Raises UsageError for what is no record."""
    with tempfile.TemporaryDirectory(prefix="hullcheck-") as folder:
        path = os.path.join(folder, DATABASE)
        with building(path) as compiler:
            compiler.feed("imported", ((f"advisory {number}", data) for number, data in enumerate(records, 1)))
            if compiler.problems:
                raise UsageError(f"an example's advisories: {compiler.problems[0]}")
        yield path
