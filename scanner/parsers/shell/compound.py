"""Lists, pipelines and compound commands."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from scanner.model.location import Word
from scanner.parsers.lazy import Lazy
from scanner.parsers.shell.commands import BLANKS, LINES, REDIRECT
from scanner.parsers.shell.draft import Draft, Joined
from scanner.parsers.shell.limits import MAX_NESTING

if TYPE_CHECKING:
    from scanner.parsers.shell.script import ScriptReader

_OPERATOR = Lazy(r"&&|\|\||;;&|;;|;&|\|&|[;&|\n]")
_RESERVED = Lazy(
    r"(?:if|then|elif|else|fi|for|select|while|until|do|done|case|esac|function|coproc|\{|\}|!|\[\[)"
    r"(?=[ \t\n;&|()<>]|\\\n)"
)
_FIRST = frozenset("itefswudc{}![")
_FOR = Lazy(r"(?a)[ \t]*([A-Za-z_]\w*)?(?:[ \t]|\\?\n(?!\Z))*(in(?=[ \t\n;])|)")
_FUNCTION = Lazy(r"[ \t]+[^\s()<>&|;]+[ \t]*(\([ \t]*\))?")
_TEST_OPERATOR = Lazy(r"&&|\|\||[()<>!](?=[ \t\n(!]|$)|[()]")
_TEST_REGEX = Lazy(r"(?:\\.|\"[^\"]*\"|'[^']*'|[^\s\\\"'])+")
_CLOSES = {"fi": "if", "done": "loop", "esac": "case", "}": "{", ")": "("}


class Frame:
    """A compound command that is open, and what holds again when it closes."""

    __slots__ = (
        "alternative",
        "chain",
        "conditional",
        "first",
        "function",
        "kind",
        "mark",
        "names",
        "repeated",
        "start",
    )

    def __init__(self, kind: str, start: int) -> None:
        self.kind = kind
        self.start = start
        self.mark = 0
        self.names: set[str] = set()
        """Variables that branches read so far assigned."""
        self.repeated = False
        self.function = False
        self.conditional = False
        self.alternative = False
        self.chain: int | None = None
        self.first = 0


class Region:
    """One list of commands being read: a script, or the inside of a substitution."""

    def __init__(self, reader: ScriptReader, closer: str) -> None:
        self.reader = reader
        self.closer = closer
        self.frames: list[Frame] = []
        self.joined: Joined = ""
        self.pipeline = 0
        self.chain: int | None = None
        """Since when assignments stand behind ``&&`` or ``||`` of something that may fail."""
        self.alternative = False
        """The command to come stands behind ``||``."""

    def read(self, p: int) -> int:
        """Read from ``p``."""
        reader = self.reader
        source, length = reader.source, reader.length
        while True:
            c = source[p]
            if c in " \t\\":
                p = BLANKS.match(source, p).end()  # type: ignore[union-attr]
                c = source[p]
            if p >= length:
                break
            if c in "\n;&|":
                p = self._operator(p)
            elif c == "#":
                p = source.find("\n", p)
            elif c == "(":
                p = self._open_parenthesis(p)
            elif c == ")":
                if self.closer and not any(frame.kind == "(" for frame in self.frames):
                    break
                p = self._close(p, ")")
            elif c in _FIRST and (match := _RESERVED.match(source, p)):
                p = self._reserved(match[0], p)
            else:
                p = self._command(p)
        self._settle(p)
        for frame in reversed(self.frames):
            reader.error(frame.start, p, f"{frame.kind} is not closed")
            self._leave(frame, p)
        return p

    def _number(self) -> int:
        if self.joined not in {"|", "|&"}:
            self.reader.shared.pipelines += 1
            self.pipeline = self.reader.shared.pipelines
        return self.pipeline

    def _command(self, p: int) -> int:
        reader = self.reader
        outer = reader.conditional
        reader.conditional = outer or self.alternative
        end = reader.command(p, self.joined, self._number())
        reader.conditional = outer
        self.joined = ""
        if end == p:
            reader.error(p, p + 1, f"{reader.source[p]} stands where none can")
            return p + 1
        return end

    def _operator(self, p: int) -> int:
        match = _OPERATOR.match(self.reader.source, p)
        operator = match[0] if match else ";"
        end = p + len(operator)
        if operator == "\n":
            if self.joined == "":
                self._settle(p)
                self.joined = ";"
            return self.reader.bodies(end) if self.reader.pending else end
        if operator[:2] in {";;", ";&"}:
            return self._next_branch(end, operator)
        if operator == "&&":
            self.alternative = False
            if not self.reader.sure and self.chain is None:
                self.chain = self.reader.variables.mark()
        elif operator == "||":
            self._settle(p)
            self.alternative = True
            self.chain = self.reader.variables.mark()
        elif operator in {";", "&"}:
            self._settle(p)
        self.joined = operator  # type: ignore[assignment]
        return end

    def _settle(self, p: int) -> None:
        """The list of ``&&`` and ``||`` is over."""
        if self.chain is not None:
            self.reader.variables.doubt(self.chain, p)
            self.chain = None
        self.alternative = False

    def _open(self, kind: str, p: int, end: int) -> int:
        reader = self.reader
        if len(self.frames) >= MAX_NESTING:
            return reader.stop(p, f"more than {MAX_NESTING} open compound commands")
        frame = Frame(kind, p)
        frame.conditional, frame.alternative, frame.chain = reader.conditional, self.alternative, self.chain
        frame.first = len(reader.shared.commands)
        frame.mark = reader.variables.mark()
        frame.function, reader.function = reader.function, False
        reader.conditional = reader.conditional or self.alternative or frame.function
        frame.repeated = frame.function or kind == "loop"
        if frame.repeated:
            reader.variables.repeated.append(p)
        self.alternative, self.chain = False, None
        self.frames.append(frame)
        return end

    def _leave(self, frame: Frame, p: int) -> None:
        reader = self.reader
        if frame.kind == "(":
            reader.variables.undo(frame.mark)
        elif frame.kind != "{" or frame.function:
            reader.variables.doubt(frame.mark, p, frame.names)
        if frame.repeated:
            reader.variables.repeated.pop()
        reader.conditional, self.alternative, self.chain = frame.conditional, frame.alternative, frame.chain
        reader.sure = False

    def _close(self, p: int, word: str) -> int:
        """A word that closes a compound command, and the redirections behind it."""
        reader, end = self.reader, p + len(word)
        kind = _CLOSES[word]
        if not any(frame.kind == kind for frame in self.frames[-MAX_NESTING:]):
            reader.error(p, end, f"{word} closes nothing")
            return end
        self._settle(p)
        while True:
            frame = self.frames.pop()
            self._leave(frame, p)
            if frame.kind == kind:
                break
            reader.error(frame.start, p, f"{frame.kind} is not closed")
        self.joined = ""
        return self._redirects(end, frame)

    def _redirects(self, p: int, frame: Frame) -> int:
        """The redirections behind a compound command; a here-document goes to its first command."""
        reader = self.reader
        first, last = frame.first, len(reader.shared.commands)
        draft = Draft(first if first < last else -1)
        reader.holder = reader.parent
        while True:
            p = BLANKS.match(reader.source, p).end()  # type: ignore[union-attr]
            match = REDIRECT.match(reader.source, p)
            if not match:
                break
            p = reader.redirect(match, draft)
        if draft.redirects and first < last:
            reader.shared.groups.append((first, last, tuple(draft.redirects)))
            command = reader.shared.commands[first]
            if draft.heredoc and command and command.heredoc is None:
                reader.shared.commands[first] = command.replace(heredoc=draft.heredoc)
        if reader.source[p] not in "\n;&|)}#" and not _RESERVED.match(reader.source, p):
            reader.error(p, p + 1, "an operator is missing")
        return p

    def _open_parenthesis(self, p: int) -> int:
        reader = self.reader
        if reader.source[p + 1] == "(":
            end = reader.arithmetic(p)
            if end:
                for name in re.findall(r"[A-Za-z_]\w*", reader.source[p:end]):
                    reader.variables.set(name, None, p)
                self.joined = ""
                reader.sure = False
                return end
        return self._open("(", p, p + 1)

    def _reserved(self, word: str, p: int) -> int:
        """A reserved word; the offset after it and what belongs to it."""
        end = p + len(word)
        if word in {"!", "coproc"}:
            self.reader.sure = False
        elif word in _CLOSES:
            end = self._close(p, word)
        elif word in {"then", "elif", "else", "do"}:
            end = self._branch(word, p, end)
        elif word in {"for", "select"}:
            end = self._for(p, end)
        elif word == "case":
            end = self._case(p, end)
        elif word == "function":
            end = self._function(end)
        elif word == "[[":
            end = self._test(p)
        else:
            end = self._open("loop" if word in {"while", "until"} else word, p, end)
        return end

    def _branch(self, word: str, p: int, end: int) -> int:
        reader = self.reader
        frame = self.frames[-1] if self.frames else None
        if frame is None or frame.kind != ("loop" if word == "do" else "if"):
            reader.error(p, end, f"{word} stands where none can")
            return end
        self._settle(p)
        if word in {"elif", "else"}:
            frame.names |= reader.variables.undo(frame.mark)
        elif word == "then" and not reader.conditional:
            frame.mark = reader.variables.mark()
        reader.conditional = True
        self.joined = ";"
        return end

    def _for(self, p: int, end: int) -> int:
        reader, source = self.reader, self.reader.source
        body = self._open("loop", p, end)
        if reader.stopped:
            return body
        match = _FOR.match(source, end)
        name = match[1] if match else None
        if match is None or name is None:
            at = BLANKS.match(source, end).end()  # type: ignore[union-attr]
            return (reader.arithmetic(at) if source.startswith("((", at) else 0) or end
        at, known, values = match.end(), True, []
        if match[2]:
            reader.holder = reader.parent
            while True:
                at = BLANKS.match(source, at).end()  # type: ignore[union-attr]
                if source[at] in "\n;&|()<>":
                    break
                words, _, at = reader.word(at)
                values += [word.text for word in words]
                known = known and all(word.known for word in words)
        reader.variables.set(name, values[0] if known and len(values) == 1 else None, p)
        return at

    def _case(self, p: int, end: int) -> int:
        reader = self.reader
        self._open("case", p, end)
        if reader.stopped:
            return reader.length
        reader.holder = reader.parent
        word, _ = reader.whole(BLANKS.match(reader.source, end).end())  # type: ignore[union-attr]
        at = LINES.match(reader.source, word.end).end()  # type: ignore[union-attr]
        if not reader.source.startswith("in", at):
            reader.error(p, at, "case without in")
            return at
        return self._pattern(at + 2)

    def _next_branch(self, end: int, operator: str) -> int:
        frame = self.frames[-1] if self.frames else None
        self._settle(end)
        if frame is None or frame.kind != "case":
            self.reader.error(end - len(operator), end, f"{operator} stands where none can")
            self.joined = ";"
            return end
        frame.names |= self.reader.variables.undo(frame.mark)
        return self._pattern(end)

    def _pattern(self, p: int) -> int:
        """Skip the patterns of a case branch; the offset after their ``)``."""
        reader, source = self.reader, self.reader.source
        p = start = LINES.match(source, p).end()  # type: ignore[union-attr]
        if (match := _RESERVED.match(source, p)) and match[0] == "esac":
            return p
        if source[p] == "(":
            p += 1
        reader.holder = reader.parent
        while p < reader.length and source[p] not in ")\n;":
            p = p + 1 if source[p] in " \t|" else max(reader.whole(p)[0].end, p + 1)
        if source[p] != ")" or p >= reader.length:
            reader.error(start, p, "a case pattern is not closed")
            return p
        reader.conditional = True
        self.joined = ";"
        return p + 1

    def _function(self, end: int) -> int:
        match = _FUNCTION.match(self.reader.source, end)
        self.reader.function = True
        return match.end() if match else end

    def _test(self, start: int) -> int:
        """``[[ … ]]``: a command whose operators are words."""
        reader, source = self.reader, self.reader.source
        pipeline = self._number()
        draft = reader.begin(start)
        if draft is None:
            return reader.length
        p = start
        while True:
            p = LINES.match(source, p).end()  # type: ignore[union-attr]
            regex = draft.words and draft.words[-1].text == "=~"
            match = (_TEST_REGEX if regex else _TEST_OPERATOR).match(source, p)
            if p >= reader.length or source[p] == ";":
                reader.error(start, p, "[[ is not closed")
                break
            if match:
                draft.words.append(Word(match[0], p, match.end()))
                p = match.end()
                continue
            words, _, end = reader.word(p)
            draft.words += words
            p = max(end, p + 1)
            if words and words[-1].text == "]]":
                break
        reader.finish(draft, self.joined, pipeline)
        self.joined = ""
        return p
