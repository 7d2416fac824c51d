"""A Dockerfile, and the build context beside it, as a target."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping

from scanner.errors import TargetError
from scanner.model.finding import Problem
from scanner.model.instruction import Copy, Dockerfile, Instruction
from scanner.model.location import Location, Span
from scanner.model.secret import SecretHit
from scanner.model.target import File, Target
from scanner.parsers import dockerfile
from scanner.sources.context import Context, Lines
from scanner.sources.discover import STDIN
from scanner.sources.dockerfile.evaluate import Evaluation
from scanner.sources.dockerfile.inherit import Resolve
from scanner.sources.masking import masked

MAX_DOCKERFILE = 8 << 20
"""Bytes of the largest Dockerfile that is read."""


def open_dockerfile(
    path: str,
    *,
    context: str | None = None,
    build_args: Mapping[str, str] | None = None,
    target: str | None = None,
    resolve: Resolve | None = None,
) -> Target:
    """The target of a Dockerfile on disk, or of standard input for ``-``.

    ``context`` is the build context's folder; by default the folder of the Dockerfile, or one above it that has the
    files it copies. ``resolve`` is asked what base images set. Raises TargetError when the file cannot be read,
    UsageError when ``target`` is no stage of it.
    """
    try:
        if path == STDIN:
            data = sys.stdin.buffer.read(MAX_DOCKERFILE + 1)
        else:
            with open(path, "rb") as file:
                data = file.read(MAX_DOCKERFILE + 1)
    except OSError as error:
        raise TargetError(f"{path}: {error.strerror or error}") from error
    name = "<stdin>" if path == STDIN else os.path.normpath(path)
    if len(data) > MAX_DOCKERFILE:
        size = f"larger than {MAX_DOCKERFILE:,} bytes"
        return _unreadable(name, f"{size}, which no Dockerfile needs to be; it was not looked at")
    encodings = {b"\xff\xfe": "UTF-16", b"\xfe\xff": "UTF-16"}
    if data[:2] in encodings or b"\0" in data[:4096]:
        return _unreadable(name, "not UTF-8 text; save it as UTF-8")
    problems: list[Problem] = []
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        problems.append(
            Problem(
                at=Location(name, Span(line, 1, line, 1)),
                reason="a byte that is not UTF-8; it was read as \ufffd",
                remedy="Save the file as UTF-8.",
            )
        )
        text = data.decode("utf-8", "replace")
    beside = None if path == STDIN else path
    return _target(
        text,
        name,
        folder=context,
        beside=beside,
        build_args=build_args or {},
        target=target,
        resolve=resolve,
        problems=problems,
    )


def read(
    text: str,
    path: str = "Dockerfile",
    context: Mapping[str, bytes] | None = None,
    *,
    build_args: Mapping[str, str] | None = None,
    target: str | None = None,
    resolve: Resolve | None = None,
) -> Target:
    """The target of a Dockerfile's text, with the files of its context by name (None: no context is known)."""
    return _target(text, path, files=context, build_args=build_args or {}, target=target, resolve=resolve, problems=[])


def _target(
    text: str,
    path: str,
    *,
    folder: str | None = None,
    beside: str | None = None,
    files: Mapping[str, bytes] | None = None,
    build_args: Mapping[str, str],
    target: str | None,
    resolve: Resolve | None,
    problems: list[Problem],
) -> Target:
    whole, found = masked(path, text)
    lines: Lines = {path: tuple(line.removesuffix("\r") for line in whole.value.split("\n"))}
    hits: dict[int, list[SecretHit]] = {}
    for hit in found:
        assert hit.at.span is not None
        hits.setdefault(hit.at.span.first_line, []).append(hit)
    parsed = dockerfile.parse(whole.value, path)
    problems += [Problem(at=_line(lines[path], path, line), reason=reason) for line, reason in parsed.errors]
    if folder is None and beside is not None:
        folder = _guess_context(beside, parsed)
    context = None
    if folder is not None or files is not None:
        ignore_name = os.path.basename(path) + ".dockerignore"
        context = Context(folder, files, ignore_name=ignore_name, lines=lines, problems=problems)
    played = Evaluation(
        parsed,
        path,
        context,
        build_args=build_args,
        target=target,
        resolve=resolve,
        secrets=hits,
        problems=problems,
    )
    inside = {
        line
        for step in played.steps
        for line in range(step.instruction.span.first_line, step.instruction.span.last_line + 1)
    }
    comments = tuple(hit for line, on_line in hits.items() if line not in inside for hit in on_line)
    itself = File(
        at=Location(path),
        size=len(whole.value),
        secrets=comments,
        read=lambda: whole.value.encode("utf-8", "replace"),
        part=lambda start, size: whole.value.encode("utf-8", "replace")[start : start + size],
        text=lambda: whole,
    )
    return Target(
        name=path,
        config=played.config(),
        steps=tuple(played.steps),
        files=_files(itself, played, context),
        comments=parsed.comments,
        directives=parsed.directives,
        lines=lines,
        problems=problems,
    )


def _files(itself: File, played: Evaluation, context: Context | None) -> Iterator[File]:
    """The Dockerfile itself, then every file that a COPY or ADD takes from the context, once; those that ship first."""
    yield itself
    if context is None:
        return
    seen: set[str] = set()
    for instruction, step in sorted(played.copies(), key=lambda copy: not copy[1].stage.ships):
        for source in instruction.sources:
            if not source.known or source.text.startswith("<<") or "://" in source.text:
                continue
            ships = step.stage.ships or played.taken_on(instruction, step, source.text)
            for file in context.walk(source.text, instruction.evidence(source), ships=ships):
                if file.at.path not in seen:
                    seen.add(file.at.path)
                    yield file.replace(parts=None) if _same(file.at.path, itself.at.path) else file
    context.close()


def _same(path: str, other: str) -> bool:
    """Whether two paths are of the same file, whichever folder they begin at."""
    return os.path.basename(path) == os.path.basename(other) and os.path.realpath(path) == os.path.realpath(other)


def _line(lines: tuple[str, ...], path: str, line: int) -> Location:
    width = len(lines[line - 1]) if 0 < line <= len(lines) else 0
    return Location(path, Span(line, 1, line, max(1, width)))


def _unreadable(name: str, reason: str) -> Target:
    return Target(name=name, config=None, lines={}, problems=[Problem(at=Location(name), reason=reason)])


def _guess_context(path: str, parsed: Dockerfile) -> str:
    """The nearest folder, from the Dockerfile's own up to the repository's, that has everything it copies by name."""
    own = os.path.dirname(path) or "."
    wanted = [name for instruction in parsed.instructions for name in _plain_sources(instruction)]
    folder = own
    while wanted and not all(os.path.exists(os.path.join(folder, name)) for name in wanted):
        above = os.path.normpath(os.path.join(folder, ".."))
        if os.path.exists(os.path.join(folder, ".git")) or os.path.abspath(above) == os.path.abspath(folder):
            return own
        folder = above
    return folder


def _plain_sources(instruction: Instruction) -> list[str]:
    """The sources of a COPY or ADD from the context that are paths without variable or wildcard, the root apart."""
    if not isinstance(instruction, Copy) or instruction.flag("from") is not None:
        return []
    names = [word.text.lstrip("/") for word in instruction.sources]
    return [name for name in names if name not in {"", ".", "./"} and not any(char in name for char in "*?[$<:")]
