"""Simple commands: words, assignments, redirections, and what stands in their arguments."""

from __future__ import annotations

import re

from scanner.model.command import Assignment, Command, Redirect, base_name
from scanner.model.location import Text, Word
from scanner.parsers.lazy import Lazy
from scanner.parsers.shell.draft import Draft, Inside, Joined, Part, Shared
from scanner.parsers.shell.inner import RUN_SCRIPTS, script_index
from scanner.parsers.shell.limits import MAX_COMMANDS, MAX_INNER
from scanner.parsers.shell.variables import Value, Variables
from scanner.parsers.shell.words import WordReader
from scanner.parsers.shell.wrappers import WRAPPERS, peel

REDIRECT = Lazy(r"(\d+|\{\w+\})?(<<<|<<-?|<>|<&|>>|>&|>\||&>>?|<(?!\()|>(?!\())", re.ASCII)
BLANKS = Lazy(r"(?:[ \t]|\\\n(?!\Z))*")
_PLAIN_WORD = Lazy(r"[ \t]*([^ \t\n;&|<>()\\'\"$`]+)(?=[ \t\n;&|)])")
LINES = Lazy(r"(?:[ \t]|\\?\n(?!\Z)|#[^\n]*)*")
_ASSIGN = Lazy(r"([A-Za-z_]\w*)(\[[^\]\n]{0,256}\])?(\+?)=", re.ASCII)
_DELIMITER = Lazy(r"(?:\\.|'[^'\n]*'|\"[^\"\n]*\"|[^\s;&|<>()'\"\\])*")
_QUOTING = Lazy(r"\\(.)|['\"]")
_NAME = Lazy(r"[A-Za-z_]\w*\Z", re.ASCII)
_DECLARES = frozenset({"export", "declare", "typeset", "local", "readonly"})
_FORGETS = frozenset({"read", "mapfile", "readarray", "getopts", "let", "unset", "printf"})
_NOTED = _DECLARES | _FORGETS
_SURE = _DECLARES | {"set", "echo", "true", ":", "cd", "unset"}
_READ_CLOSELY = RUN_SCRIPTS | {"echo", "printf", "eval"}


