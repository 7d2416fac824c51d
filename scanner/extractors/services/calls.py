"""Commands that start a server."""

from __future__ import annotations

from collections.abc import Sequence

from scanner.extractors.services.products import Product, by_name, starts
from scanner.model.command import Command
from scanner.model.location import Evidence, Word
from scanner.model.record import Record

SHELLS = frozenset({"sh", "bash", "dash", "zsh"})

_RUNNERS = frozenset({"npx", "bunx", "pnpm", "uvx", "uv", "accelerate"})
"""Programs that run the program named later on their command line, beside those that the shell parser peels off."""

_ASKS = frozenset({"--help", "--version", "-V", "--install-extension", "--list-extensions"})
"""Options that make a server print or do something, and end."""

_VALUED = frozenset({"-W", "-X", "--check-hash-based-pycs"})
"""Options of the Python interpreter that take the next word."""


class Call(Record, kw_only=False):
    """A command that starts a server: which one, and with what arguments."""

    product: Product
    command: Command | None
    """None when nothing but the base image says so."""
    arguments: tuple[Word, ...] = ()
    program: Word | None = None
    """The word that names it."""
    image: bool = False
    """It runs in the public image of the product, or one made from that."""

    def evidence(self) -> tuple[Evidence, ...]:
        """The start command, from the word that names the program."""
        if self.command is None:
            return ()
        start = self.program or self.command.words[0]
        return (self.command.source.evidence(start.start, self.command.words[-1].end),)


class Program(Record, kw_only=False):
    """What a command runs: a program, a Python module (dotted) or a script, by base name."""

    name: str
    word: Word
    arguments: tuple[Word, ...]
    path: str
    """Of the Python script, relative to the working directory; "" for other programs."""


def program_of(words: Sequence[Word], depth: int = 0) -> Program | None:
    """What the words run, runners, interpreters and entry scripts peeled off."""
    if not words or not words[0].known:
        return None
    name = words[0].text
    if name not in starts():
        name = name.rpartition("/")[2]
    if name in {"python", "pypy3"} or (name.startswith("python") and name[6:].replace(".", "").isdecimal()):
        return _python(words)
    if name in starts() or depth > 4:
        return Program(name, words[0], tuple(words[1:]), name if name.endswith(".py") else "")
    if name in _RUNNERS:
        for index, word in enumerate(words[1:], 1):
            inner = word.text if word.text in starts() else word.text.rpartition("/")[2]
            if word.known and (inner.startswith("python") or inner in starts() or inner.endswith((".py", ".sh"))):
                return program_of(words[index:], depth + 1)
    elif len(words) > 1 and (name in SHELLS or name.endswith(".sh") or "entrypoint" in name):
        inner_program = program_of(words[1:], depth + 1)
        if inner_program is not None and inner_program.name in starts():
            return inner_program
    return Program(name, words[0], tuple(words[1:]), words[0].text if name.endswith(".py") else "")


def _python(words: Sequence[Word]) -> Program | None:
    index = 1
    while index < len(words):
        word = words[index]
        if word.text == "-m" and index + 1 < len(words):
            module = words[index + 1]
            path = module.text.replace(".", "/") + ".py"
            return Program(module.text, module, tuple(words[index + 2 :]), path) if module.known else None
        if word.text in _VALUED:
            index += 1
        elif not word.text.startswith("-"):
            if not word.known:
                return None
            return Program(word.text.rpartition("/")[2], word, tuple(words[index + 1 :]), word.text)
        elif word.text in {"-c", "-"}:
            return None
        index += 1
    return None


def match(program: Program) -> tuple[Product, tuple[Word, ...]] | None:
    """The product that a program is, and its arguments behind the subcommand."""
    candidates = starts().get(program.name)
    if candidates is None or any(word.text in _ASKS for word in program.arguments):
        return None
    found = _positional(program.arguments, {wanted for wanted, _ in candidates if wanted})
    for wanted, product in candidates:
        if wanted and found is not None and program.arguments[found].text == wanted:
            return by_name()[product], program.arguments[:found] + program.arguments[found + 1 :]
        if not wanted and (found is None or not any(other == product and more for more, other in candidates)):
            return by_name()[product], program.arguments
    return None


def _positional(arguments: Sequence[Word], wanted: set[str]) -> int | None:
    """Where the subcommand stands: a wanted word, else the first that is no option and cannot be an option's value."""
    after_option = False
    for index, word in enumerate(arguments):
        if word.text.startswith("-"):
            after_option = "=" not in word.text
        elif word.text in wanted or not after_option:
            return index
        else:
            after_option = False
    return None
