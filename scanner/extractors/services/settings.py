"""Look up what a server is told: by its options, by variables, by its configuration file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from scanner.extractors.services.calls import Call
from scanner.extractors.services.products import Place
from scanner.model.command import Command
from scanner.model.location import Evidence, Text, Word
from scanner.model.record import Record
from scanner.model.target import Config, File, home
from scanner.parsers.lazy import Lazy

_FALSE = frozenset({"", "0", "false", "no", "off", "n", "f", "none", "disabled"})
_FALLBACK = Lazy(r"\$\{\w+:?-([^${}]*)\}")
_SWITCH = frozenset({"true", "false", "1", "0", "yes", "no", "on", "off"})
_SEVERAL = Lazy(r"(?i)\$(?:[@*]|\{[@*]|\(|`|\{?\w*(?:ARG|OPT|FLAG|PARAM|EXTRA|CMD|COMMAND))")
"""An unknown word that may stand for several, options among them."""
_LINE = Lazy(r"(?m)^[ \t-]*\"?([A-Za-z_][\w.-]*)\"?[ \t]*[=:][ \t]*([^\n#]*)")
"""A setting in YAML, TOML or a properties file."""

MAX_FILE = 1 << 20
"""Bytes of the largest configuration file that is read."""


class Setting(Record, kw_only=False):
    """What one setting was given: None is not known, and an option without a value has ``""`` and is ``bare``."""

    value: str | None
    evidence: tuple[Evidence, ...]
    bare: bool = False
    fallback: str | None = None
    """What an unknown value is as long as nobody sets the variable: ``${HOST:-0.0.0.0}``."""

    @property
    def by_default(self) -> str | None:
        """The value, or what it is as long as nobody sets the variable."""
        return self.fallback if self.value is None else self.value

    def truth(self, wanted: str = "") -> bool | None:
        """Whether it is on; with ``wanted``, whether it has that value. None when not known."""
        if self.value is None:
            return None
        value = unquoted(self.value).lower()
        return value == wanted if wanted else self.bare or value not in _FALSE


class Argument(Record, kw_only=False):
    """A word of the command line, or of a variable that adds to it (those have no place of their own)."""

    text: str
    known: bool
    word: Word | None
    said: tuple[Evidence, ...]


class Asked:
    """One call and its surroundings, to be asked for settings."""

    def __init__(self, call: Call, config: Config, exported: Mapping[str, Setting]) -> None:
        self.call, self.config, self._exported = call, config, exported
        self.product = call.product
        self.arguments = list(self._arguments())
        self._lines: dict[str, Setting] = {}
        self.more = any(not each.known and _SEVERAL.match(each.text) for each in self.arguments)
        """Options may be given that cannot be seen: ``"$@"``, ``$ARGS``, a file that is not here."""
        self._read_file()

    def option(self, *names: str, switch: bool = False) -> Setting | None:
        """The last option of these names (``_`` written ``-``), else the line of a configuration file.

        A ``switch`` takes no value but true or false.
        """
        for index in range(len(self.arguments) - 1, -1, -1):
            argument = self.arguments[index]
            name, equals, value = argument.text.partition("=")
            if not argument.known and name[:1] == "$" and any(option in argument.text for option in names):
                return Setting(None, self.evidence(argument))
            if name[:1] != "-" or name.replace("_", "-") not in names:
                continue
            if equals:
                known = argument.known or ("$" not in value and "`" not in value)
                return given(value, known, self.evidence(argument))
            following = self.arguments[index + 1] if index + 1 < len(self.arguments) else None
            if (
                following is None
                or following.text[:1] == "-"
                or (switch and (following.text.lower() not in _SWITCH or not following.known))
            ):
                return Setting("", self.evidence(argument), bare=True)
            return given(following.text, following.known, self.evidence(argument, following))
        for name in names if self._lines else ():
            found = self._lines.get(name.rpartition(".")[2].lstrip("-"))
            if found is not None:
                return found
        return None

    def evidence(self, first: Argument, last: Argument | None = None) -> tuple[Evidence, ...]:
        """Where an argument stands, with the one that follows it."""
        command = self.call.command
        end = (last or first).word
        if first.word is None or end is None or command is None:
            return first.said
        return (command.source.evidence(first.word.start, end.end),)

    def variable(self, name: str) -> Setting | None:
        """A variable as the server sees it: in front of its command, exported by the script, or of the image."""
        command = self.call.command
        for assignment in reversed(command.assignments if command is not None else ()):
            if command is not None and assignment.name == name:
                return given(assignment.value.text, assignment.value.known, (command.evidence(assignment),))
        if name in self._exported:
            return self._exported[name]
        if name in self.config.env:
            return Setting(self.config.env[name], self.config.says.get(f"env.{name}", ()))
        return None

    def at(self, place: Place, *, switch: bool = False) -> Setting | None:
        """What is given at one place of the product's table row."""
        if place.variable:
            return self.variable(place.name) if place.name else Setting("", self.call.evidence(), bare=True)
        return self.option(place.name, switch=switch)

    def first(self, meaning: str) -> Setting | None:
        """The first place of this meaning at which something is given."""
        for place in self.product.settings.get(meaning, ()):
            found = self.at(place)
            if found is not None:
                return found
        return None

    def on(self, meaning: str) -> tuple[bool | None, tuple[Evidence, ...]] | None:
        """Whether a setting is on, by any place: True outweighs not known, that False; None when nothing is given."""
        answers = []
        for place in self.product.settings.get(meaning, ()):
            found = self.at(place, switch=not place.value and meaning not in {"credential", "tls"})
            if found is not None:
                answers.append((found.truth(place.value), found.evidence))
        for wanted in (True, None, False):
            for truth, evidence in answers:
                if truth is wanted:
                    return truth, evidence
        return None

    def file(self, path: str) -> File | None:
        """A file of the image; ``~`` is the home of whoever runs it."""
        if path.startswith("~/"):
            path = home(self.config.user, self.config.env) + path[1:]
        return self.config.find(self.call.command.at(path) if self.call.command is not None else path)

    def _arguments(self) -> Iterator[Argument]:
        for place in self.product.settings.get("arguments", ()):
            found = self.variable(place.name)
            if found is not None:
                words = found.value.split() if found.value is not None else ["$ARGS"]
                yield from (Argument(unquoted(w), found.value is not None, None, found.evidence) for w in words)
        yield from (Argument(word.text, word.known, word, ()) for word in self.call.arguments)

    def _read_file(self) -> None:
        """The first configuration file that is here; one that is named and is not here leaves things unknown."""
        for place in self.product.settings.get("file", ()):
            named = place.variable or place.name.startswith("-")
            given = self.at(place) if named else Setting(place.name, ())
            if given is None:
                continue
            file = self.file(given.value) if given.value else None
            if file is None:
                self.more = self.more or named
                continue
            self._lines = lines(text_of(file))
            return


