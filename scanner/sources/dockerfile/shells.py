"""The commands of instructions, in shell form and in exec form."""

from __future__ import annotations

from collections.abc import Sequence

from scanner.model.command import Script
from scanner.model.finding import Problem
from scanner.model.instruction import Heredoc, Shelled
from scanner.model.location import Text, Word
from scanner.parsers import shell
from scanner.sources.dockerfile.scripts import shebang
from scanner.sources.dockerfile.stage import Lookup

_NAMES = {"powershell": "PowerShell", "cmd": "cmd"}


class Shells:
    """Reads them; what cannot be read is a problem, a shell that is not read one problem a file."""

    def __init__(self, problems: list[Problem]) -> None:
        self._problems = problems
        self._unread: set[str] = set()

    def parse(
        self, instruction: Shelled, shell_words: Sequence[str], lookup: Lookup, heredocs: Sequence[Heredoc] = ()
    ) -> Script:
        """The commands of a shell or exec form."""
        if instruction.argv is not None:
            return self._checked(shell.parse_argv(instruction.text, instruction.argv, lookup), instruction.text)
        dialect = shell.dialect(shell_words)
        if dialect != "posix":
            if dialect not in self._unread:
                self._unread.add(dialect)
                self._problems.append(
                    Problem(
                        at=instruction.text.location(),
                        reason=f"commands for {_NAMES.get(dialect) or shell_words[0]} are not read: "
                        "only those for POSIX shells are",
                    )
                )
            return Script(commands=())
        interpreter = shebang(instruction.script)
        if interpreter is not None:
            return Script(commands=(interpreter,))
        return self._checked(shell.parse(instruction.script, lookup, heredocs), instruction.script)

    def start(
        self, entry: Shelled | None, command: Shelled | None, shell_words: Sequence[str], lookup: Lookup
    ) -> Script:
        """What ENTRYPOINT and CMD together start."""
        if entry is None or entry.argv is None:
            only = entry or command
            return self.parse(only, shell_words, lookup) if only is not None else Script(commands=())
        if command is None:
            return self.parse(entry, shell_words, lookup)
        text, shift = entry.text.joined(command.text)
        words = entry.argv
        if command.argv is not None:
            words += tuple(Word(w.text, w.start + shift, w.end + shift, w.known) for w in command.argv)
        else:
            start, end = shift + command.arguments, len(text.value)
            shells = [Word(word, start, start) for word in shell_words]
            words += (*shells, Word(text.value[start:end], start, end))
        return self._checked(shell.parse_argv(text, words, lookup), text)

    def _checked(self, script: Script, text: Text) -> Script:
        self._problems += [
            Problem(at=text.location(start, end), reason=f"shell: {reason}") for start, end, reason in script.errors
        ]
        return script
