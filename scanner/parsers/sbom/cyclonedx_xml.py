"""CycloneDX as XML: its components in the shape that they have in JSON, with their places.

Document types, and so entities, are refused. Format: https://cyclonedx.org/docs/1.7/xml/.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from xml.parsers import expat

from scanner.parsers.json_text import MAX_ENTRIES, Entry
from scanner.parsers.lazy import Lazy

MAX_DEPTH = 100
"""Elements within elements."""
MAX_TEXT = 10_000
"""Characters of one element."""

_SPACE = "http://cyclonedx.org/schema/bom/"
_RELEASE = Lazy(r"(?a)1\.\d{1,2}")
_TEXTS = frozenset({"name", "version", "purl", "group"})
_OF_LICENCE = frozenset({"id", "name"})


class Document:
    """What a document says: its version, what it is about, and all its components, the inner ones too."""

    def __init__(self, text: str) -> None:
        """Raises ValueError, with the line, for what is no CycloneDX or no XML, and for more than is read."""
        self.version = ""
        self.about: Entry | None = None
        self.components: list[Entry] = []
        self._data = text.encode()
        self._bytes, self._characters = 0, 0
        self._path: list[str] = []
        self._open: list[tuple[dict[str, Any], int, int]] = []
        self._words: list[str] = []
        self._parser = expat.ParserCreate("utf-8", namespace_separator=" ")
        self._parser.buffer_text = True
        self._parser.StartDoctypeDeclHandler = self._refuse
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._words.append
        try:
            self._parser.Parse(self._data, True)
        except expat.ExpatError as error:
            raise ValueError(f"line {error.lineno}: not XML: {expat.errors.messages[error.code]}") from None
        self.components.sort(key=lambda entry: entry.start)

    def _refuse(self, *_: object) -> None:
        raise self._wrong("a document type, which is not read")

    def _wrong(self, why: str) -> ValueError:
        return ValueError(f"line {self._parser.CurrentLineNumber}: {why}")

    def _start(self, tag: str, attributes: Mapping[str, str]) -> None:
        space, _, name = tag.rpartition(" ")
        if not self._path:
            self.version = space.removeprefix(_SPACE)
            if name != "bom" or not space.startswith(_SPACE) or not _RELEASE.fullmatch(self.version):
                raise self._wrong("not CycloneDX 1.x")
        if len(self._path) == MAX_DEPTH:
            raise self._wrong(f"more than {MAX_DEPTH} elements deep in one another")
        self._path.append(name)
        self._words.clear()
        if name == "component" and self._counts():
            if len(self.components) == MAX_ENTRIES:
                raise self._wrong(f"more than {MAX_ENTRIES:,} components")
            self._open.append(({"type": attributes.get("type")}, self._offset(), len(self._path)))
        elif name == "property" and self._open and self._below() == ["properties", "property"]:
            said, _, _ = self._open[-1]
            said.setdefault("properties", []).append({"name": attributes.get("name")})

    def _counts(self) -> bool:
        """Whether it is what the document is about, or stands in its list of components or in another one's."""
        return self._path == ["bom", "metadata", "component"] or set(self._path[1:]) <= {"components", "component"}

    def _below(self) -> list[str]:
        """The path below the innermost component."""
        return self._path[self._open[-1][2] :]

    def _end(self, _tag: str) -> None:
        words = "".join(self._words).strip()[:MAX_TEXT]
        self._words.clear()
        if self._open:
            said, start, depth = self._open[-1]
            if depth == len(self._path):
                self._close(said, start)
            else:
                _take(said, self._below(), words)
        self._path.pop()

    def _close(self, said: dict[str, Any], start: int) -> None:
        self._open.pop()
        entry = Entry(said, start, self._offset())
        if self._path[1] == "metadata":
            self.about = entry
        else:
            self.components.append(entry)

    def _offset(self) -> int:
        """Where the parser is, in characters; bytes are counted on from the last time."""
        at = self._parser.CurrentByteIndex
        self._characters += len(self._data[self._bytes : at].decode())
        self._bytes = at
        return self._characters


def _take(said: dict[str, Any], path: list[str], words: str) -> None:
    """What an element inside a component says of it."""
    if len(path) == 1 and path[0] in _TEXTS:
        said[path[0]] = words
    elif path == ["licenses", "expression"]:
        said.setdefault("licenses", []).append({"expression": words})
    elif path[:2] == ["licenses", "license"] and len(path) == 3 and path[2] in _OF_LICENCE:
        said.setdefault("licenses", []).append({"license": {path[2]: words}})
    elif path == ["properties", "property"] and said.get("properties"):
        said["properties"][-1]["value"] = words
