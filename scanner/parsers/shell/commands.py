"""Simple commands: words, assignments, redirections, here-documents, wrappers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal

from scanner.model.command import Assignment, Command, Redirect
from scanner.model.instruction import Heredoc
from scanner.model.location import Text, Word
from scanner.parsers.shell.inner import eval_script, shell_script
from scanner.parsers.shell.limits import MAX_COMMANDS
from scanner.parsers.shell.variables import Value, Variables
from scanner.parsers.shell.words import ENDS, PLAIN, Part, WordReader
from scanner.parsers.shell.wrappers import peel

Joined = Literal["", "&&", "||", ";", "|", "|&", "&"]
Inside = Literal["", "-c", "$()", "<()", ">()"]

REDIRECT = re.compile(r"(\d+|\{\w+\})?(<<<|<<-?|<>|<&|>>|>&|>\||&>>?|<(?!\()|>(?!\())", re.ASCII)
_BLANKS = re.compile(r"[ \t]*")
_BETWEEN = re.compile(r"(?:[ \t\n]|\\\n|#[^\n]*)*")
_ASSIGN = re.compile(r"([A-Za-z_]\w*)(\[[^\]\n]*\])?(\+?)=", re.ASCII)
_DELIMITER = re.compile(r"(?:\\.|'[^'\n]*'|\"[^\"\n]*\"|[^\s;&|<>()'\"\\])*")
_NAME = re.compile(r"[A-Za-z_]\w*\Z", re.ASCII)
_DECLARES = frozenset({"export", "declare", "typeset", "local", "readonly"})
_FORGETS = frozenset({"read", "mapfile", "readarray", "getopts", "let", "unset"})
_SURE = _DECLARES | {"set", "echo", "true", ":", "cd", "unset"}


class Shared:
    """What a script and the scripts inside it fill together."""

    def __init__(self, heredocs: Sequence[Heredoc] = ()) -> None:
        self.commands: list[Command | None] = []
        self.parts: dict[int, list[list[Part]]] = {}
        """What the words of ``echo`` and ``printf`` are made of, by index of the command."""
        self.groups: list[tuple[int, int, tuple[Redirect, ...]]] = []
        """First command, one after the last, and the redirections of a compound command."""
        self.heredocs = list(heredocs)
        self.pipelines = 0
        self.spent = [0]


class Draft:
    """What is gathered of a command before it is finished."""

    __slots__ = ("assignments", "heredoc", "index", "parts", "redirects", "values", "words")

    def __init__(self, index: int) -> None:
        self.index = index
        self.words: list[Word] = []
        self.parts: list[list[Part]] = []
        self.assignments: list[Assignment] = []
        self.values: list[Value] = []
        self.redirects: list[Redirect] = []
        self.heredoc: Text | None = None


def _assignment_word(assignment: Assignment, match: re.Match[str]) -> Word:
    """``NAME=value`` as the argument of ``export``."""
    value = assignment.value
    return Word(match[0] + value.text, assignment.start, assignment.end, value.known)


class CommandReader(WordReader):
    """Reads simple commands."""

    def __init__(
        self,
        text: Text,
        variables: Variables,
        shared: Shared,
        *,
        depth: int = 0,
        parent: int | None = None,
        inside: Inside = "",
    ) -> None:
        super().__init__(text, variables, depth=depth, spent=shared.spent)
        self.shared = shared
        self.parent = parent
        self.inside: Inside = inside
        self.holder = parent
        """The command whose words are being read."""
        self.conditional = False
        self.pending: list[tuple[int, str, bool, bool]] = []
        """Here-documents whose body has not come yet: index of the command, name, variables filled in, tabs stripped."""
        self.sure = True
        """The last command cannot fail, so ``&&`` after it is no condition."""
        self.function = False
        """The last thing read was ``name()``: its body follows."""

    def begin(self, start: int) -> Draft | None:
        """A new command, whose place in the list is taken before those of its substitutions."""
        commands = self.shared.commands
        if len(commands) >= MAX_COMMANDS:
            self.stop(start, f"more than {MAX_COMMANDS} commands")
            return None
        commands.append(None)
        self.holder = len(commands) - 1
        return Draft(self.holder)

    def command(self, start: int, joined_by: Joined, pipeline: int) -> int:  # noqa: PLR0912 (the loop is hot)
        """Read the simple command at ``start``; the offset after it."""
        draft = self.begin(start)
        if draft is None:
            return self.length
        words, parts, source = draft.words, draft.parts, self.source
        declares = False
        p = start
        while True:
            p = _BLANKS.match(source, p).end()  # type: ignore[union-attr]
            c = source[p]
            match = PLAIN.match(source, p)
            if match:
                if c == "#":
                    p = source.find("\n", p)
                    break
                if c in "{0123456789" and (redirect := REDIRECT.match(source, p)):
                    p = self.redirect(redirect, draft)
                    continue
                if (declares or not words) and (assign := _ASSIGN.match(source, p)):
                    p = self._assign(assign, draft)
                    if declares:
                        words.append(_assignment_word(draft.assignments[-1], assign))
                        parts.append([(assign.start(), p)])
                    continue
                end = match.end()
                if source[end] in ENDS and (source[end] not in "<>" or source[end + 1] != "("):
                    words.append(Word(match[0], p, end))
                    parts.append([(p, end)])
                    p = end
                    if len(words) == 1:
                        declares = match[0] in _DECLARES
                    continue
            elif c in "\n;|)":
                break
            elif c in "<>&" and (redirect := REDIRECT.match(source, p)):
                p = self.redirect(redirect, draft)
                continue
            elif c == "&":
                break
            elif c == "\\" and source[p + 1] == "\n" and p + 1 < self.length:
                p += 2
                continue
            elif c == "(":
                p = self._parenthesis(p, draft)
                if self.function:
                    break
                continue
            made, made_of, p = self.word(p)
            words += made
            parts += made_of
        self.finish(draft, joined_by, pipeline)
        return p

    def _parenthesis(self, p: int, draft: Draft) -> int:
        after = _BLANKS.match(self.source, p + 1).end()  # type: ignore[union-attr]
        if len(draft.words) == 1 and not draft.assignments and not draft.redirects and self.source[after] == ")":
            self.function = True
            draft.words.clear()
            return after + 1
        self.error(p, p + 1, "a parenthesis stands where none can")
        return p + 1

    def redirect(self, match: re.Match[str], draft: Draft) -> int:
        """Read a redirection; the offset after it."""
        number, operator = match.groups()
        start = _BLANKS.match(self.source, match.end()).end()  # type: ignore[union-attr]
        if operator in {"<<", "<<-"}:
            raw = _DELIMITER.match(self.source, start)
            end = raw.end() if raw else start
            target = Word(re.sub(r"\\(.)|['\"]", r"\1", self.source[start:end]), start, end)
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
            draft.heredoc = self._body(heredoc.text, expand=heredoc.expand)
        else:
            self.pending.append((draft.index, name, not quoted, strip_tabs))

    def _body(self, text: Text, *, expand: bool) -> Text:
        """A here-document's body with its variables filled in and its commands read."""
        if not expand or not any(c in text.value for c in "$`\\"):
            return text
        reader = type(self)(
            text,
            Variables(self.plain_value),
            self.shared,
            depth=self.depth + 1,
            parent=self.holder,
            inside=self.inside,
        )
        reader.conditional = self.conditional
        return text.cut(*reader.heredoc())

    def plain_value(self, name: str) -> str | None:
        """A variable that is a string."""
        value = self.variables.get(name)
        return value if isinstance(value, str) else None

    def bodies(self, p: int) -> int:
        """Read the bodies of the here-documents that the line before ``p`` asks for; the offset after them."""
        pending, self.pending = self.pending, []
        for index, name, expand, strip_tabs in pending:
            begin, lines = p, []
            while p < self.length:
                end = self.source.find("\n", p)
                line = self.source[p:end]
                skip = len(line) - len(line.lstrip("\t")) if strip_tabs else 0
                closing = line[skip:] == name or line[skip:].rstrip(" ") == name != "" and "\r" in self.text.value
                if closing:
                    break
                lines.append((p + skip, min(end + 1, self.length)))
                p = end + 1
            else:
                self.error(begin, self.length, f"the here-document {name} is not closed")
                end = self.length - 1
            self.holder = index
            parts = lines if strip_tabs else [(lines[0][0], lines[-1][1])] if lines else []
            self._give(index, self._body(self.text.cut(*parts), expand=expand))
            p = min(end + 1, self.length)
        return p

    def _give(self, index: int, body: Text) -> None:
        command = self.shared.commands[index]
        if command is not None:
            self.shared.commands[index] = command = command.replace(heredoc=body)
            self._shell_input(index, command)

    def _assign(self, match: re.Match[str], draft: Draft) -> int:
        """Read ``NAME=value``; the offset after it."""
        name, subscript, plus = match.groups()
        start, value = match.end(), None
        old: Value = self.variables.get(name) if plus else ""
        values: Value = None
        if self.source[start] == "(" and not subscript:
            items, end = self._array(start + 1)
            value = Word(self.source[start:end], start, end, all(item.known for item in items))
            if value.known and not any(item.text[:1] == "[" for item in items):
                before = old if isinstance(old, tuple) else (old,) if old else ()
                values = None if old is None else (*before, *(item.text for item in items))
        else:
            value, _ = self.whole(start)
            end = value.end
            if value.known and not subscript and isinstance(old, str):
                values = old + value.text
        draft.assignments.append(Assignment(name, value, match.start(), end))
        draft.values.append(values)
        return end

    def _array(self, start: int) -> tuple[list[Word], int]:
        items: list[Word] = []
        p = start
        while True:
            p = _BETWEEN.match(self.source, p).end()  # type: ignore[union-attr]
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
        words, assignments = draft.words, draft.assignments
        commands = self.shared.commands
        self.holder = self.parent
        if not words and not assignments and not draft.redirects and draft.index == len(commands) - 1:
            commands.pop()
            return
        wrappers, assigned, at = peel(words) if words else ((), (), 0)
        for index in assigned:
            name, _, value = words[index].text.partition("=")
            start, end, known = words[index][1:]
            assignments.append(Assignment(name, Word(value, start + len(name) + 1, end, known), start, end))
        self._note(draft)
        program = words[at].text.rpartition("/")[2] if words and words[at].known else ""
        self.sure = program in _SURE if words else all(assignment.value.known for assignment in assignments)
        commands[draft.index] = command = Command(
            source=self.text,
            words=tuple(words[at:] if at else words),
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
        if program in {"echo", "printf"}:
            self.shared.parts[draft.index] = draft.parts[at:]
        elif program:
            self._scripts(draft, program, command, draft.parts[at:])

    def _note(self, draft: Draft) -> None:
        """What the command does to variables."""
        first = draft.words[0].text if draft.words else ""
        if not draft.words or first in _DECLARES:
            for assignment, value in zip(draft.assignments, draft.values, strict=False):
                self.variables.set(assignment.name, value, assignment.start)
                if first == "export":
                    self.variables.export(assignment.name)
        if first == "export":
            for word in draft.words[1:]:
                self.variables.export(word.text)
        elif first in _FORGETS or (first == "printf" and len(draft.words) > 2 and draft.words[1].text == "-v"):
            for word in draft.words[1:]:
                name = word.text.partition("=")[0]
                if _NAME.match(name):
                    self.variables.set(name, None, word.start)

    def _scripts(self, draft: Draft, program: str, command: Command, parts: list[list[Part]]) -> None:
        """The scripts that the command is given: ``sh -c``, ``eval``, ``bash <<EOF``."""
        if program == "eval":
            made_of, variables = eval_script(command.words, parts), self.variables
        else:
            found = shell_script(program, command.words)
            if found is None:
                return
            if found == 0:
                self._shell_input(draft.index, command)
                return
            given = {a.name: a.value.text if a.value.known else None for a in command.assignments}
            exported = self.variables.exported
            made_of = parts[found]
            variables = Variables(lambda name: given[name] if name in given else exported(name))
        if made_of:
            text = self.text.cut(*made_of)
            start, end = command.words[0].start, command.words[-1].end
            self.inner(text, "-c", start, end, parent=draft.index, variables=variables)

    def _shell_input(self, index: int, command: Command) -> None:
        """A shell that reads its script from a here-document."""
        if command.heredoc is not None and command.words and shell_script(command.program, command.words) == 0:
            start, end = command.words[0].start, command.words[-1].end
            variables = Variables(self.variables.exported)
            self.inner(command.heredoc, "-c", start, end, parent=index, variables=variables)
