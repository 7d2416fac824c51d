"""The variables of a shell script while it is read, three-valued: a value, or None when it is not known."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

from scanner.parsers.lazy import Lazy

Value = str | tuple[str, ...] | None
"""A string, an array, or None: not known."""
Names = set[str]

_ASSIGNED = Lazy(r"(?:^|(?<=[\s;&|({]))(?:for[ \t]+)?([A-Za-z_]\w*)(?:\[\w*\])?(?:\+?=|[ \t]+in\b)")


class Variables:
    """What is assigned so far, over what the environment holds.

    Every change is kept in a journal, so that what a subshell did can be undone and what a branch did can be made
    unknown. In a loop or a function a variable counts only when nothing in or after its body assigns it anew.
    """

    def __init__(self, lookup: Callable[[str], str | None], source: str = "") -> None:
        self._lookup = lookup
        self._source = source
        self._values: dict[str, tuple[Value, int]] = {}
        self._journal: list[tuple[str, tuple[Value, int] | None]] = []
        self._exported: set[str] = set()
        self.repeated: list[int] = []
        """Where the bodies of the loops and functions around this place begin."""

    def get(self, name: str) -> Value:
        """The value now."""
        entry = self._values.get(name)
        value, position = entry or (self._lookup(name), -1)
        if value is not None and self.repeated:
            last = self._last_assigned.get(name, -1)
            if any(position < start <= last for start in self.repeated):
                return None
        return value

    def exported(self, name: str) -> str | None:
        """The value that a program started here finds in its environment; None when not known."""
        if name in self._values and (name in self._exported or self._lookup(name) is not None):
            return self.string(name)
        return self._lookup(name)

    def string(self, name: str) -> str | None:
        """The value when it is a string."""
        value = self.get(name)
        return value if isinstance(value, str) else None

    def set(self, name: str, value: Value, position: int) -> None:
        """``name=value`` at ``position`` of the script."""
        self._journal.append((name, self._values.get(name)))
        self._values[name] = (value, position)

    def export(self, name: str) -> None:
        """``export name``."""
        self._exported.add(name)

    def mark(self) -> int:
        """A point in time, for ``undo`` and ``doubt``."""
        return len(self._journal)

    def undo(self, mark: int) -> Names:
        """Take back what was assigned since; the names."""
        names = set()
        while len(self._journal) > mark:
            name, entry = self._journal.pop()
            names.add(name)
            if entry is None:
                del self._values[name]
            else:
                self._values[name] = entry
        return names

    def doubt(self, mark: int, position: int, names: Names | None = None) -> None:
        """What was assigned since (and ``names``) may have been assigned or not: unknown, unless it is the same."""
        after = {name: self._values[name][0] for name, _ in self._journal[mark:]}
        for name in self.undo(mark) | (names or Names()):
            value = self.get(name)
            if value is None or name not in after or after[name] != value or (names and name in names):
                self.set(name, None, position)

    @cached_property
    def _last_assigned(self) -> dict[str, int]:
        return {match[1]: match.start() for match in _ASSIGNED.finditer(self._source)}
