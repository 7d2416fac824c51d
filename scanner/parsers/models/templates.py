"""Chat templates: what in them reaches beyond text. They are parsed, never compiled or rendered.

The parser is Jinja's, with what transformers adds (``break``, ``continue``, ``{% generation %}``): see
 https://huggingface.co/docs/transformers/chat_templating_writing.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
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
_FIELD = Lazy(r"\{[^{}]*?(?:\.|\[)_?_?[a-zA-Z_][^{}]*\}")
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
_DEEPEST = 200


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


def _parsed(text: str) -> Iterator[Reach]:
    from jinja2 import TemplateSyntaxError

    try:
        with warnings.catch_warnings():  # of escapes that Python does not know
            warnings.simplefilter("ignore")
            tree = _environment().parse(text)
    except TemplateSyntaxError as error:
        raise _Unparsed(f"no template: {error.message}", error.lineno) from None
    except (ValueError, OverflowError, AssertionError) as error:  # a number that Python refuses
        raise _Unparsed(f"no template: {error}", 1) from None
    waiting: list[nodes.Node] = [tree]
    while waiting:
        node = waiting.pop()
        yield from _reached(node)
        waiting += node.iter_child_nodes()


def _reached(node: nodes.Node) -> Iterator[Reach]:
    from jinja2 import nodes

    line = node.lineno
    if isinstance(node, nodes.Getattr):
        inside = isinstance(node.node, nodes.Name) and node.node.name in _INSIDES and node.attr not in _USUAL
        if _DUNDER.fullmatch(node.attr) or inside:
            yield Reach("attribute", _words(node), line)
    elif isinstance(node, nodes.Getitem):
        yield from _named(node.arg, "attribute", line)
    elif isinstance(node, nodes.Filter):
        yield from _filtered(node, line)
    elif isinstance(node, nodes.Call):
        yield from _called(node, line)
    elif isinstance(node, nodes.Import | nodes.FromImport | nodes.Include | nodes.Extends):
        yield Reach("import", type(node).__name__.lower(), line)
    elif isinstance(node, nodes.Concat | nodes.Add | nodes.Mod | nodes.List):
        if _DUNDER.search(_folded(node)):
            yield Reach("built", shown(_folded(node)), line)
    elif isinstance(node, nodes.Name) and _DUNDER.fullmatch(node.name):
        yield Reach("attribute", node.name, line)


def _filtered(node: nodes.Filter, line: int) -> Iterator[Reach]:
    """``|attr`` reads any attribute; others do by a name that is given to them; ``|format`` may put one together."""
    if node.name == "attr":
        yield Reach("filter", f"|attr({', '.join(_folded(arg) or '…' for arg in node.args)})", line)
        return
    for given in (*node.args, *(pair.value for pair in node.kwargs)):
        if _DUNDER.search(_folded(given)):
            yield Reach("filter", f"|{node.name}({shown(_folded(given))})", line)
    if node.name == "format" and "%c" in _folded(node.node):
        yield Reach("built", shown(_folded(node.node)), line)


def _called(node: nodes.Call, line: int) -> Iterator[Reach]:
    """``"{0.__class__}".format(…)`` reaches into an object, whatever the text before it was made of."""
    from jinja2 import nodes

    if isinstance(node.node, nodes.Getattr) and node.node.attr in ("format", "format_map"):
        said = _folded(node.node.node)
        if _FIELD.search(said) or not said:
            yield Reach("format", shown(said or _words(node.node)), line)
    if isinstance(node.node, nodes.Name) and node.node.name == "getattr":
        yield Reach("attribute", "getattr", line)


def _named(node: nodes.Node | None, kind: ReachKind, line: int) -> Iterator[Reach]:
    said = _folded(node)
    if _DUNDER.search(said):
        yield Reach(kind, shown(f"[{said!r}]"), line)


def _folded(node: nodes.Node | None, depth: int = 0) -> str:
    """The text of constants: ``"__cla" ~ "ss__"``, ``["__cla", "ss__"]|join``, ``"__CLASS__"|lower``."""
    from jinja2 import nodes

    said, parts = "", []
    if isinstance(node, nodes.Const) and isinstance(node.value, str):
        said = node.value
    elif isinstance(node, nodes.TemplateData):
        said = node.data
    elif isinstance(node, nodes.Concat):
        parts = node.nodes
    elif isinstance(node, nodes.Add):
        parts = [node.left, node.right]
    elif isinstance(node, nodes.List | nodes.Tuple):
        parts = node.items
    elif isinstance(node, nodes.Filter) and node.node is not None:
        parts = [node.node]
    if depth < _DEEPEST:
        said += "".join(_folded(part, depth + 1) for part in parts)
    if isinstance(node, nodes.Filter) and node.name in ("lower", "reverse"):
        said = said.lower() if node.name == "lower" else said[::-1]
    return said


def _words(node: nodes.Node, depth: int = 0) -> str:
    """``cycler.__init__``, as written."""
    from jinja2 import nodes

    if isinstance(node, nodes.Getattr) and depth < 20:
        return shown(f"{_words(node.node, depth + 1)}.{node.attr}")
    return node.name if isinstance(node, nodes.Name) else "…"
