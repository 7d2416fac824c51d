"""The config of an image is the truth: what its history says otherwise, or not at all."""

from __future__ import annotations

from scanner.model.instruction import Pairs, Words
from scanner.sources.image.history import Playback
from scanner.sources.image.settings import Setting, Settings, same_command
from scanner.sources.layout import absolute

MAX_PORTS = 200
"""Different words of EXPOSE in the history that the ports of the config are held against."""


def complete(played: Playback, settings: Settings) -> None:
    """Correct the state; what the history does not say becomes a step behind it."""
    state = played.state
    for name in [name for name in state.env if name not in settings.env]:
        state.unset(name)
    for name, setting in settings.env.items():
        if state.env.get(name) != setting.value:
            played.setting(setting)
    if settings.user is None:
        state.user = ""
        state.says.pop("user", None)
    elif state.user != _text(settings.user):
        played.setting(settings.user)
    if settings.workdir is not None and state.workdir != absolute(_text(settings.workdir), "/"):
        played.setting(settings.workdir)
    _complete_lists(played, settings)
    _complete_commands(played, settings)


def _complete_lists(played: Playback, settings: Settings) -> None:
    """Ports, labels, volumes, the stop signal, what runs in images built on this one."""
    steps = played.steps
    ports = [_ports(word) for word in list(dict.fromkeys(word.text for word in played.state.ports))[:MAX_PORTS]]
    labels = {
        pair.key.text: pair.value.text
        for step in steps
        if step.keyword == "LABEL" and isinstance(step.instruction, Pairs)
        for pair in step.instruction.pairs
        if pair.value is not None
    }
    said: dict[str, set[str]] = {}
    for step in steps:
        if isinstance(step.instruction, Words):
            said.setdefault(step.keyword, set()).update(word.text for word in step.instruction.words)
    triggers = {step.instruction.text.value.strip() for step in steps if step.triggered}
    missing = [
        each for port, each in settings.ports.items() if not any(_within(_ports(port), opened) for opened in ports)
    ]
    missing += [each for name, each in settings.labels.items() if labels.get(name) != each.value]
    missing += [each for path, each in settings.volumes.items() if path not in said.get("VOLUME", ())]
    missing += [each for text, each in settings.triggers.items() if text.strip() not in triggers]
    if settings.stop_signal is not None and "STOPSIGNAL" not in said:
        missing.append(settings.stop_signal)
    for each in missing:
        played.setting(each)


def _complete_commands(played: Playback, settings: Settings) -> None:
    state = played.state
    for name, key in (("entrypoint", "entrypoint"), ("command", "cmd"), ("healthcheck", "healthcheck")):
        setting = getattr(settings, name)
        if setting is None:
            setattr(state, name, None)
            state.says.pop(key, None)
        elif not same_command(getattr(state, name), setting.instruction):
            kept = state.command, state.says.get("cmd")
            played.setting(setting)
            if name == "entrypoint" and kept[0] is not None:
                state.command = kept[0]
                state.says["cmd"] = kept[1] or ()


def _text(setting: Setting) -> str:
    return setting.instruction.words[0].text if isinstance(setting.instruction, Words) else ""


def _ports(word: str) -> tuple[str, str, str]:
    """First and last port, and the protocol, of ``8000-8002/tcp``."""
    numbers, _, protocol = word.partition("/")
    first, _, last = numbers.partition("-")
    return first, last or first, protocol.lower() or "tcp"


def _within(port: tuple[str, str, str], said: tuple[str, str, str]) -> bool:
    """Whether EXPOSE says a port of the config, alone or as one of a range."""
    if port == said:
        return True
    numbers = [number for number in (port[0], port[1], *said[:2]) if number.isdecimal() and len(number) < 6]
    if port[2] != said[2] or len(numbers) < 4:
        return False
    first, last, low, high = map(int, numbers)
    return low <= first <= last <= high
