"""Where reports go, and how the screen is."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, TextIO

from scanner.errors import UsageError

if TYPE_CHECKING:
    from scanner.model.finding import Problem
    from scanner.sources.image.layers import Passed

STDOUT = "-"
WIDTH = 120
"""Columns when nobody says; a screen is used within the limits below."""
NARROWEST, WIDEST = 40, 160
GUTTER = 6
"""Columns of a line number and its bar."""


def write(text: str, path: str = STDOUT) -> None:
    """Write a report to a file, or to standard output. Raises UsageError for a file that cannot be written."""
    if path == STDOUT:
        _encodable(sys.stdout).write(text)
        return
    try:
        with open(path, "w", encoding="utf-8", errors="backslashreplace", newline="\n") as file:
            file.write(text)
    except OSError as error:
        raise UsageError(f"{path}: cannot be written: {error.strerror}", hint="choose another file with -o") from None


def colored(stream: TextIO, environ: Mapping[str, str] = os.environ) -> bool:
    """Whether to use colours: NO_COLOR says no, FORCE_COLOR yes, else only on a terminal that knows them."""
    if environ.get("NO_COLOR"):
        return False
    if environ.get("FORCE_COLOR"):
        return environ["FORCE_COLOR"] != "0"
    return stream.isatty() and environ.get("TERM") != "dumb"


def encodes(stream: TextIO, text: str) -> bool:
    """Whether a stream can show a text."""
    try:
        text.encode(stream.encoding or "ascii")
    except (UnicodeError, LookupError):
        return False
    return True


def tell(problems: Iterable[Problem]) -> None:
    """Say on standard error what could not be looked at."""
    from scanner.reporters.quote import visible

    for problem in problems:
        sys.stderr.write(f"{visible(str(problem.at))} not looked at: {visible(problem.reason)}\n")


def width(stream: TextIO, gutter: int = GUTTER) -> int:
    """Columns for text on a stream, beside a gutter: its terminal's within reason, else a fixed number, so that files
    are the same.
    """
    if not stream.isatty():
        return WIDTH
    try:
        columns = os.get_terminal_size(stream.fileno()).columns
    except (OSError, ValueError):
        columns = 0
    return max(NARROWEST, min(WIDEST, columns - gutter)) if columns else WIDTH


def now() -> str:
    """The time of a report: that of SOURCE_DATE_EPOCH, if it is set, so that a report can be made again."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH", "")
    moment = int(epoch) if epoch.isascii() and epoch.isdigit() and len(epoch) <= 10 else time.time()
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(moment))


def _encodable(stream: TextIO) -> TextIO:
    r"""The stream, told to write ``\u2026`` rather than fail where its encoding has no ``…``."""
    reconfigure = getattr(stream, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(errors="backslashreplace")
    return stream


class Progress:
    """Counts on standard error, once a run takes longer than ``DELAY``, and only on a terminal."""

    DELAY = 1.0
    """Seconds."""
    EVERY = 0.1

    def __init__(self, stream: TextIO) -> None:
        self._clock = time.monotonic
        self._stream = stream
        self._next = self._clock() + self.DELAY
        self._shown = False
        self._size, self._begun = 0, self._clock()

    def __call__(self, done: int) -> None:
        """So many targets are done."""
        if self._due():
            self._show(f"looking: {done} done")

    def layers(self, passed: Passed) -> None:
        """So much of an image's layers is read."""
        if passed.size < self._size or not self._size:
            self._begun = self._clock()
        self._size = passed.size
        if not self._due():
            return
        from scanner.reporters.tally import size

        rate = passed.size / max(self.EVERY, self._clock() - self._begun)
        text = f"reading layers: {passed.done}{f' of {passed.layers}' * bool(passed.layers)} done, {size(passed.size)}"
        if rate and not passed.total:
            text += f", {size(int(rate))}/s"
        elif rate:
            text += f" of {size(passed.total)}"
            left = (passed.total - passed.size) / rate
            text += f", {size(int(rate))}/s, {left // 60:.0f}:{left % 60:02.0f} left"
        self._show(text)

    def close(self) -> None:
        """Take the line away."""
        if self._shown:
            self._stream.write("\r\x1b[K")
            self._stream.flush()

    def _due(self) -> bool:
        now = self._clock()
        if now < self._next:
            return False
        self._next = now + self.EVERY
        return True

    def _show(self, text: str) -> None:
        self._shown = True
        self._stream.write(f"\r{text}\x1b[K")
        self._stream.flush()
