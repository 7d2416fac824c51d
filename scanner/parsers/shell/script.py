"""Whole scripts, and the scripts inside them."""

from __future__ import annotations

from scanner.model.location import Text
from scanner.parsers.shell.commands import CommandReader
from scanner.parsers.shell.compound import Region
from scanner.parsers.shell.draft import Inside
from scanner.parsers.shell.limits import MAX_COMMANDS, MAX_DEPTH, MAX_INNER
from scanner.parsers.shell.variables import Variables


class ScriptReader(CommandReader):
    """Reads whole scripts."""

    def script(self) -> None:
        """Read all of it."""
        p = self.region(0, "")
        if p < self.length and not self.stopped:
            self.error(p, self.length, "not read")

    def substitution(self, start: int, inside: Inside) -> int:
        """Read the commands after ``$(``; the offset after the ``)``."""
        if self.depth >= MAX_DEPTH:
            return self.stop(start, f"more than {MAX_DEPTH} levels of substitution")
        outer = self.parent, self.inside, self.holder, self.sure, self.function
        self.parent, self.inside = self.holder, inside
        self.function = False
        self.depth += 1
        mark = self.variables.mark()
        end = self.region(start, ")")
        self.variables.undo(mark)
        self.depth -= 1
        self.parent, self.inside, self.holder, self.sure, self.function = outer
        if self.source[end] == ")":
            return end + 1
        self.error(start, end, "a parenthesis is not closed")
        return min(end, self.length)

    def inner(
        self, text: Text, inside: Inside, where: tuple[int, int], variables: Variables, opaque: dict[int, int]
    ) -> None:
        """Read the commands of a script inside this one, written ``where``."""
        if len(self.shared.commands) >= MAX_COMMANDS or not text.value.strip():
            return
        self.shared.inner += len(text.value)
        if self.shared.inner > MAX_INNER:
            self.error(*where, f"scripts inside the script have more than {MAX_INNER} characters")
            return
        if self.depth >= MAX_DEPTH:
            self.error(*where, f"more than {MAX_DEPTH} levels of substitution")
            return
        reader = ScriptReader(text, variables, self.shared, self.depth + 1)
        reader.parent = reader.holder = self.holder
        reader.inside, reader.conditional, reader.opaque = inside, self.conditional, opaque
        reader.script()
        for _, _, reason in reader.errors:
            self.error(*where, reason)

    def region(self, p: int, closer: str) -> int:
        """Read commands up to the end, or to a ``)`` that closes nothing else; the offset of that."""
        return Region(self, closer).read(p)
