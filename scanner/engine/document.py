"""Reading a checked file: every wrong key, word or type is an error with file, line and a way out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from scanner.engine import yamlfile
from scanner.engine.yamlfile import Node
from scanner.errors import ConfigError, RuleError


def closest(word: str, options: Iterable[str]) -> str:
    """``did you mean …?`` for the option most like a mistyped word, or ``""``."""
    from difflib import get_close_matches

    near = get_close_matches(word.lower(), list(options), n=1, cutoff=0.6)
    return f"did you mean {near[0]}?" if near else ""


def shown(node: Node) -> str:
    """What a node holds, in an error."""
    if isinstance(node.value, dict):
        return "a mapping" if node.value else "an empty mapping"
    if isinstance(node.value, tuple):
        return "a list" if node.value else "an empty list"
    if node.value is None:
        return "nothing"
    return repr(node.value) if isinstance(node.value, str) else node.text or str(node.value).lower()


class Document:
    """A file and the error to raise about it."""

    def __init__(self, path: str, error: type[RuleError] | type[ConfigError]) -> None:
        self.path = path
        self._error = error

    def fail(self, where: Node | int, reason: str, hint: str = "") -> RuleError | ConfigError:
        """The error for a node or line of this file."""
        line = where if isinstance(where, int) else where.line
        return self._error(f"{self.path}:{line}", reason, hint=hint)

    def read(self) -> Node:
        """The file as a tree; raises the document's error when it cannot be read."""
        try:
            with open(self.path, "rb") as file:
                return yamlfile.read(file.read(yamlfile.MAX_BYTES + 1))
        except OSError as error:
            raise self.fail(1, f"cannot be read: {error.strerror}") from None
        except yamlfile.NotYaml as error:
            raise self.fail(error.line, str(error)) from None

    def mapping(
        self, node: Node, what: str, required: Iterable[str] = (), optional: Iterable[str] | None = ()
    ) -> Mapping[str, Node]:
        """A mapping with these keys; ``optional=None`` allows any others."""
        if not isinstance(node.value, dict):
            raise self.fail(node, f"{what} should be a mapping (key: value), found {shown(node)}")
        required = tuple(required)
        if optional is not None:
            known = (*required, *optional)
            for key, value in node.value.items():
                if key not in known:
                    hint = closest(key, known) or f"the keys of {what} are {', '.join(known)}"
                    raise self.fail(value, f"{what} has no key {key!r}", hint)
        for key in required:
            if key not in node.value:
                raise self.fail(node, f"{what} needs {key!r}")
        found: Mapping[str, Node] = node.value
        return found

    def items(self, node: Node, what: str) -> tuple[Node, ...]:
        """A list that is not empty."""
        if not isinstance(node.value, tuple) or not node.value:
            raise self.fail(node, f"{what} should be a list with something in it, found {shown(node)}")
        return node.value

    def text(self, node: Node, what: str) -> str:
        """Text that is not empty."""
        if not isinstance(node.value, str):
            hint = f'write it in quotes: "{node.text}"' if node.text else ""
            raise self.fail(node, f"{what} should be text, found {shown(node)}", hint)
        if not node.value.strip():
            raise self.fail(node, f"{what} is empty")
        return node.value

    def texts(self, node: Node, what: str) -> tuple[str, ...]:
        """A list of texts."""
        return tuple(self.text(item, f"each of {what}") for item in self.items(node, what))

    def word(self, node: Node, what: str) -> str:
        """One word as it is written, quoted or not: ``4.10`` is not 4.1."""
        if isinstance(node.value, dict | tuple) or not node.text.strip():
            raise self.fail(node, f"{what} should be one word, found {shown(node)}")
        return node.text

    def words(self, node: Node, what: str) -> tuple[str, ...]:
        """A list of words as they are written."""
        return tuple(self.word(item, f"each of {what}") for item in self.items(node, what))

    def truth(self, node: Node, what: str) -> bool:
        """True or false."""
        if not isinstance(node.value, bool):
            raise self.fail(node, f"{what} should be true or false, found {shown(node)}")
        return node.value

    def choice(self, node: Node, what: str, options: Iterable[str]) -> str:
        """One of some words."""
        options = tuple(options)
        if node.value not in options or not isinstance(node.value, str):
            hint = closest(str(node.value), options)
            raise self.fail(node, f"{what} should be one of {', '.join(options)}; found {shown(node)}", hint)
        return node.value
