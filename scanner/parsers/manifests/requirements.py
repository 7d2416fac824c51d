"""pip's requirements and constraints files.

The format is pip's own (its user guide, "Requirements File Format"): a requirement or options a line, a backslash
joins lines, ``#`` starts a comment at the beginning of a line or after white space.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from scanner.model.location import Text
from scanner.parsers.lazy import Lazy
from scanner.parsers.manifests import specifier
from scanner.parsers.manifests.entries import MAX_ENTRIES, TOO_MANY, Declared, Entry, Include, Index, Manifest

_BLANK = " \t\r\n\v\f\x1c\x1d\x1e\x1f\x85\xa0\u2028\u2029\ufeff"
_COMMENT = Lazy(r"(?:^|\s)#.*")
_WORD = Lazy(r"""(?:"[^"]*"|'[^']*'|\S)+""")
_VALUED = {
    "-i": "--index-url",
    "-f": "--find-links",
    "-r": "--requirement",
    "-c": "--constraint",
    "-e": "--editable",
}
_WITH_VALUE = frozenset(_VALUED.values()) | {
    "--pypi-url",
    "--extra-index-url",
    "--no-binary",
    "--only-binary",
    "--trusted-host",
    "--use-feature",
    "--hash",
    "--global-option",
    "--config-settings",
    "--config-setting",
    "--index",
    "--default-index",
}


def read(text: Text, declared: Declared = "requirements") -> Manifest:
    """What the file asks for. ``declared`` is ``constraints`` for a file that ``-c`` names."""
    reader = _Reader(declared)
    for start, line in _lines(text.value):
        if len(reader.entries) >= MAX_ENTRIES:
            reader.errors.append((start, start + 1, TOO_MANY))
            break
        try:
            reader.line(start, line)
        except ValueError as error:
            reader.errors.append((start, start + len(line.rstrip()), str(error)))
    return Manifest(
        declared=declared,
        entries=tuple(reader.entries),
        includes=tuple(reader.includes),
        indexes=tuple(reader.indexes),
        prerelease=reader.prerelease,
        hashes_required=reader.hashes_required,
        errors=tuple(reader.errors),
    )


def _lines(value: str) -> Iterator[tuple[int, str]]:
    """(offset, words) of each line that says something; joined lines keep their length."""
    offset = 0
    for line in _joined(value):
        words = _COMMENT.sub("", line) if "#" in line else line
        bare = words.strip(_BLANK)
        if bare:
            yield offset + line.index(bare), bare
        offset += len(line)


def _joined(value: str) -> Iterator[str]:
    """Lines with those that a backslash continues; a comment line neither continues nor is left out."""
    pieces: list[str] = []
    for line in value.splitlines(keepends=True):
        words = line.splitlines()[0]
        if words.endswith("\\") and not words.lstrip().startswith("#"):
            pieces.append(words[:-1].ljust(len(line)))
            continue
        yield "".join((*pieces, line)) if pieces else line
        pieces = []
    if pieces:
        yield "".join(pieces)


class _Reader:
    def __init__(self, declared: Declared) -> None:
        self.declared = declared
        self.entries: list[Entry] = []
        self.includes: list[Include] = []
        self.indexes: list[Index] = []
        self.errors: list[tuple[int, int, str]] = []
        self.prerelease = False
        self.hashes_required = False

    def line(self, start: int, line: str) -> None:
        """Read one line; options of their own start with a hyphen, those of a requirement follow it."""
        if line.startswith("-"):
            for option, value, at in _options(line):
                self.option(option, value, start + at, start + at + len(value))
            return
        options = re.search(r"\s--?[a-z]", line)
        words = line[: options.start()].rstrip() if options else line
        spec = specifier.read(words)
        if options and any(option == "--hash" for option, _, _ in _options(line[options.start() :])):
            spec = spec.replace(hashed=True)
        shown = words.partition(";")[0].rstrip() if spec.origin == "index" else words
        self.entries.append(Entry(spec, start, start + len(shown)))

    def option(self, option: str, value: str, start: int, end: int) -> None:
        """Take in one option of the file."""
        role = specifier.role_of(option)
        if role:
            self.indexes.append(Index(value, role, start, end))
        elif option == "--requirement":
            self.includes.append(Include(value, constraint=self.declared == "constraints", start=start, end=end))
        elif option == "--constraint":
            self.includes.append(Include(value, constraint=True, start=start, end=end))
        elif option == "--editable":
            self.entries.append(Entry(specifier.read(value), start, end))
        elif option == "--pre":
            self.prerelease = True
        elif option == "--require-hashes":
            self.hashes_required = True


def _options(line: str) -> Iterator[tuple[str, str, int]]:
    """(option, value, offset of the value): ``-r file``, ``-rfile``, ``--requirement=file``; short ones spelled out."""
    waiting = ""
    for token in _WORD.finditer(line):
        word, at = token[0], token.start()
        if waiting:
            option, waiting = waiting, ""
        elif word.startswith("--"):
            option, equals, value = word.partition("=")
            if not equals and option in _WITH_VALUE:
                waiting = option
                continue
            word, at = value, at + len(option) + len(equals)
        else:
            option = _VALUED.get(word[:2], word)
            if option in _WITH_VALUE and len(word) == 2:
                waiting = option
                continue
            word, at = word[2:], at + 2
        quote = len(word) > 1 and word[0] == word[-1] and word[0] in "\"'"
        yield option, word[1:-1] if quote else word, at + quote
    if waiting:
        yield waiting, "", len(line)
