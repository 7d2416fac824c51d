"""JSON as strictly as models need it: bounded, and keys that are said twice are told."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

from scanner.parsers.models.header import Broken, Draft
from scanner.parsers.models.limits import MAX_JSON, MAX_TEXT, MAX_VALUES
from scanner.parsers.tar import Source

_PATH = 200


def read_all(draft: Draft, source: Source, size: int, most: int) -> bytes:
    """A whole file, at most so many bytes of it; a longer one is a flaw."""
    if size > most:
        draft.flaw("limit", f"only the first {most:,} of {size:,} bytes are read", most)
    return source.at(0, min(size, most))


def read_text(draft: Draft, source: Source, size: int) -> str:
    """A whole text, as far as ``MAX_TEXT`` allows."""
    return read_all(draft, source, size, MAX_TEXT).decode("utf-8", "replace").removeprefix("\ufeff")


def read_json(draft: Draft, source: Source, size: int) -> Any:
    """A whole JSON document; ``None`` with a flaw when it is none, or is too long."""
    try:
        if size > MAX_JSON:
            raise Broken("limit", f"a JSON document of more than {MAX_JSON:,} bytes", 0)
        return load(draft, source.at(0, size))
    except Broken as broken:
        draft.flaws.append(broken.flaw)
        return None


def load(draft: Draft, data: bytes, offset: int = 0) -> Any:
    """A JSON document; duplicate keys become flaws of ``draft``. Raises ``Broken``; ``offset`` is where it begins."""
    if len(data) > MAX_JSON:
        raise Broken("limit", f"a JSON document of more than {MAX_JSON:,} bytes", offset)
    if sum(map(data.count, (b",", b":", b"[", b"{"))) > MAX_VALUES:
        raise Broken("limit", f"a JSON document of more than {MAX_VALUES:,} values", offset)

    def pairs(found: list[tuple[str, Any]]) -> dict[str, Any]:
        made = dict(found)
        if len(made) != len(found):
            twice = Counter(key for key, _ in found).most_common(1)[0][0]
            draft.flaw("duplicate-key", f"{twice!r} is said twice", offset)
        return made

    try:
        return json.loads(data.decode(), object_pairs_hook=pairs)
    except UnicodeDecodeError as error:
        raise Broken("malformed", "a JSON document that is no UTF-8", offset + error.start) from None
    except json.JSONDecodeError as error:
        raise Broken("malformed", f"no JSON: {error.msg}", offset + error.pos) from None
    except RecursionError:
        raise Broken("limit", "a JSON document that is nested too deeply", offset) from None
    except ValueError as error:  # a number of thousands of digits
        raise Broken("malformed", f"no JSON: {error}", offset) from None


def items(value: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every object in a document, with the path of keys that leads to it, of which the last 200 characters count."""
    waiting: list[tuple[str, Any]] = [("", value)]
    while waiting:
        path, found = waiting.pop()
        if isinstance(found, dict):
            yield path, found
            inside = [(f"{path}.{key}"[-_PATH:].lstrip("."), part) for key, part in found.items() if _holds(part)]
        else:
            parts = enumerate(found) if isinstance(found, list) else ()
            inside = [(f"{path}[{index}]"[-_PATH:], part) for index, part in parts if _holds(part)]
        waiting += reversed(inside)


def _holds(value: Any) -> bool:
    return isinstance(value, dict | list) and bool(value)


def text(value: Any, *keys: str) -> str:
    """The string there, else ""."""
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value if isinstance(value, str) else ""


def number(value: Any, *keys: str) -> int | None:
    """The whole number there, else None."""
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def words(value: Any) -> list[str]:
    """The strings of a string or a list of them."""
    return (
        [value]
        if isinstance(value, str)
        else [v for v in value if isinstance(v, str)]
        if isinstance(value, list)
        else []
    )
