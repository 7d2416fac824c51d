"""The calls in Python source: what is called, with which literal arguments, and where.

Nothing is run. Names are resolved through the file's own imports: after ``from torch import hub as h``, ``h.load(…)``
is a call of ``torch.hub.load``. A name whose only assignment in the file is a literal stands for that literal.
"""

from __future__ import annotations

from collections.abc import Container
from typing import TYPE_CHECKING, Any

from scanner.model.location import Text
from scanner.model.record import Record

if TYPE_CHECKING:
    import ast

MAX_SOURCE = 1 << 18
"""Characters of the largest source that is parsed."""
MAX_CALLS = 5000
"""How many calls of the names asked for a source may have."""

UNKNOWN = object()
"""The value of an argument that is no literal."""


class Argument(Record, kw_only=False):
    """A literal (``str``, ``int``, ``float``, ``bool``, None) or ``UNKNOWN``, and where it stands."""

    value: Any
    start: int
    end: int


class Call(Record):
    """One call. ``name`` is its full dotted name; a method of an expression begins with a dot: ``.from_pretrained``."""

    name: str
    arguments: tuple[Argument, ...]
    keywords: dict[str, Argument]
    """By name; the place is that of ``name=value``. ``**mapping`` is left out."""
    start: int
    end: int

    def argument(self, position: int, *names: str) -> Argument | None:
        """The argument at a position (-1: none), or of one of these names."""
        for name in names:
            if name in self.keywords:
                return self.keywords[name]
        return self.arguments[position] if 0 <= position < len(self.arguments) else None

    def is_true(self, name: str) -> bool:
        """Whether this keyword is the literal True."""
        return name in self.keywords and self.keywords[name].value is True


def calls(text: Text, names: Container[str], keywords: Container[str] = ()) -> tuple[Call, ...]:
    """The calls in a Python source, in order: those whose last name (``load`` of ``torch.hub.load``) is one of
    ``names``, or that have one of ``keywords``.

    Raises ValueError when it is no Python, too long, or nested too deeply.
    """
    source = text.value
    if len(source) > MAX_SOURCE:
        raise ValueError(f"Python source of {len(source):,} characters; at most {MAX_SOURCE:,} are read")
    import ast
    import warnings

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(source)
    except SyntaxError as error:
        raise ValueError(f"not Python: {error.msg}") from None
    except ValueError as error:  # a NUL, before Python 3.11.4
        raise ValueError(f"not Python: {error}") from None
    except (RecursionError, MemoryError):
        raise ValueError("Python source that is nested too deeply") from None
    return tuple(_Reader(source, tree).calls(names, keywords))


class _Reader:
    def __init__(self, source: str, tree: ast.Module) -> None:
        import ast

        self._ast = ast
        self._nodes = list(ast.walk(tree))
        self._lines = _line_starts(source)
        self._source = source
        self._imports: dict[str, str] = {}
        self._constants: dict[str, Any] = {}
        for node in self._nodes:
            self._note(node)

    def _note(self, node: ast.AST) -> None:
        """Imports, and names that are given a literal once."""
        ast = self._ast
        if isinstance(node, ast.Import):
            for alias in node.names:
                name = alias.asname or alias.name.partition(".")[0]
                self._imports[name] = alias.name if alias.asname else name
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                self._imports[alias.asname or alias.name] = f"{node.module or ''}.{alias.name}"
        elif isinstance(node, ast.Assign | ast.AnnAssign | ast.AugAssign | ast.For):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            value = getattr(node, "value", None)
            for target in targets:
                if isinstance(target, ast.Name):
                    literal = isinstance(value, ast.Constant) and target.id not in self._constants
                    self._constants[target.id] = value.value if literal and isinstance(value, ast.Constant) else UNKNOWN

    def calls(self, names: Container[str], keywords: Container[str]) -> list[Call]:
        ast = self._ast
        found: list[Call] = []
        for node in self._nodes:
            if not isinstance(node, ast.Call):
                continue
            name = self._name(node.func)
            if name.rpartition(".")[2] not in names and not any(k.arg in keywords for k in node.keywords):
                continue
            if len(found) == MAX_CALLS:
                raise ValueError(f"Python source with more than {MAX_CALLS:,} calls of interest")
            given = {
                keyword.arg: Argument(self._value(keyword.value), *self._span(keyword))
                for keyword in node.keywords
                if keyword.arg is not None
            }
            start, end = self._span(node)
            found.append(
                Call(
                    name=name,
                    arguments=tuple(Argument(self._value(each), *self._span(each)) for each in node.args),
                    keywords=given,
                    start=start,
                    end=end,
                )
            )
        return sorted(found, key=lambda call: call.start)

    def _name(self, node: ast.expr) -> str:
        ast = self._ast
        parts: list[str] = []
        while isinstance(node, ast.Attribute):
            parts.append(node.attr)
            node = node.value
        if isinstance(node, ast.Name):
            parts.append(self._imports.get(node.id, node.id))
        else:
            parts.append("")
        return ".".join(reversed(parts))

    def _value(self, node: ast.expr) -> Any:
        ast = self._ast
        if isinstance(node, ast.Constant):
            return node.value if isinstance(node.value, str | int | float | bool | None) else UNKNOWN
        if isinstance(node, ast.Name):
            return self._constants.get(node.id, UNKNOWN)
        return UNKNOWN

    def _span(self, node: ast.expr | ast.keyword) -> tuple[int, int]:
        return (
            self._offset(node.lineno, node.col_offset),
            self._offset(node.end_lineno or node.lineno, node.end_col_offset or 0),
        )

    def _offset(self, line: int, column: int) -> int:
        """Offset in characters of a place that ast counts in UTF-8 bytes."""
        start = self._lines[line - 1]
        end = self._lines[line] if line < len(self._lines) else len(self._source)
        words = self._source[start:end]
        if words.isascii():
            return start + column
        return start + len(words.encode("utf-8", "surrogatepass")[:column].decode("utf-8", "surrogatepass"))


def _line_starts(source: str) -> list[int]:
    """Where lines begin, as Python's tokenizer counts them: after LF, CR or CR LF."""
    starts, at = [0], 0
    while at < len(source):
        newline, cr = source.find("\n", at), source.find("\r", at)
        if newline < 0 and cr < 0:
            break
        first = min(place for place in (newline, cr) if place >= 0)
        at = first + (2 if first == cr and newline == cr + 1 else 1)
        starts.append(at)
    return starts
