"""What a stage has from its base image before its first instruction, where somebody can be asked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from scanner.errors import ScanError
from scanner.model.finding import Problem
from scanner.model.instruction import From, Healthcheck, Instruction, Shelled
from scanner.model.location import Text, Word
from scanner.parsers import dockerfile
from scanner.sources.dockerfile import bases
from scanner.sources.dockerfile.stage import StageState

if TYPE_CHECKING:
    from scanner.sources.image.resolve import Base

Resolve = Callable[[str, str | None], "Base"]
"""How a base image runs, by its reference and platform. Raises ScanError."""


def inherit(state: StageState, opened: From, resolve: Resolve | None, problems: list[Problem]) -> Sequence[Instruction]:
    """Put a stage, which ``opened`` opens, into the state that its base image leaves it in; the image's ONBUILDs.

    Without ``resolve`` only what is known of public images. An image that cannot be asked for is a problem.
    """
    reference = state.root_base
    state.user = bases.default_user(reference)
    if resolve is None or not reference or not state.stage.reached:
        return ()
    flag = opened.flag("platform")
    platform = None if flag is None or "$" in (flag.value or "") else flag.value

    def problem(reason: str, remedy: str = "") -> None:
        if all(each.reason != reason for each in problems):
            problems.append(Problem(at=opened.evidence(opened.image).at, reason=reason, remedy=remedy))

    try:
        base = resolve(reference, platform)
    except ScanError as error:
        problem(f"the base image {reference} cannot be asked for what it sets: {error}", error.hint)
        return ()
    note = f"inherited from {reference}"
    _take(state, opened, base, note)
    triggers = []
    for line in base.triggers:
        parsed = dockerfile.parse(f"FROM scratch\n{line}", "")
        if parsed.errors or len(parsed.instructions) != 2:
            problem(f"an ONBUILD instruction of the base image {reference} cannot be read")
        else:
            triggers.append(_moved(parsed.instructions[1], opened, note))
    return triggers


def _take(state: StageState, opened: From, base: Base, note: str) -> None:
    state.base_known, state.digest = True, base.digest or None
    state.inherited_from = opened.evidence(opened.image, note)
    said = (state.inherited_from,)
    state.env.update(base.env)
    state.user, state.workdir = base.user, base.workdir or "/"
    state.ports += [Word(port, opened.image.start, opened.image.end) for port in base.ports]
    state.says |= {f"env.{name}": said for name, _ in base.env}
    state.says |= {f"port.{port.partition('/')[0]}": said for port in base.ports}
    if base.user:
        state.says["user"] = said
    if base.shell:
        state.shell = base.shell
    if base.entrypoint:
        state.entrypoint, state.says["entrypoint"] = _shelled("ENTRYPOINT", base.entrypoint, opened, note), said
    if base.command:
        state.command, state.says["cmd"] = _shelled("CMD", base.command, opened, note), said
    if base.healthcheck:
        state.healthcheck, state.says["healthcheck"] = _healthcheck(base.healthcheck, opened, note), said


def _shelled(keyword: str, words: Sequence[str], opened: From, note: str) -> Shelled:
    """The exec form of an instruction."""
    text, argv = _listed(keyword, words, opened, note)
    return Shelled(keyword=keyword, span=opened.span, text=text, arguments=len(keyword) + 1, argv=argv, script=text)


def _healthcheck(test: Sequence[str], opened: From, note: str) -> Healthcheck:
    text, argv = _listed("HEALTHCHECK", test[1:], opened, note)
    return Healthcheck(
        keyword="HEALTHCHECK",
        span=opened.span,
        text=text,
        arguments=len("HEALTHCHECK") + 1,
        argv=None if test[0] == "CMD-SHELL" else argv,
        script=text.cut((len("HEALTHCHECK") + 1, len(text.value))),
        disabled=test[0] == "NONE",
    )


def _listed(keyword: str, words: Sequence[str], opened: From, note: str) -> tuple[Text, tuple[Word, ...]]:
    argv, at = [], len(keyword) + 1
    for word in words:
        argv.append(Word(word, at, at + len(word)))
        at += len(word) + 1
    return _text(" ".join((keyword, *words)), opened, note), tuple(argv)


def _text(value: str, opened: From, note: str) -> Text:
    """Words that stand in no file: each of them is where FROM names the image, from its start to its end."""
    start, end = opened.text.place(opened.image.start), opened.text.place(opened.image.end - 1)
    places = tuple(end if after == " " else start for after in f"{value[1:]} ")
    return Text(
        path=opened.text.path,
        value=value,
        starts=tuple(range(max(1, len(value)))),
        places=places,
        layer=opened.text.layer,
        note=note,
    )


def _moved(instruction: Instruction, opened: From, note: str) -> Instruction:
    """An instruction of the image, as if it stood where FROM names the image."""
    text = _text(instruction.text.value, opened, note)
    moved = instruction.replace(span=opened.span, text=text)
    return moved.replace(script=_text(moved.script.value, opened, note)) if isinstance(moved, Shelled) else moved
