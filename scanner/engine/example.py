"""The examples of a rule file: read, and held against what a scan of them reports."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Literal

from scanner.engine.document import Document, shown
from scanner.engine.grammar import EXAMPLE_KEYS
from scanner.engine.yamlfile import Node
from scanner.model.finding import Report
from scanner.model.record import Record
from scanner.model.rule import Rule

DOCKERFILE = "Dockerfile"
"""The path under which a scan sees an example's Dockerfile."""

Files = Mapping[str, bytes]
Scan = Callable[..., Report]
"""Scans a Dockerfile's text with the files of its build context; None: there is no context. ``advisories``, records in
the OSV format as JSON, come along for an example that has some."""
Modes = Mapping[str, int]
ScanImage = Callable[..., Report]
"""Scans an image made up of ``{config, history}``, the files of each layer and those modes that matter; with
``advisories`` as above."""
MAX_EXAMPLE = 100_000_000
"""Bytes of a file that an example describes by its size alone."""

_MARK = re.compile(r"[ \t]*#[ \t]*expect\b(?:[ \t]+(?P<words>\S.*?))?[ \t]*$", re.MULTILINE)


class Mark(Record, kw_only=False):
    """A place where a finding is expected; ``column`` is None where only the line is marked."""

    path: str
    line: int
    column: int | None


class ImageMark(Record, kw_only=False):
    """A text of an image's config or history where a finding is expected, at ``words`` if there are some."""

    entry: int | None
    """Of the history, counted from 1; None in the config."""
    text: str
    words: str


class Example(Record):
    """One example of a rule. Marks at the end of a line are taken out of the texts."""

    verdict: Literal["bad", "good"]
    name: str
    at: str
    """``file:line`` of the rule file."""
    dockerfile: str | None
    image: Mapping[str, Any] | None
    files: Files | None
    """The build context, or the files of an image's layer, where a name that ends with ``/`` is a folder; None when the
    example has no ``files``."""
    later: Files | None
    """The files of a second layer; ``.wh.NAME`` takes NAME away."""
    modes: Modes
    """Of those files of a layer that have one; the others are as usual."""
    marks: tuple[Mark, ...]
    image_marks: tuple[ImageMark, ...] = ()
    advisories: tuple[bytes, ...] = ()
    """Records in the OSV format that the database has."""


class RuleFile(Record):
    """A rule with its examples."""

    rule: Rule
    examples: tuple[Example, ...]


def read(document: Document, node: Node, verdict: Literal["bad", "good"]) -> Example:
    """One entry of ``bad`` or ``good``."""
    entry = document.mapping(node, f"each of '{verdict}'", ("name",), EXAMPLE_KEYS)
    if ("dockerfile" in entry) == ("image" in entry):
        raise document.fail(node, "an example has a 'dockerfile' or an 'image'")
    marks: list[Mark] = []
    image_marks: list[ImageMark] = []
    dockerfile = image = None
    if "dockerfile" in entry:
        dockerfile = _marked(document, entry["dockerfile"], DOCKERFILE, marks)
    else:
        document.mapping(entry["image"], "'image'", (), ("config", "history"))
        image = _image(plain(entry["image"]), image_marks)
    modes: dict[str, int] = {}
    if "later" in entry and image is None:
        raise document.fail(entry["later"], "only an 'image' has a later layer")
    files, later = (
        _files(document, entry.get(key), key, marks, modes if image is not None else None) for key in ("files", "later")
    )
    if (marks or image_marks) and verdict == "good":
        raise document.fail(node, "a good example expects nothing: take '# expect' out")
    return Example(
        verdict=verdict,
        name=document.text(entry["name"], "'name'"),
        at=f"{document.path}:{node.line}",
        dockerfile=dockerfile,
        image=image,
        files=files,
        later=later,
        modes=modes,
        marks=tuple(marks),
        image_marks=tuple(image_marks),
        advisories=_advisories(document, entry["advisories"]) if "advisories" in entry else (),
    )


def _advisories(document: Document, node: Node) -> tuple[bytes, ...]:
    import json

    return tuple(json.dumps(plain(item)).encode() for item in document.items(node, "'advisories'"))


def _files(
    document: Document, node: Node | None, key: str, marks: list[Mark], modes: dict[str, int] | None
) -> Files | None:
    """The files of a layer or a build context, which has no ``modes``."""
    if node is None:
        return None
    files = {}
    for path, value in document.mapping(node, f"'{key}'", (), None).items():
        files[path] = _content(document, value, path, marks)
        if isinstance(value.value, dict) and "mode" in value.value:
            if modes is None:
                raise document.fail(value, f"'{path}' has a mode, which only the files of an 'image' have")
            modes[path] = _mode(document, value.value["mode"])
    return files


def plain(node: Node) -> Any:
    """A node as the plain values it stands for."""
    if isinstance(node.value, dict):
        return {key: plain(value) for key, value in node.value.items()}
    return [plain(item) for item in node.value] if isinstance(node.value, tuple) else node.value


def _image(image: dict[str, Any], marks: list[ImageMark]) -> dict[str, Any]:
    """The config and history of an image, the marks at the end of their texts taken out."""
    found = {"config": _unmarked(image["config"], None, marks)} if "config" in image else {}
    if isinstance(history := image.get("history"), list):
        found["history"] = [_unmarked(each, number, marks) for number, each in enumerate(history, 1)]
    return image | found


