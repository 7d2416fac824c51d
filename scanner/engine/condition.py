"""The ``when`` of a rule: checked against the facts' fields, and turned into plain tuples."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from scanner.engine.document import Document, closest, shown
from scanner.engine.grammar import GROUPS, OPERATORS, Field, fields
from scanner.engine.pattern import weakness
from scanner.engine.yamlfile import Node
from scanner.model.rule import Condition

Lists = Mapping[str, frozenset[str]]
"""The shared lists by name, read when a rule wants them."""


class Reader:
    """Reads the conditions of one rule file."""

    def __init__(self, document: Document, subject: str, lists: Lists) -> None:
        self._document = document
        self._subject = subject
        self._fields = fields(subject)
        self._lists = lists

    def condition(self, node: Node, what: str = "'when'") -> Condition:
        """A condition: a mapping whose entries must all hold."""
        if not isinstance(node.value, dict) or not node.value:
            raise self._document.fail(node, f"{what} should be a mapping of fields, found {shown(node)}")
        parts = [part for key, value in node.value.items() for part in self._entry(key, value)]
        return parts[0] if len(parts) == 1 else ("all", tuple(parts))

    def _entry(self, key: str, node: Node) -> list[Condition]:
        if key == "not":
            return [("not", self.condition(node, "'not'"))]
        if key in GROUPS:
            items = self._document.items(node, f"'{key}'")
            return [(key, tuple(self.condition(item, f"each of '{key}'") for item in items))]
        field = self.field(key, node)
        if isinstance(node.value, dict):
            if not node.value:
                raise self._document.fail(node, f"{key} says nothing to compare with")
            return [self._operator(field, operator, wanted) for operator, wanted in node.value.items()]
        if field.kind == "texts":
            hint = f"write {key}: {{has_any: [{node.text or '…'}]}}"
            raise self._document.fail(node, f"{key} holds several texts, which one value cannot equal", hint)
        if isinstance(node.value, tuple):
            items = self._document.items(node, key)
            return [("test", key, "in", frozenset(self._value(field, item) for item in items))]
        return [("test", key, "is", self._value(field, node))]

    def field(self, name: str, node: Node | int) -> Field:
        """The field of that name."""
        if name not in self._fields:
            hint = closest(name, (*self._fields, *GROUPS)) or f"it has {', '.join(self._fields)}"
            raise self._document.fail(node, f"{self._subject} has no field {name!r}", hint)
        return self._fields[name]

    def _value(self, field: Field, node: Node) -> Any:
        value = node.value
        if value is None:
            hint = 'for the empty text write ""; what is not known cannot be asked for'
            raise self._document.fail(node, f"{field.name} cannot be compared with nothing", hint)
        wanted: dict[str, tuple[type, str]] = {
            "text": (str, "text"),
            "truth": (bool, "true or false"),
            "number": (int, "a whole number"),
        }
        kind, name = wanted[field.kind]
        if type(value) is not kind:
            hint = f'write it in quotes: "{node.text}"' if field.kind == "text" and node.text else ""
            raise self._document.fail(node, f"{field.name} is {name}, so it can never be {shown(node)}", hint)
        if field.choices and value not in field.choices:
            hint = closest(str(value), field.choices) or f"it is one of {', '.join(map(repr, field.choices))}"
            raise self._document.fail(node, f"{field.name} can never be {value!r}", hint)
        return value

    def _operator(self, field: Field, operator: str, node: Node) -> Condition:
        document, name = self._document, field.name
        if operator not in OPERATORS:
            hint = closest(operator, OPERATORS) or f"there are {', '.join(OPERATORS)}; a value alone means 'is'"
            raise document.fail(node, f"{name}: there is no operator {operator!r}", hint)
        if field.kind not in OPERATORS[operator]:
            usable = [other for other, kinds in OPERATORS.items() if field.kind in kinds]
            hint = f"for {name} there is {', '.join(usable)}" if usable else f"write {name}: true or {name}: false"
            raise document.fail(node, f"{name}: {operator!r} is not for this field", hint)
        value: Any = node.value
        if operator == "in_list":
            return ("test", name, "has_any" if field.kind == "texts" else "in", self._list(node))
        if operator == "has_any":
            value = frozenset(document.texts(node, "has_any"))
        elif operator == "empty":
            value = document.truth(node, "empty")
        elif operator == "matches":
            value = self._pattern(node)
        elif type(value) is not int:
            raise document.fail(node, f"{operator} should be a whole number, found {shown(node)}")
        return ("test", name, operator, value)

    def _list(self, node: Node) -> frozenset[str]:
        name = self._document.text(node, "in_list")
        if name not in self._lists:
            hint = closest(name, self._lists) or f"it would be lists/{name}.txt"
            raise self._document.fail(node, f"there is no list called {name!r}", hint)
        return self._lists[name]

    def _pattern(self, node: Node) -> str:
        pattern = self._document.text(node, "matches")
        try:
            weak = weakness(pattern)
        except re.error as error:
            raise self._document.fail(node, f"not a regular expression: {error}") from None
        if weak:
            raise self._document.fail(node, f"this regular expression can take too long: {weak}")
        return pattern
