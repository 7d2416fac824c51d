"""The plain part of YAML that model cards and manifests are written in: keys, values, lists. No anchors, no tags.

A line of another shape is left out, so that nothing may hang on a key that is not there.
"""

from __future__ import annotations

from collections.abc import Iterator

from scanner.parsers.lazy import Lazy

_KEY = Lazy(r"""("[^"]*"|'[^']*'|[\w./-][^:#"'{}\[\]]*):(?:\s+(.*))?""")
_MOST_LINES = 20_000
_MOST_PARTS = 2000
_LONGEST = 10_000
"""Characters of a line; the rest of a longer one is left out."""


def entries(text: str) -> Iterator[tuple[tuple[str, ...], str]]:
    """(keys from the top, value) of every scalar; an item of a list has the keys of its list."""
    stack: list[tuple[int, str]] = []
    for line in text.split("\n", _MOST_LINES)[:_MOST_LINES]:
        whole = line[:_LONGEST].rstrip()
        words = whole.lstrip(" ")
        indent = len(whole) - len(words)
        if not words or words.startswith("#") or words in ("---", "..."):
            continue
        while words.startswith("- ") or words == "-":
            while stack and stack[-1][0] > indent:
                stack.pop()
            inner = words[1:].lstrip(" ")
            indent += len(words) - len(inner)
            words = inner
            if not _KEY.fullmatch(words):
                keys = tuple(key for _, key in stack)
                yield from ((keys, value) for value in scalars(words))
                words = ""
        key = _KEY.fullmatch(words) if words else None
        if key is None:
            continue
        while stack and stack[-1][0] >= indent:
            stack.pop()
        stack = [*stack[-20:], (indent, key[1].strip("\"' "))]
        yield from ((tuple(k for _, k in stack), value) for value in scalars(key[2] or ""))


def scalars(words: str) -> list[str]:
    """The value of a line, or the values of a list in brackets; none for what goes on in the next lines."""
    words = words.strip()
    if words.startswith("["):
        parts = words.partition("]")[0][1:].split(",")[:_MOST_PARTS]
        return [value for part in parts for value in scalars(part)]
    if words[:1] in ('"', "'"):
        end = words.find(words[0], 1)
        return [words[1:end]] if end > 0 else []
    words = words.partition(" #")[0].strip()
    return [] if words in ("", "~", "null", "|", ">", "|-", ">-", "{}") or words.startswith("#") else [words]
