"""Files of layers for tests, without an image."""

import os

from scanner.derive import DERIVERS
from scanner.extractors.installed import EXTRACTORS
from scanner.model.finding import Problem
from scanner.model.location import Layer, Location, Text
from scanner.model.target import File

LAYER = Layer(0, "sha256:0")


def file(path, content=b"", *, layer=LAYER, mode=0o644, link=None, ships=True, size=None):
    """A file of a layer; ``content`` may be a function."""
    read = content if callable(content) else lambda: content
    return File(
        at=Location(path, layer=layer),
        size=len(content) if size is None else size,
        mode=mode,
        link=link,
        ships=ships,
        read=read,
        part=lambda start, size: read()[start : start + size],
        text=lambda: Text.of_file(path, read().decode("utf-8", "replace"), layer=layer),
    )


def files_below(folder, *, root="/"):
    """The files of this machine below a folder, as if they were in a layer."""
    for at, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not os.path.islink(os.path.join(at, name))]
        for name in names:
            path = os.path.join(at, name)
            if os.path.isfile(path) and not os.path.islink(path):
                told = os.stat(path)
                yield file(
                    os.path.relpath(path, root), lambda path=path: _read(path), mode=told.st_mode, size=told.st_size
                )


def _read(path):
    with open(path, "rb") as opened:
        return opened.read()


def records(files, problems=None):
    """The facts that the extractors state, and the problems they had."""
    found = []
    for item in files:
        for extractor in EXTRACTORS:
            if extractor.wants(item):
                try:
                    found.extend(extractor.extract(item))
                except ValueError as error:
                    if problems is None:
                        raise
                    problems.append(Problem(at=item.at, reason=str(error)))
    return found


def facts(files, today="2026-11-22", problems=None):
    """The same with what derives from them."""
    found = records(files, problems)
    for derive in DERIVERS:
        found += list(derive(found, today))
    return found


def buildinfo(version, text):
    """A program with the build information that Go's linker writes: the compiler's version and the list of modules."""

    def string(value):
        length, out = len(value), b""
        while length >= 0x80:
            out, length = out + bytes([length & 0x7F | 0x80]), length >> 7
        return out + bytes([length]) + value

    return (
        b"\x7fELF".ljust(64, b"\0")
        + b"\xff Go buildinf:"
        + bytes([8, 2])
        + bytes(16)
        + string(version)
        + string(b"s" * 16 + text + b"e" * 16)
    )
