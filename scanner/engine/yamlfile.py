"""YAML as a tree that knows its lines, and nothing else of YAML: no anchors, no tags, no second document.

Built from the parser's events, so that neither depth nor aliases can blow up. Plain words mean what YAML 1.2's core
schema says: ``no`` is the word no, ``1.10`` written unquoted keeps its text beside its number.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

MAX_BYTES = 1_000_000
MAX_DEPTH = 40

_CONSTANTS = {"true": True, "false": False, "null": None, "": None, "~": None}


class Node(NamedTuple):
    """A value, the line that it (for a mapping's values: its key) stands on, and, for one word, the word as written.

    ``value`` is a str, bool, int, float, None, ``dict[str, Node]`` or ``tuple[Node, ...]``.
    """

    value: Any
    line: int
    text: str = ""


class NotYaml(ValueError):
    """The text cannot be read; ``line`` says where."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(reason)
        self.line = line


def read(data: bytes) -> Node:
    """The one document of a YAML file. Raises NotYaml."""
    import yaml

    if len(data) > MAX_BYTES:
        raise NotYaml(1, f"larger than {MAX_BYTES:,} bytes")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise NotYaml(data.count(b"\n", 0, error.start) + 1, "not UTF-8") from None
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        return _tree(yaml.parse(text, Loader=loader))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise NotYaml(mark.line + 1 if mark else 1, f"not YAML: {error.problem or error.context}") from None
    except yaml.YAMLError as error:
        raise NotYaml(1, f"not YAML: {' '.join(str(error).split())}") from None


def _tree(events: Iterator[Any]) -> Node:
    root: Node | None = None
    open_: list[_Open] = []
    for event in events:
        name = type(event).__name__
        line = event.start_mark.line + 1
        if name == "AliasEvent" or getattr(event, "anchor", None):
            raise NotYaml(line, "anchors and aliases (&, *) are not read here")
        if getattr(event, "tag", None):
            raise NotYaml(line, f"tags ({event.tag}) are not read here")
        if name == "DocumentStartEvent" and root is not None:
            raise NotYaml(line, "only one document a file")
        if name in {"MappingStartEvent", "SequenceStartEvent"}:
            if len(open_) == MAX_DEPTH:
                raise NotYaml(line, f"nested more than {MAX_DEPTH} deep")
            open_.append(_Open(name == "MappingStartEvent", line))
            continue
        if name == "ScalarEvent":
            node = Node(_scalar(event.value) if event.implicit[0] else event.value, line, event.value)
        elif name in {"MappingEndEvent", "SequenceEndEvent"}:
            node = open_.pop().node()
        else:
            continue
        if open_:
            open_[-1].add(node)
        else:
            root = node
    return root or Node(None, 1)


class _Open:
    """A mapping or list whose end has not come yet."""

    def __init__(self, mapping: bool, line: int) -> None:
        self.line = line
        self.items: list[Node] = []
        self.pairs: dict[str, Node] | None = {} if mapping else None
        self.key: Node | None = None

    def add(self, node: Node) -> None:
        if self.pairs is None:
            self.items.append(node)
        elif self.key is None:
            if isinstance(node.value, dict | tuple):
                raise NotYaml(node.line, "a key has to be a word")
            if node.text in self.pairs:
                raise NotYaml(node.line, f"{node.text!r} is given twice")
            self.key = node
        else:
            self.pairs[self.key.text] = node._replace(line=self.key.line)
            self.key = None

    def node(self) -> Node:
        return Node(tuple(self.items) if self.pairs is None else self.pairs, self.line)


def _scalar(text: str) -> str | bool | int | float | None:
    if text.lower() in _CONSTANTS:
        return _CONSTANTS[text.lower()]
    if re.fullmatch(r"[-+]?[0-9]{1,18}", text):
        return int(text)
    if re.fullmatch(r"[-+]?(?:[0-9]{1,18}\.[0-9]{0,18}|\.[0-9]{1,18})(?:[eE][-+]?[0-9]{1,3})?", text):
        return float(text)
    return text
