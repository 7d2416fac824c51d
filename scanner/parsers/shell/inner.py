"""Where in a command's arguments a script stands."""

from __future__ import annotations

from collections.abc import Sequence

from scanner.model.location import Word

SHELLS = frozenset({"sh", "bash", "dash", "ash", "ksh", "mksh", "zsh", "rbash"})
_RUNS_COMMAND = frozenset({"su", "runuser", "flock", "script"})
RUN_SCRIPTS = SHELLS | _RUNS_COMMAND
_COMMAND_OPTIONS = frozenset({"-c", "--command", "--session-command"})


def script_index(program: str, words: Sequence[Word]) -> int | None:
    """The index of the script in ``sh -euxo pipefail -c script``; 0 when a shell reads it from standard input.

    None when the command runs no script that is given with it.
    """
    if program in SHELLS:
        return _of_shell(words)
    if program in _RUNS_COMMAND:
        for n, word in enumerate(words[:-1]):
            bundle = program != "flock" and _is_bundle(word.text) and word.text[-1] == "c"
            if bundle or word.text in _COMMAND_OPTIONS:
                return n + 1
        return None if program in {"flock", "script"} else 0
    return None


def _is_bundle(text: str) -> bool:
    return len(text) > 1 and text[0] in "-+" and text[1] != "-"


def _of_shell(words: Sequence[Word]) -> int | None:
    at, wanted, from_input = 1, False, False
    while at < len(words) and words[at].text[:1] in {"-", "+"} and len(words[at].text) > 1:
        text = words[at].text
        at += 1
        if text == "--":
            break
        if not _is_bundle(text):
            at += text in {"--rcfile", "--init-file"}
            continue
        wanted = wanted or (text[0] == "-" and "c" in text)
        from_input = from_input or "s" in text
        at += "o" in text or "O" in text
    if wanted:
        return at if at < len(words) else None
    return 0 if from_input or at >= len(words) or words[at].text == "-" else None