class CommandReader(WordReader):
    """Reads simple commands."""

    def __init__(self, text: Text, variables: Variables, shared: Shared, depth: int = 0) -> None:
        super().__init__(text, variables, shared, depth)
        self.parent: int | None = None
        self.inside: Inside = ""
        self.holder: int | None = None
        """The command whose words are being read: the parent of what is in them."""
        self.conditional = False
        self.pending: list[tuple[int, str, bool, bool]] = []
        """Here-documents whose body has not come yet: index of the command, name, is it quoted, are tabs stripped."""
        self.sure = True
        """The last command cannot fail, so ``&&`` after it is no condition."""
        self.function = False
        """The last thing read was ``name()``: its body follows."""

    def begin(self, start: int) -> Draft | None:
        """A new command; None when there are too many."""
        commands = self.shared.commands
        if len(commands) >= MAX_COMMANDS:
            self.stop(start, f"more than {MAX_COMMANDS} commands")
            return None
        self.holder = len(commands)
        commands.append(None)
        return Draft(self.holder)

    def command(self, start: int, joined_by: Joined, pipeline: int) -> int:  # noqa: PLR0912 (one hot loop)
        """Read the simple command at ``start``; the offset after it."""
        draft = self.begin(start)
        if draft is None:
            return self.length
        words, source = draft.words, self.source
        plain_word = _PLAIN_WORD.match
        declares = False
        p = start
        while True:
            match = plain_word(source, p)
            if match:
                text = match[1]
                if text[0] == "#":
                    p = source.find("\n", p)
                    break
                if (words and not declares) or "=" not in text:
                    p = match.end()
                    words.append(Word(text, p - len(text), p))
                    if len(words) == 1:
                        declares = text in _DECLARES
                    continue
            p = BLANKS.match(source, p).end()  # type: ignore[union-attr]
            c = source[p]
            if c in "\n;|)" or p >= self.length:
                break
            if c in "<>&{0123456789" and (redirect := REDIRECT.match(source, p)):
                p = self.redirect(redirect, draft)
            elif c == "&":
                break
            elif c == "#":
                p = source.find("\n", p)
                break
            elif c == "(":
                p = self._parenthesis(p, draft)
                if self.function:
                    break
            elif (declares or not words) and (assign := _ASSIGN.match(source, p)):
                p = self._assign(assign, draft)
                if declares:
                    words.append(_as_argument(draft.assignments[-1], assign))
            else:
                p = draft.add(*self.word(p))
        self.finish(draft, joined_by, pipeline)
        return p

    def _parenthesis(self, p: int, draft: Draft) -> int:
        after = BLANKS.match(self.source, p + 1).end()  # type: ignore[union-attr]
        if len(draft.words) == 1 and not draft.assignments and not draft.redirects and self.source[after] == ")":
            self.function = True
            draft.words.clear()
            return after + 1
        self.error(p, p + 1, "a parenthesis stands where none can")
        return p + 1

    def redirect(self, match: re.Match[str], draft: Draft) -> int:
        """Read a redirection; the offset after it."""
        number, operator = match.groups()
        start = BLANKS.match(self.source, match.end()).end()  # type: ignore[union-attr]
        if operator in {"<<", "<<-"}:
            end = _DELIMITER.match(self.source, start, self.length).end() if start < self.length else start  # type: ignore[union-attr]
            target = Word(_QUOTING.sub(r"\1", self.source[start:end]), start, end)
            self._await(draft, target.text, quoted=target.text != self.source[start:end], strip_tabs=operator == "<<-")
        else:
            target, parts = self.whole(start)
            end = target.end
            if operator == "<<<":
                draft.heredoc = self.text.cut(*parts, ("\n", max(end - 1, 0)))
        descriptor = int(number) if number and number.isdigit() and len(number) < 6 else None
        draft.redirects.append(Redirect(operator, descriptor, target))
        return end

    def _await(self, draft: Draft, name: str, *, quoted: bool, strip_tabs: bool) -> None:
        waiting = self.shared.heredocs
        if waiting and waiting[0].name == name:
            heredoc = waiting.pop(0)
            draft.heredoc = self._body(heredoc.text, draft.index, expand=heredoc.expand)
        else:
            self.pending.append((draft.index, name, quoted, strip_tabs))

    def bodies(self, p: int) -> int:
        """Read the bodies of the here-documents that the line before ``p`` asks for; the offset after them."""
        pending, self.pending = self.pending, []
        for index, name, quoted, strip_tabs in pending:
            parts, p = self._lines(p, name, strip_tabs=strip_tabs)
            self.holder = index
            body = self._body(self.text.cut(*parts), index, expand=not quoted)
            command = self.shared.commands[index] if index >= 0 else None
            if command is not None:
                self.shared.commands[index] = command = command.replace(heredoc=body)
                self._read_input(index, command)
        return p

    def _lines(self, p: int, name: str, *, strip_tabs: bool) -> tuple[list[Part], int]:
        """What the body at ``p`` is made of, and the offset after the line that closes it."""
        parts: list[Part] = []
        begin, carriage = p, "\r" in self.text.value
        while p < self.length:
            end = self.source.find("\n", p)
            line = self.source[p:end]
            skip = len(line) - len(line.lstrip("\t")) if strip_tabs else 0
            if line[skip:] == name or (carriage and line[skip:] == f"{name} "):
                return parts, min(end + 1, self.length)
            stop = min(end + 1, self.length)
            if parts and not skip:
                parts[-1] = (parts[-1][0], stop)  # type: ignore[assignment]
            else:
                parts.append((p + skip, stop))
            p = end + 1
        self.error(begin, self.length, f"the here-document {name} is not closed")
        return parts, self.length

    def _body(self, text: Text, index: int, *, expand: bool) -> Text:
        """A here-document's body with its variables filled in and its commands read."""
        if not expand or not any(c in text.value for c in "$`\\"):
            return text
        self.shared.inner += len(text.value)
        if self.shared.inner > MAX_INNER:
            self.error(0, 0, f"scripts inside the script have more than {MAX_INNER} characters")
            return text
        reader = type(self)(text, Variables(self.variables.string), self.shared, self.depth + 1)
        reader.holder, reader.conditional, reader.inside = index, self.conditional, self.inside
        parts = reader.heredoc()
        self.shared.holes[index] = reader.holes_in(parts)
        return text.cut(*parts)

    def _assign(self, match: re.Match[str], draft: Draft) -> int:
        """Read ``NAME=value``; the offset after it."""
        name, subscript, plus = match.groups()
        start = match.end()
        old: Value = self.variables.get(name) if plus else ""
        holds: Value = None
        if self.source[start] == "(" and not subscript:
            items, end = self._list(start + 1)
            value = Word(self.source[start:end], start, end, all(item.known for item in items))
            if value.known and old is not None and not any(item.text[:1] == "[" for item in items):
                before = old if isinstance(old, tuple) else (old,) if old else ()
                holds = (*before, *(item.text for item in items))
        else:
            value, _ = self.whole(start)
            end = value.end
            if value.known and not subscript and isinstance(old, str):
                holds = old + value.text
        draft.assignments.append(Assignment(name, value, match.start(), end))
        draft.values.append(holds)
        return end

    def _list(self, start: int) -> tuple[list[Word], int]:
        """The words of ``(…)``, and the offset after it."""
        items: list[Word] = []
        p = start
        while True:
            p = LINES.match(self.source, p).end()  # type: ignore[union-attr]
            if p >= self.length:
                self.error(start - 1, self.length, "a list in parentheses is not closed")
                return items, self.length
            if self.source[p] == ")":
                return items, p + 1
            made, _, end = self.word(p)
            items += made
            p = max(end, p + 1)

    def finish(self, draft: Draft, joined_by: Joined, pipeline: int) -> None:
        """Put the command into the list, with what it does to variables, and read the scripts in its arguments."""
        words, assignments, commands = draft.words, draft.assignments, self.shared.commands
        self.holder = self.parent
        if not words and not assignments and not draft.redirects and draft.index == len(commands) - 1:
            commands.pop()
            return
        first = words[0].text if words and words[0].known else ""
        program, at = base_name(words), 0
        wrappers: tuple[Word, ...] = ()
        if program in WRAPPERS:
            wrappers, assigned, at = peel(words)
            assignments += [_from_argument(words[index]) for index in assigned]
            program = base_name(words[at:])
        if not words or first in _NOTED:
            self._note(draft, first)
        self.sure = program in _SURE if words else all(assignment.value.known for assignment in assignments)
        commands[draft.index] = command = Command(
            source=self.text,
            words=tuple(words[at:] if at else words),
            program=program,
            wrappers=wrappers,
            assignments=tuple(assignments),
            redirects=tuple(draft.redirects),
            heredoc=draft.heredoc,
            joined_by=joined_by,
            pipeline=pipeline,
            conditional=self.conditional,
            parent=self.parent,
            inside=self.inside,
        )
        if program in _READ_CLOSELY or draft.heredoc is not None:
            self._read_closely(program, draft, command, at)

    def _read_closely(self, program: str, draft: Draft, command: Command, at: int) -> None:
        """What ``echo`` prints, and the scripts that a shell or ``eval`` is given."""
        arguments = range(at + 1, len(draft.words))
        if program in {"echo", "printf"}:
            self.shared.parts[draft.index] = [draft.made_of(index) for index in arguments]
        elif program == "eval":
            parts = [part for n in arguments for part in [(" ", draft.words[n].start), *draft.made_of(n)]]
            self._read_inner(parts[1:], draft.index, command, self.variables)
        elif index := script_index(program, command.words):
            self._read_inner(draft.made_of(at + index), draft.index, command, self._environment(command))
        else:
            self._read_input(draft.index, command)

    def _note(self, draft: Draft, first: str) -> None:
        """What the command does to variables."""
        if not first or first in _DECLARES:
            for assignment, value in zip(draft.assignments, draft.values, strict=False):
                self.variables.set(assignment.name, value, assignment.start)
        if first == "export":
            for word in draft.words[1:]:
                self.variables.export(word.text.partition("=")[0])
        elif first in _FORGETS and (first != "printf" or [word.text for word in draft.words[1:2]] == ["-v"]):
            for word in draft.words[1:]:
                name = word.text.partition("=")[0]
                if _NAME.match(name):
                    self.variables.set(name, None, word.start)

    def _environment(self, command: Command) -> Variables:
        """The variables of a program that this command starts."""
        given = {a.name: a.value.text if a.value.known else None for a in command.assignments}
        exported = self.variables.exported
        return Variables(lambda name: given[name] if name in given else exported(name))

    def _read_inner(self, parts: list[Part], index: int, command: Command, variables: Variables) -> None:
        """Read a script that is an argument."""
        if parts:
            where = command.words[0].start, command.words[-1].end
            self.holder = index
            self.inner(self.text.cut(*parts), "-c", where, variables, self.holes_in(parts))
            self.holder = self.parent

    def _read_input(self, index: int, command: Command) -> None:
        """Read the script that a shell gets as here-document."""
        if command.heredoc is not None and script_index(command.program, command.words) == 0:
            where = command.words[0].start, command.words[-1].end
            self.holder = index
            holes = self.shared.holes.get(index, {})
            self.inner(command.heredoc, "-c", where, self._environment(command), holes)
            self.holder = self.parent


def _as_argument(assignment: Assignment, match: re.Match[str]) -> Word:
    """``NAME=value`` as the argument of ``export``."""
    return Word(match[0] + assignment.value.text, assignment.start, assignment.end, assignment.value.known)


def _from_argument(word: Word) -> Assignment:
    """The argument ``NAME=value`` of ``env``."""
    name, _, value = word.text.partition("=")
    start = word.start + len(name) + 1 if word.end - word.start == len(word.text) else word.start
    return Assignment(name, Word(value, start, word.end, word.known), word.start, word.end)