def _unmarked(value: Any, entry: int | None, marks: list[ImageMark]) -> Any:
    if isinstance(value, dict):
        return {_unmarked(key, entry, marks): _unmarked(each, entry, marks) for key, each in value.items()}
    if isinstance(value, list):
        return [_unmarked(each, entry, marks) for each in value]
    mark = _MARK.search(value) if isinstance(value, str) else None
    if mark is None:
        return value
    text = value[: mark.start()]
    marks.extend(ImageMark(entry, text, words) for words in (mark["words"] or "").split(", "))
    return text


def _content(document: Document, node: Node, path: str, marks: list[Mark]) -> bytes:
    if not isinstance(node.value, dict):
        return _marked(document, node, path, marks).encode()
    keys = document.mapping(node, f"'{path}'", (), ("text", "base64", "size", "mode"))
    if "size" in keys:
        size = keys["size"].value
        if type(size) is not int or not 0 <= size <= MAX_EXAMPLE:
            raise document.fail(keys["size"], f"'size' should be a number of bytes, at most {MAX_EXAMPLE:,}")
        return bytes(size)
    if "base64" not in keys:
        return _marked(document, keys["text"], path, marks).encode() if "text" in keys else b""
    import binascii

    encoded = keys["base64"]
    try:
        return binascii.a2b_base64("".join(document.text(encoded, "'base64'").split()), strict_mode=True)
    except ValueError as error:
        raise document.fail(encoded, f"not base64: {error}") from None


def _mode(document: Document, node: Node) -> int:
    """``"4755"``: octal, in quotes, since a bare number would be taken for a decimal one."""
    text = document.text(node, "'mode'")
    if not re.fullmatch(r"[0-7]{3,4}", text):
        raise document.fail(node, f"'mode' should be octal digits in quotes, found {text!r}", 'as in mode: "4755"')
    return int(text, 8)


def _marked(document: Document, node: Node, path: str, marks: list[Mark]) -> str:
    """The text of a file, its marks noted; those at the end of a line taken out, those alone on one left."""
    if not isinstance(node.value, str):
        raise document.fail(node, f"{path} should be text, found {shown(node)}")
    lines = node.value.split("\n")
    waiting: list[str] = []
    for number, whole in enumerate(lines if lines[-1] else lines[:-1], 1):
        found = _MARK.search(whole)
        line = whole[: found.start()] if found else whole
        if found:
            waiting.append(found["words"] or "")
            if not line.strip():
                continue
            lines[number - 1] = line
        for words in waiting:
            for word in words.split(", "):
                if word and word not in line:
                    raise document.fail(node, f"{path} expects {word!r}, which line {number} does not hold")
                marks.append(Mark(path, number, line.index(word) + 1 if word else None))
        waiting.clear()
    if waiting:
        raise document.fail(node, f"{path} ends with '# expect' and no line after it")
    return "\n".join(lines)


def run(rule: Rule, example: Example, scan: Scan, scan_image: ScanImage | None = None) -> tuple[str, ...]:
    """What is wrong with an example: each reason in a sentence, none when it is as it should be.

    An image example says nothing as long as there is nobody to scan it.
    """
    known = {"advisories": example.advisories} if example.advisories else {}
    if example.dockerfile is not None:
        report = scan(example.dockerfile, example.files, **known)
    elif scan_image is not None and example.image is not None:
        layers = [example.files or {}, *([] if example.later is None else [example.later])]
        report = scan_image(example.image, layers, example.modes, **known)
    else:
        return ()
    return tuple(_reasons(rule, example, report))


def _reasons(rule: Rule, example: Example, report: Report) -> Iterator[str]:
    found = [finding for finding in report.findings if finding.rule.page == rule.id]
    for problem in report.problems:
        yield f"{problem.at}: could not be looked at: {problem.reason}"
    if example.verdict == "good":
        for finding in found:
            yield f"{finding.at}: fires on a good example: {finding.message}"
        return
    if not found:
        unsure = [one for one in report.undecided if one.rule.id == rule.id]
        yield "does not fire" + "".join(f"; not known: {', '.join(one.fields)}" for one in unsure)
        return
    columns: dict[tuple[str, int], set[int]] = {}
    for finding in found:
        span = finding.at.span
        if span is not None:
            columns.setdefault((finding.at.path, span.first_line), set()).add(span.first_column)
    marked: dict[tuple[str, int], set[int]] = {}
    for mark in (*example.marks, *_placed(example.image_marks, report)):
        marked.setdefault((mark.path, mark.line), set()).update(() if mark.column is None else (mark.column,))
    for path, line in sorted(marked.keys() - columns.keys()):
        yield f"{path}:{line}: '# expect' stands here, but it does not fire"
    for path, line in sorted(columns.keys() - marked.keys()):
        yield f"{path}:{line}: fires here: mark the place with '# expect' if it should"
    for place in sorted(marked.keys() & columns.keys()):
        if marked[place] and marked[place] != columns[place]:
            fires, expected = (", ".join(map(str, sorted(some[place]))) for some in (columns, marked))
            yield f"{place[0]}:{place[1]}: fires at column {fires}, expected at {expected}"


def _placed(marks: Sequence[ImageMark], report: Report) -> Iterator[Mark]:
    """Where marks of an image stand in the texts that are made of its config and history."""
    for mark in marks:
        path = f"{report.target} {'config' if mark.entry is None else 'history'}"
        lines = report.lines.get(path, ())
        numbers = [n for n, line in enumerate(lines, 1) if (n == mark.entry if mark.entry else mark.text in line)]
        for number in numbers or [0]:
            yield Mark(path, number, lines[number - 1].find(mark.words) + 1 if number and mark.words else None)
