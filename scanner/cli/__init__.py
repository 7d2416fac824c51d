"""The command line: ``hullcheck``."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Sequence

from scanner import __version__
from scanner.errors import ScanError

INTERRUPTED = 130
BROKEN_PIPE = 141
"""128 and the number of the signal, as a shell counts."""

OBJECTS_BEFORE_COLLECTION = 1_000_000
"""Steps and facts form no cycles: looking for some as often as Python does by itself is a tenth of a scan."""

DEBUG = "HULLCHECK_DEBUG"
"""With this variable set, an internal error shows its traceback."""


def run() -> None:
    """The program: ``main``, then an end without freeing what is left, which takes a fifth as long as a short scan."""
    code = main()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; the exit code (docs: 0 clean, 1 findings, 2 asked wrongly, 3 could not look everywhere)."""
    gc.set_threshold(OBJECTS_BEFORE_COLLECTION)
    arguments = list(sys.argv[1:] if argv is None else argv)
    try:
        code = _run(arguments)
        sys.stdout.flush()
    except ScanError as error:
        return _fail(str(error), error.hint, error.exit_code)
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # so that the interpreter's last flush is quiet as well
        return BROKEN_PIPE
    except Exception as error:
        if os.environ.get(DEBUG):
            raise
        hint = f"this is a bug in hullcheck: please report it, with what {DEBUG}=1 shows"
        return _fail(f"{type(error).__name__}: {error}", hint, ScanError.exit_code)
    return code


def _run(arguments: list[str]) -> int:
    """Importing click takes longer than scanning a file, so what needs no option parser does without it."""
    if arguments in (["--version"], ["-V"]):
        sys.stdout.write(f"hullcheck {__version__}\n")
        return 0
    if arguments[:1] == ["scan"] and not any(word.startswith("-") for word in arguments):
        from scanner.cli import scan

        return scan.run(scan.Flags(paths=tuple(arguments[1:])))
    from scanner.cli import commands

    return commands.run(arguments)


def _fail(reason: str, hint: str, code: int) -> int:
    from scanner.reporters.quote import visible

    sys.stderr.write(f"error: {visible(reason)}\n" + (f"hint: {visible(hint)}\n" if hint else ""))
    return code
