"""The files that a script writes, and what it writes into them, where that stands in the script."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from scanner.model.command import Command, Redirect, Written
from scanner.model.location import Text, Word
from scanner.parsers.lazy import Lazy
from scanner.parsers.shell.draft import Part
from scanner.parsers.shell.escapes import ESCAPES, unescape
from scanner.parsers.shell.limits import MAX_GROUPED, MAX_PRINTED

_ECHO_OPTION = Lazy(r"-[neE]+\Z")
_CONVERSION = Lazy(r"%%|%-?[0-9]*(?:\.[0-9]+)?([a-zA-Z])")
_NOT_FILES = frozenset({"", "-", "/dev/null", "/dev/stdout", "/dev/stderr", "/dev/tty"})
_WRITES = {">": False, ">|": False, "&>": False, ">&": False, ">>": True, "&>>": True}
_MAX_PIPES = 5
"""Commands of a pipeline looked back over for what ``tee`` and ``cat`` get."""

_Atoms = list[tuple[str, int]]
"""Characters, each with its offset in the source."""


class Outputs:
    """What the commands of a script print, and where it goes."""

    def __init__(self, commands: Sequence[Command], parts: dict[int, list[list[Part]]]) -> None:
        self.commands = commands
        self.parts = parts
        self.grouped = 0

    def written(self, groups: Sequence[tuple[int, int, tuple[Redirect, ...]]]) -> Iterator[Written]:
        """All files, in the order of the commands that write them."""
        for index, command in enumerate(self.commands):
            if command.redirects:
                for path, append in _targets(command.redirects):
                    yield Written(path=path, content=self.of(index), append=append, command=index)
            if command.words and command.words[0].text[-3:] == "tee" and command.program == "tee":
                append = any(word.text in {"-a", "--append"} for word in command.arguments)
                for word in command.arguments:
                    if word.text[:1] != "-" and word.text not in _NOT_FILES:
                        yield Written(path=word, content=self._input(index, 0), append=append, command=index)
        for first, last, redirects in groups:
            for path, append in _targets(redirects):
                yield Written(path=path, content=self._of_group(first, last), append=append, command=first)

    def of(self, index: int, hops: int = 0) -> Text | None:
        """What a command prints; None when that is not in the script."""
        command = self.commands[index]
        if not command.words:
            return None if command.assignments else command.source.cut()
        program = command.program
        if program in {"cat", "tee"}:
            plain = program == "tee" or not any(word.text != "-" for word in command.arguments)
            return self._input(index, hops) if plain else None
        if index not in self.parts:
            return command.source.cut() if program in {"true", ":"} else None
        end = command.words[-1].end
        if end - command.words[0].start > MAX_PRINTED:
            return None
        words = [_atoms(command.source.value, parts) for parts in self.parts[index]]
        atoms = _echo(words, end) if program == "echo" else _printf(words)
        return None if atoms is None else _text(command.source, atoms)

    def _input(self, index: int, hops: int) -> Text | None:
        command = self.commands[index]
        if command.heredoc is not None:
            return command.heredoc
        if command.joined_by not in {"|", "|&"} or hops >= _MAX_PIPES:
            return None
        before = index - 1
        while before >= 0 and self.commands[before].parent != command.parent:
            before -= 1
        source = self.commands[before] if before >= 0 else command
        if source.pipeline != command.pipeline or source is command or any(True for _ in _targets(source.redirects)):
            return None
        return self.of(before, hops + 1)

    def _of_group(self, first: int, last: int) -> Text | None:
        self.grouped += last - first
        if self.grouped > MAX_GROUPED:
            return None
        outer = self.commands[first]
        parts: list[Part] = []
        for index in range(first, last):
            command = self.commands[index]
            if command.parent != outer.parent:
                continue
            piped = index + 1 < last and self.commands[index + 1].pipeline == command.pipeline
            if piped or any(True for _ in _targets(command.redirects)) or command.program in {"set", "cd"}:
                continue
            content = self.of(index)
            if content is None or command.source is not outer.source or command.conditional != outer.conditional:
                return None
            if command.heredoc is not None:
                return content if last - first == 1 else None
            words = [_atoms(command.source.value, made) for made in self.parts.get(index, ())]
            end = command.words[-1].end if command.words else 0
            atoms = (_echo(words, end) if command.program == "echo" else _printf(words)) or []
            parts += _parts(command.source.value, atoms)
        return outer.source.cut(*parts)


def _targets(redirects: Sequence[Redirect]) -> Iterator[tuple[Word, bool]]:
    for redirect in redirects:
        append = _WRITES.get(redirect.operator)
        if append is None or redirect.descriptor not in {None, 1} or redirect.target.text in _NOT_FILES:
            continue
        if redirect.operator == ">&" and redirect.target.text.isdigit():
            continue
        yield redirect.target, append


def _atoms(source: str, parts: Sequence[Part]) -> _Atoms:
    atoms: _Atoms = []
    for first, second in parts:
        if isinstance(first, str):
            atoms += [(c, second) for c in first]
        else:
            atoms += zip(source[first:second], range(first, second), strict=False)
    return atoms


def _string(atoms: _Atoms) -> str:
    return "".join([c for c, _ in atoms])


def _unescaped(atoms: _Atoms) -> _Atoms:
    string = _string(atoms)
    if "\\" not in string:
        return atoms
    result: _Atoms = []
    at = 0
    for match in ESCAPES.finditer(string):
        result += atoms[at : match.start()]
        result += [(c, atoms[match.start()][1]) for c in unescape(match[0])]
        at = match.end()
    return result + atoms[at:]


def _echo(words: Sequence[_Atoms], end: int) -> _Atoms:
    r"""What ``echo`` prints. ``\n`` is a newline without ``-e`` too, as dash has it; ``-E`` says otherwise."""
    at, newline, escapes = 0, True, True
    while at < len(words) and _ECHO_OPTION.match(option := _string(words[at])):
        newline = newline and "n" not in option
        escapes = "E" not in option
        at += 1
    atoms: _Atoms = []
    for n, word in enumerate(words[at:]):
        if n:
            atoms.append((" ", word[0][1] if word else end - 1))
        atoms += word
    if escapes:
        atoms = _unescaped(atoms)
    return [*atoms, ("\n", max(end - 1, 0))] if newline else atoms


def _printf(words: Sequence[_Atoms]) -> _Atoms | None:
    """What ``printf`` prints; None when its format has more than plain conversions."""
    if words and _string(words[0]) == "--":
        words = words[1:]
    if not words or _string(words[0])[:1] == "-":
        return None
    form, arguments = words[0], list(words[1:])
    string, result, used = _string(form), [], 0
    while True:
        at, before = 0, used
        for match in _CONVERSION.finditer(string):
            result += _unescaped(form[at : match.start()])
            at = match.end()
            if match[0] == "%%":
                result.append(form[match.start()])
                continue
            if match[1] not in "sdibq" or len(match[0]) > 2:
                return None
            argument = arguments[used] if used < len(arguments) else []
            result += _unescaped(argument) if match[1] == "b" else argument
            used += 1
        result += _unescaped(form[at:])
        if used >= len(arguments) or used == before:
            return result


def _parts(source: str, atoms: _Atoms) -> list[Part]:
    """Atoms as parts: what stands side by side in the source is one slice."""
    parts: list[Part] = []
    start = end = -1
    for c, offset in atoms:
        if offset == end and source[offset : offset + 1] == c:
            end += 1
            continue
        if end > start:
            parts.append((start, end))
        start = end = offset
        if source[offset : offset + 1] == c:
            end += 1
        else:
            parts.append((c, offset))
            start = end = -1
    if end > start:
        parts.append((start, end))
    return parts


def _text(source: Text, atoms: _Atoms) -> Text:
    return source.cut(*_parts(source.value, atoms))
