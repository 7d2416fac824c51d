"""Chat templates: what in them reaches beyond text. They are parsed, never compiled or rendered.

The parser is Jinja's, with what transformers adds (``break``, ``continue``, ``{% generation %}``): see
 https://huggingface.co/docs/transformers/chat_templating_writing.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

from scanner.model.record import Record
from scanner.parsers.lazy import Lazy
from scanner.parsers.models.header import shown
from scanner.parsers.models.limits import MAX_TEMPLATE

if TYPE_CHECKING:
    import jinja2
    from jinja2 import nodes

ReachKind = Literal[
    "attribute", "built", "filter", "import", "format", "url", "invisible", "encoded", "unparsed", "limit"
]
"""What a template does that text does not need.

attribute: Python's own (``__class__``), or a function's insides; built: such a name put together from parts; filter:
``|attr`` and ``|map(attribute=…)`` with such a name; import: ``import``, ``include``, ``extends``; format: fields of
``str.format`` that reach into an object; url, encoded: an address or a long run of base64 in the text; invisible:
characters that no one sees; unparsed: no template, so that only its letters were looked at; limit: too long.
"""

_DUNDER = Lazy(r"__[a-zA-Z]\w*__|\b(?:func_globals|func_code|gi_frame|gi_code|cr_frame|f_globals|tb_frame|mro)\b")
_FIELD = Lazy(r"\{([^{}]*)\}")
_INSIDE = Lazy(r"[.\[][^\W\d]")
_URL = Lazy(r"(?a)https?://[^\s\"'<>{}]{1,200}")
_INVISIBLE = Lazy("[\u200b\u2060-\u2064\u202a-\u202e\u2066-\u2069\ufeff\U000e0000-\U000e007f]")
_ENCODED = Lazy(r"(?a)(?<![A-Za-z0-9+/])(?=[A-Za-z0-9+/]*[0-9])(?=[A-Za-z0-9+/]*[A-Z])[A-Za-z0-9+/]{64,}={0,2}")
_INSIDES = frozenset({"cycler", "joiner", "lipsum", "self", "loop", "caller", "varargs", "kwargs", "dict", "range"})
"""What Jinja gives every template. ``loop`` and ``dict`` have attributes that are in common use."""
_USUAL = frozenset({
    "index", "index0", "revindex", "revindex0", "first", "last", "length", "depth", "depth0", "previtem", "nextitem",
    "cycle", "changed", "next", "reset", "current", "keys", "values", "items", "get", "update",
})  # fmt: skip
_MOST = 100
_DEEPEST = 20
_MOST_FOLDED = 200_000


class Reach(Record, kw_only=False):
    """A place where a template reaches beyond text."""

    kind: ReachKind
    words: str
    line: int


def find(text: str) -> tuple[Reach, ...]:
    """What a template reaches, in the order of its lines; at most a hundred places."""
    found: list[Reach] = []
    if len(text) > MAX_TEMPLATE:
        found.append(Reach("limit", f"more than {MAX_TEMPLATE:,} characters", 1))
        text = text[:MAX_TEMPLATE]
    try:
        found += _parsed(text)
    except RecursionError:
        found.append(Reach("limit", "a template that is nested too deeply", 1))
        found += _letters(text, "attribute", _DUNDER)
    except _Unparsed as error:
        found.append(Reach("unparsed", shown(str(error)), error.line))
        found += _letters(text, "attribute", _DUNDER)
    found += _letters(text, "url", _URL)
    found += _letters(text, "encoded", _ENCODED)
    found += [
        Reach("invisible", f"U+{ord(r.words[0]):04X}", r.line)
        for r in _letters(text, "invisible", _INVISIBLE, raw=True)
    ]
    return tuple(sorted(dict.fromkeys(found), key=lambda reach: reach.line)[:_MOST])


class _Unparsed(ValueError):
    def __init__(self, words: str, line: int) -> None:
        super().__init__(words)
        self.line = line


def _letters(text: str, kind: ReachKind, pattern: Any, raw: bool = False) -> list[Reach]:
    found = []
    for match in pattern.finditer(text):
        found.append(Reach(kind, match[0] if raw else shown(match[0]), text.count("\n", 0, match.start()) + 1))
        if len(found) >= _MOST:
            break
    return found


@cache
def _environment() -> jinja2.Environment:
    import jinja2
    from jinja2 import nodes
    from jinja2.ext import Extension
    from jinja2.parser import Parser

    class Generation(Extension):
        """transformers' tag around what the assistant says."""

        tags = {"generation"}  # noqa: RUF012

        def parse(self, parser: Parser) -> nodes.Node:
            line = next(parser.stream).lineno
            body = parser.parse_statements(("name:endgeneration",), drop_needle=True)
            return nodes.Scope(body, lineno=line)

    extensions: list[str | type[Extension]] = [Generation, "jinja2.ext.loopcontrols", "jinja2.ext.do"]
    return jinja2.Environment(extensions=extensions)  # noqa: S701 - nothing is rendered


