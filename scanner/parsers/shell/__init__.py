"""Shell scripts and exec-form argument lists, read into simple commands. Nothing is run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

from scanner.model.command import Script
from scanner.model.instruction import Heredoc
from scanner.model.location import Text, Word
from scanner.parsers.shell.draft import Draft, Part, Shared
from scanner.parsers.shell.inner import SHELLS
from scanner.parsers.shell.script import ScriptReader
from scanner.parsers.shell.variables import Variables
from scanner.parsers.shell.wrappers import peel
from scanner.parsers.shell.written import Outputs

__all__ = ["dialect", "parse", "parse_argv"]

_HANDS_ON = frozenset({"_dockerfile_shell.sh"})
"""Scripts that activate an environment and hand the commands on to bash: micromamba's."""


def parse(text: Text, lookup: Callable[[str], str | None], heredocs: Sequence[Heredoc] = ()) -> Script:
    """A POSIX or bash script as its simple commands.

    ``lookup`` gives the value of a variable of the environment, None when it is not known. ``heredocs`` are the
    here-documents that BuildKit took out of a RUN instruction; in a plain script their bodies stand in the text.
    Variables that the script assigns are followed: known, or not known where a branch, a loop or a subshell decides.
    """
    shared = Shared(heredocs)
    reader = ScriptReader(text, Variables(lookup, text.value), shared)
    reader.script()
    return _script(shared, reader)


def parse_argv(text: Text, words: Sequence[Word], lookup: Callable[[str], str | None]) -> Script:
    """An exec-form list: one command, and the script inside when it is ``["sh", "-c", "…"]``.

    ``words`` are the strings of the list, JSON escapes resolved, at the places of the quoted strings in ``text``.
    """
    shared = Shared()
    reader = ScriptReader(text, Variables(lookup), shared)
    draft = reader.begin(0)
    if draft and words:
        _fill(draft, words, text.value)
        reader.finish(draft, "", 1)
    return _script(shared, reader) if words else Script(commands=())


def dialect(shell: Sequence[str]) -> Literal["posix", "powershell", "cmd", "other"]:
    """The language of a SHELL instruction's shell; ``conda run -n env bash -c`` speaks that of bash."""
    words = [Word(word.replace("\\", "/"), 0, 0) for word in shell]
    _, _, at = peel(words)
    program = words[at].text.rpartition("/")[2].lower().removesuffix(".exe") if words else ""
    if program in {"powershell", "pwsh"}:
        return "powershell"
    if program == "cmd":
        return "cmd"
    return "posix" if program in SHELLS or program in _HANDS_ON else "other"


def _fill(draft: Draft, words: Sequence[Word], source: str) -> None:
    draft.words.extend(words)
    draft.parts.update((n, _json_parts(word, source)) for n, word in enumerate(words))


def _json_parts(word: Word, source: str) -> list[Part]:
    """What a JSON string is made of: its characters, and escapes standing for one each."""
    written = source[word.start : word.end]
    if written == word.text:
        return [(word.start, word.end)]
    start = word.start + 1
    if written[1:-1] == word.text:
        return [(start, word.end - 1)]
    parts: list[Part] = []
    for c in word.text:
        width = 1
        if source[start : start + 1] == "\\":
            width = 6 if source[start + 1 : start + 2] == "u" else 2
            if ord(c) > 0xFFFF and width == 6:
                width = 12
        parts.append((c, min(start, word.end - 1)))
        start += width
    return parts


def _script(shared: Shared, reader: ScriptReader) -> Script:
    commands = tuple([command for command in shared.commands if command is not None])
    outputs = Outputs(commands, shared.parts)
    return Script(commands=commands, written=tuple(outputs.written(shared.groups)), errors=tuple(reader.errors))
