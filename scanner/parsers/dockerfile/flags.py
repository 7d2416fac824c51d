"""``--name=value`` between the keyword and the arguments, and what BuildKit makes of it."""

from __future__ import annotations

from collections.abc import Iterator

from scanner.model.instruction import Flag, Mount
from scanner.parsers.dockerfile.words import SEPARATORS

_ONCE, _MANY, _SWITCH = "once", "many", "switch"
_KNOWN = {
    "ADD": {
        "chown": _ONCE,
        "chmod": _ONCE,
        "link": _SWITCH,
        "keep-git-dir": _SWITCH,
        "checksum": _ONCE,
        "unpack": _SWITCH,
        "exclude": _MANY,
    },
    "COPY": {
        "chown": _ONCE,
        "from": _ONCE,
        "chmod": _ONCE,
        "link": _SWITCH,
        "exclude": _MANY,
        "parents": _SWITCH,
    },
    "FROM": {"platform": _ONCE},
    "HEALTHCHECK": dict.fromkeys(("interval", "timeout", "start-period", "start-interval", "retries"), _ONCE),
    "RUN": {"mount": _MANY, "network": _ONCE, "security": _ONCE, "device": _MANY},
}
_CHOICES = {
    ("RUN", "network"): ("default", "none", "host"),
    ("RUN", "security"): ("sandbox", "insecure"),
}
_MOUNT_TYPES = ("bind", "cache", "tmpfs", "secret", "ssh")
_MOUNT_KEYS = frozenset(
    {
        "type",
        "from",
        "source",
        "src",
        "target",
        "dst",
        "destination",
        "readonly",
        "ro",
        "readwrite",
        "rw",
        "id",
        "sharing",
        "required",
        "size",
        "mode",
        "uid",
        "gid",
        "env",
    }
)


def read_flags(value: str, at: int, escape: str) -> tuple[tuple[Flag, ...], int]:
    """The flags that begin at ``value[at]``, quotes and escapes removed, and where the arguments begin."""
    flags: list[Flag] = []
    end = len(value)
    while value.startswith("--", at):
        start, word, quote = at, [], ""
        while at < end:
            character = value[at]
            at += 1
            if character == quote:
                quote = ""
            elif not quote and character in "'\"":
                quote = character
            elif not quote and character in SEPARATORS:
                at -= 1
                break
            elif not quote and _tears(character):
                word.append("\ufffd")
                break
            elif character != escape:
                word.append(character)
            elif at < end:
                word.append(value[at])
                at += 1
        stop = at
        while at < end and value[at] in SEPARATORS:
            at += 1
        text = "".join(word)
        if text == "--":
            break
        name, equals, rest = text[2:].partition("=")
        flags.append(Flag(name, rest if equals else None, start, stop))
    return tuple(flags), at


def _tears(character: str) -> bool:
    """BuildKit reads flags byte by byte: two bytes are white space to it even inside a character, and end a flag."""
    if character < "\x80":
        return False
    encoded = character.encode("utf-8", "surrogatepass")
    return b"\x85" in encoded or b"\xa0" in encoded


def check_flags(keyword: str, flags: tuple[Flag, ...]) -> Iterator[str]:
    """What BuildKit rejects about the flags of an instruction."""
    known = _KNOWN.get(keyword, {})
    seen = set()
    for flag in flags:
        kind = known.get(flag.name)
        choices = _CHOICES.get((keyword, flag.name))
        if kind is None:
            takes = ", ".join(f"--{name}" for name in known)
            yield f"{keyword} has no flag --{_short(flag.name)}: " + (f"it takes {takes}" if takes else "it takes none")
        elif flag.name in seen and kind != _MANY:
            yield f"--{flag.name} is given twice: keep one"
        elif kind == _SWITCH:
            if flag.value is not None and flag.value.lower() not in ("true", "false"):
                yield f"--{flag.name} is either true or false"
        elif flag.value is None:
            yield f"--{flag.name} needs a value: --{flag.name}=…"
        elif choices and flag.value not in choices:
            yield f"--{flag.name} is one of {', '.join(choices)}"
        seen.add(flag.name)


def read_mounts(flags: tuple[Flag, ...]) -> tuple[Mount, ...]:
    """The mounts among the flags of a RUN."""
    return tuple(_mount(flag) for flag in flags if flag.name == "mount" and flag.value is not None)


def _mount(flag: Flag) -> Mount:
    options: dict[str, str] = {}
    for field in _fields(flag.value or ""):
        key, _, value = field.partition("=")
        options[key.lower()] = value
    return Mount(type=options.get("type", "bind").lower(), options=options, start=flag.start, end=flag.end)


def _fields(value: str) -> list[str]:
    if '"' not in value:
        return value.split(",")
    from csv import reader

    return next(reader([value.replace("\n", " ")]), [])


def check_mounts(mounts: tuple[Mount, ...]) -> Iterator[str]:
    """What BuildKit rejects about mounts, as far as that does not hang on a variable."""
    for mount in mounts:
        if mount.type not in _MOUNT_TYPES and "$" not in mount.type:
            yield f"--mount has no type {_short(mount.type)!r}: it is one of {', '.join(_MOUNT_TYPES)}"
        if "$" in mount.options.get("from", "")[:-1]:
            yield "--mount takes no variable in from=: name a stage with FROM … AS and use that"
        for key in mount.options:
            if key not in _MOUNT_KEYS:
                yield f"--mount has no option {_short(key)!r}"


def _short(text: str) -> str:
    return text if len(text) <= 40 else text[:39] + "…"