def _parsed(text: str) -> list[Reach]:
    from jinja2 import TemplateSyntaxError

    try:
        with warnings.catch_warnings():  # of escapes that Python does not know
            warnings.simplefilter("ignore")
            tree = _environment().parse(text)
    except TemplateSyntaxError as error:
        raise _Unparsed(f"no template: {error.message}", error.lineno) from None
    except (ValueError, OverflowError, AssertionError) as error:  # a number that Python refuses
        raise _Unparsed(f"no template: {error}", 1) from None
    finder = _Finder()
    finder.look(tree)
    return finder.found


class _Finder:
    """Goes through a template's tree; ``_left`` bounds how many constants are put together on the way."""

    def __init__(self) -> None:
        self.found: list[Reach] = []
        self._left = _MOST_FOLDED

    def look(self, tree: nodes.Node) -> None:
        """Note all that a tree reaches."""
        from jinja2 import nodes

        joins = (nodes.Concat, nodes.Add, nodes.Mod, nodes.List)
        checks: dict[type[nodes.Node], Callable[[Any], None]] = {
            nodes.Getattr: self._attribute,
            nodes.Getitem: self._item,
            nodes.Filter: self._filter,
            nodes.Call: self._call,
        }
        waiting: list[tuple[nodes.Node, bool]] = [(tree, False)]
        while waiting and len(self.found) < _MOST:
            node, joined = waiting.pop()
            if type(node) in checks:
                checks[type(node)](node)
            elif isinstance(node, nodes.Import | nodes.FromImport | nodes.Include | nodes.Extends):
                self._note("import", type(node).__name__.lower(), node)
            elif isinstance(node, joins) and not joined:
                self._dunder("built", self._text(node), node)
            elif isinstance(node, nodes.Name):
                self._dunder("attribute", node.name, node)
            waiting += [(child, isinstance(node, joins)) for child in node.iter_child_nodes()]
        if self._left < 0:
            self._note("limit", f"constants that are put together from more than {_MOST_FOLDED:,} parts", tree)

    def _note(self, kind: ReachKind, words: str, node: nodes.Node) -> None:
        self.found.append(Reach(kind, shown(words), max(1, node.lineno)))

    def _dunder(self, kind: ReachKind, words: str, node: nodes.Node) -> None:
        if _DUNDER.search(words):
            self._note(kind, words, node)

    def _attribute(self, node: Any) -> None:
        from jinja2 import nodes

        owner = node.node.name if isinstance(node.node, nodes.Name) else ""
        if _DUNDER.fullmatch(node.attr) or (owner in _INSIDES and node.attr not in _USUAL):
            self._note("attribute", _words(node), node)

    def _item(self, node: Any) -> None:
        self._dunder("attribute", self._text(node.arg), node)

    def _filter(self, node: Any) -> None:
        """``|attr`` reads any attribute, others do by a name they are given; ``|format`` may put one together."""
        given = [self._text(part) for part in (*node.args, *(pair.value for pair in node.kwargs))]
        if node.name == "attr":
            self._note("filter", f"|attr({', '.join(words or '…' for words in given)})", node)
        elif any(words == "attr" for words in given):
            self._note("filter", f"|{node.name}({', '.join(given)})", node)
        else:
            for words in given:
                self._dunder("filter", words, node)
        if node.name == "format" and "%c" in self._text(node.node):
            self._note("built", self._text(node.node), node)

    def _call(self, node: Any) -> None:
        """``"{0.__class__}".format(…)`` reaches into an object, whatever the text before it was made of."""
        from jinja2 import nodes

        called = node.node
        if isinstance(called, nodes.Getattr) and called.attr in ("format", "format_map"):
            words = self._text(called.node)
            fields = (field[1].partition(":")[0] for field in _FIELD.finditer(words))
            if not words or any(_INSIDE.search(field) for field in fields):
                self._note("format", words or _words(called), node)
        elif isinstance(called, nodes.Name) and called.name == "getattr":
            self._note("attribute", "getattr", node)

    def _text(self, node: nodes.Node | None, depth: int = 0) -> str:
        """The text of constants: ``"__cla" ~ "ss__"``, ``["__cla", "ss__"]|join``, ``"__CLASS__"|lower``."""
        from jinja2 import nodes

        parts: list[str] = []
        waiting = [node]
        while waiting and self._left >= 0:
            self._left -= 1
            part = waiting.pop()
            if isinstance(part, nodes.Const) and isinstance(part.value, str):
                parts.append(part.value)
            elif isinstance(part, nodes.TemplateData):
                parts.append(part.data)
            elif isinstance(part, nodes.Concat):
                waiting += reversed(part.nodes)
            elif isinstance(part, nodes.Add):
                waiting += [part.right, part.left]
            elif isinstance(part, nodes.List | nodes.Tuple):
                waiting += reversed(part.items)
            elif isinstance(part, nodes.Filter) and part.name in ("lower", "reverse") and depth < _DEEPEST:
                words = self._text(part.node, depth + 1)
                parts.append(words.lower() if part.name == "lower" else words[::-1])
            elif isinstance(part, nodes.Filter):
                waiting.append(part.node)
        return "".join(parts)


def _words(node: nodes.Node, depth: int = 0) -> str:
    """``cycler.__init__``, as written."""
    from jinja2 import nodes

    if isinstance(node, nodes.Getattr) and depth < 20:
        return f"{_words(node.node, depth + 1)}.{node.attr}"
    return node.name if isinstance(node, nodes.Name) else "…"
