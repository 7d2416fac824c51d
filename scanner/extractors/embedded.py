"""The Python that commands run: ``python -c``, here-documents, and scripts of the build context."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from scanner.extractors.checks import is_python
from scanner.model.command import Command
from scanner.model.location import Text, Word
from scanner.model.target import Config, Step
from scanner.parsers.lazy import Lazy
from scanner.parsers.python_code import MAX_SOURCE

_VALUED = frozenset({"-W", "-X", "--check-hash-based-pycs"})
_RUNNERS = frozenset(
    {
        "uvicorn", "gunicorn", "hypercorn", "streamlit", "fastapi", "gradio", "torchrun", "accelerate", "chainlit",
        "deepspeed", "bentoml", "ray", "uv", "poetry",
    }
)  # fmt: skip
"""Programs that are given a Python file, or a module as ``module:object``."""
_MODULE = Lazy(r"([A-Za-z_][\w.]*):[A-Za-z_]\w*(?:\(.*\))?")


def sources(item: Step | Config) -> Iterator[Text]:
    """Each Python text that the item's commands run, once; ValueError last when one of them cannot be read."""
    texts, error = _found(item)
    yield from texts
    if error is not None:
        raise error


def readable(item: Step | Config) -> Sequence[Text]:
    """The same, without those behind one that cannot be read: the extractor of models reports it already."""
    return _found(item)[0]


_last: tuple[Step | Config | None, tuple[list[Text], ValueError | None]] = (None, ([], None))


def _found(item: Step | Config) -> tuple[list[Text], ValueError | None]:
    """Kept until another item is asked for: several extractors look at the code of one item in turn."""
    global _last  # noqa: PLW0603
    if _last[0] is not item:
        texts: list[Text] = []
        error = None
        try:
            texts.extend(_read(item))
        except ValueError as gap:
            error = gap
        _last = item, (texts, error)
    return _last[1]


def _read(item: Step | Config) -> Iterator[Text]:
    seen: set[str] = set()
    for command in item.commands:
        if is_python(command.program):
            yield from _inline(command)
        path = _started(command)
        file = item.find(path) if path else None
        if file is None or file.at.path in seen:
            continue
        seen.add(file.at.path)
        if file.size > MAX_SOURCE:
            raise ValueError(f"{file.at.path}: Python source of {file.size:,} bytes; at most {MAX_SOURCE:,} are read")
        yield file.text()


def module(command: Command) -> str:
    """The module that ``python -m`` runs, else ""."""
    words = _arguments(command) if is_python(command.program) else []
    return words[1].text if len(words) > 1 and words[0].text == "-m" else ""


def _inline(command: Command) -> Iterator[Text]:
    words = _arguments(command)
    if len(words) > 1 and words[0].text == "-c":
        word = words[1]
        at = command.source.value.find(word.text, word.start, word.end)
        yield command.source.cut((at, at + len(word.text)) if at >= 0 else (word.text, word.start))
    elif command.heredoc is not None and (not words or words[0].text == "-"):
        yield command.heredoc


def _started(command: Command) -> str:
    """The path of the Python file that a command starts, "" for none."""
    if not command.words or not command.words[0].known:
        return ""
    if is_python(command.program):
        words = _arguments(command)
        if words and words[0].text in {"-c", "-"}:
            return ""
        if len(words) > 1 and words[0].text == "-m":
            return _module_file(words[1:]) or f"{words[1].text.replace('.', '/')}.py"
        return words[0].text if words and words[0].text.endswith(".py") else ""
    if command.words[0].text.endswith(".py"):
        return command.words[0].text
    return _module_file(command.arguments) if command.program in _RUNNERS else ""


def _module_file(words: tuple[Word, ...] | list[Word]) -> str:
    for word in words:
        if not word.known:
            continue
        if word.text.endswith(".py"):
            return word.text
        if match := _MODULE.fullmatch(word.text):
            return match[1].replace(".", "/") + ".py"
    return ""


def _arguments(command: Command) -> list[Word]:
    """Python's arguments without its own options in front (``-u``, ``-W ignore``); clusters like ``-uc`` are ``-c``."""
    words = list(command.arguments)
    while words:
        text = words[0].text
        if text in _VALUED:
            del words[:2]
        elif text in {"-c", "-m", "-"} or not text.startswith("-"):
            return words
        elif not text.startswith("--") and text[-1] in "cm":
            return [words[0]._replace(text=f"-{text[-1]}"), *words[1:]]
        else:
            del words[0]
    return []
