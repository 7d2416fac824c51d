"""The user that the container runs as."""

from __future__ import annotations

from collections.abc import Iterator

from scanner.model.facts import RuntimeUser
from scanner.model.instruction import Copy
from scanner.model.target import Config, Item, Step
from scanner.parsers.lazy import Lazy

_CREATES = frozenset({"useradd", "adduser"})
_TAKES_VALUE = frozenset(
    "-u --uid -g --gid --ingroup -G --groups -d --home-dir --home -h -s --shell -c --comment --gecos -p --password "
    "-b --base-dir -e --expiredate -f --inactive -k --skel -K --key -R --root -Z".split()
)
_GROUPS = Lazy(r"--groups(?:=|$)|-[a-zA-Z]*G")


def is_root(user: str | None) -> bool | None:
    """Whether a USER value means root: none set, ``root`` or number 0 however it is written; None when not known."""
    if user is None:
        return None
    name = user.partition(":")[0].strip()
    if name in {"", "root"}:
        return True
    return int(name) == 0 if name.isdecimal() else False


class RuntimeUsers:
    """From the config and the steps behind it."""

    of = (Config,)

    def wants(self, item: Item) -> bool:
        """Only the config."""
        return isinstance(item, Config)

    def extract(self, item: Item) -> Iterator[RuntimeUser]:
        """One fact, none where nothing can run."""
        assert isinstance(item, Config)
        if item.starts_nothing:
            return
        name = None if item.user is None else item.user.partition(":")[0].strip()
        numeric = None if name is None else name.isdecimal()
        yield RuntimeUser(
            evidence=item.evidence("user"),
            name=item.user,
            declared="user" in item.says,
            is_root=is_root(item.user),
            numeric=numeric,
            created_unused=_created(item.steps) if "user" not in item.says.keys() - item.inherited else "",
            nameless=name not in {None, ""} and not numeric and item.base == "" and not _brings_users(item),
            groups_dropped=":" in (item.user or "") and _joins_groups(item.steps, name or ""),
        )


def _created(steps: tuple[Step, ...]) -> str:
    """The last user that the shipping stages create, by a literal name."""
    name = ""
    for step in steps:
        for command in step.commands:
            if command.program not in _CREATES:
                continue
            words = iter(command.arguments)
            positional = []
            for word in words:
                if word.text in _TAKES_VALUE:
                    next(words, None)
                elif not word.text.startswith("-") and word.known:
                    positional.append(word.text)
            if positional and "--system" not in {w.text for w in command.arguments}:
                name = positional[0]
    return name


def _brings_users(config: Config) -> bool:
    """Whether something may put an /etc/passwd into an image made from scratch."""
    for step in config.steps:
        if isinstance(step.instruction, Copy):
            end = step.instruction.destination
            if not end.known or end.text.rstrip("/") in {"", ".", "/etc", "/etc/passwd"}:
                return True
        elif step.commands:
            return True
    return False


def _joins_groups(steps: tuple[Step, ...], user: str) -> bool:
    """Whether the build puts a user into groups beside the first one."""
    for step in steps:
        for command in step.commands:
            words = [word.text for word in command.arguments]
            if user not in words:
                continue
            if command.program in {"useradd", "usermod"} and any(_GROUPS.match(word) for word in words):
                return True
            plain = [word for word in words if not word.startswith("-")]
            if command.program in {"adduser", "addgroup"} and len(words) == len(plain) == 2 and plain[0] == user:
                return True
    return False


EXTRACTORS = (RuntimeUsers(),)