def text_of(file: File) -> Text:
    """A file's text. Raises ValueError when it is no text, or too large for a configuration file."""
    if file.size > MAX_FILE:
        raise ValueError(f"a configuration file of {file.size:,} bytes; at most {MAX_FILE:,} are read")
    return file.text()


def lines(text: Text) -> dict[str, Setting]:
    """The settings of a YAML, TOML or properties file by their own name, sections left out; the last one counts."""
    found = {}
    for match in _LINE.finditer(text.value):
        value = match[2].strip()
        name = match[1].rpartition(".")[2].replace("_", "-")
        found[name] = Setting(
            None if "${" in value else unquoted(value), (text.evidence(match.start(1), match.start(2) + len(value)),)
        )
    return found


def given(value: str, known: bool, evidence: tuple[Evidence, ...]) -> Setting:
    """The setting that a word says, which may hold variables that are not known."""
    if known:
        return Setting(value, evidence)
    fallback = _FALLBACK.fullmatch(value)
    return Setting(None, evidence, fallback=fallback[1] if fallback is not None else None)


def unquoted(text: str) -> str:
    """Without the quotes that some programs take off by themselves."""
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] and text[0] in "'\"" else text


def exports(command: Command) -> dict[str, Setting]:
    """The variables that ``export`` or ``declare`` sets."""
    exports = {}
    for word in command.arguments:
        name, equals, text = word.text.partition("=")
        if equals:
            exports[name] = given(text, word.known, (command.evidence(word),))
    for assignment in command.assignments:
        value = assignment.value
        exports[assignment.name] = given(value.text, value.known, (command.evidence(assignment),))
    return exports
