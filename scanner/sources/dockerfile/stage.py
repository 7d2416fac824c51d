"""The state of one build stage while its instructions are read."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from scanner.model.instruction import Healthcheck, Instruction, Pairs, Shelled, Words
from scanner.model.location import Evidence, Word
from scanner.model.target import Stage, home
from scanner.parsers import variables
from scanner.parsers.variables import Value
from scanner.sources.layout import Layout, absolute

PREDEFINED = frozenset(
    f"{side}{part}" for side in ("TARGET", "BUILD") for part in ("PLATFORM", "OS", "ARCH", "VARIANT", "STAGE")
)
"""Arguments that BuildKit fills in for the platform being built; known only to the builder."""

PROXIES = frozenset(
    name
    for proxy in ("HTTP_PROXY", "HTTPS_PROXY", "FTP_PROXY", "NO_PROXY", "ALL_PROXY")
    for name in (proxy, proxy.lower())
)
"""Arguments that need no ARG (https://docs.docker.com/reference/dockerfile/#predefined-args)."""

Lookup = Callable[[str], str | None]


class StageState:
    """Everything an instruction can change, and where it was said."""

    def __init__(self, stage: Stage, base: str | None, parent: StageState | None) -> None:
        self.stage = stage
        self.root_base: str | None = parent.root_base if parent else base
        """The image that the chain of stages starts from; "" for scratch, None when it is not known."""
        self.base_known: bool = parent.base_known if parent else base == ""
        """Everything that the image sets is known."""
        self.inherited_from: Evidence | None = parent.inherited_from if parent else None
        """What ``says`` holds for settings of the base image."""
        self.digest: str | None = None
        """Of the image that FROM names here."""
        self.layout: Layout = Layout(parent.layout if parent else None)
        self.env: dict[str, str | None] = dict(parent.env) if parent else {}
        self.args: dict[str, str | None] = {}
        self._open: set[str] = set()
        """Arguments without a default that were given no value."""
        self._variables: dict[str, str | None] | None = None
        self.user: str | None = parent.user if parent else None
        self.workdir: str | None = parent.workdir if parent else ("/" if base == "" else None)
        self.shell: tuple[str, ...] = parent.shell if parent else ("/bin/sh", "-c")
        self.entrypoint: Shelled | None = parent.entrypoint if parent else None
        self.command: Shelled | None = parent.command if parent else None
        self.command_is_own = False
        self.healthcheck: Healthcheck | None = parent.healthcheck if parent else None
        self.ports: list[Word] = list(parent.ports) if parent else []
        self.triggers: list[Instruction] = []
        self.says: dict[str, tuple[Evidence, ...]] = dict(parent.says) if parent else {}

    @property
    def place(self) -> str:
        """The working directory to look files up by; the root while nobody knows a better one."""
        return self.workdir or "/"

    @property
    def home(self) -> str:
        """The home folder of the user in force."""
        return home(self.user, self.env)

    def inherited(self, says: Mapping[str, tuple[Evidence, ...]]) -> frozenset[str]:
        """Those settings that the base image makes and nothing in the file changes."""
        if self.inherited_from is None:
            return frozenset()
        return frozenset(name for name, said in says.items() if said and all(e is self.inherited_from for e in said))

    def shell_lookup(self) -> Lookup:
        """A variable's value as a shell of this stage sees it."""
        values = self.variables()
        if "HOME" in values or self.user is None:
            return values.get
        return lambda name: self.home if name == "HOME" else values.get(name)

    def lookup(self, name: str) -> Value:
        """A variable's value, for the instructions that the builder fills in; names nobody set may be the base's."""
        if name in self.env:
            return self.env[name]
        value = self.args.get(name, variables.UNSET if self.base_known else None)
        return variables.OPEN if value is None and name in self._open else value

    def variables(self) -> dict[str, str | None]:
        """All variables in force: arguments, hidden by the environment. Steps with the same ones share it."""
        if self._variables is None:
            self._variables = self.args | self.env
        return self._variables

    def apply(self, instruction: Instruction, build_args: Mapping[str, str], outer: Mapping[str, Value]) -> None:
        """Do what an instruction does to the settings; ``outer`` are the arguments declared before the first FROM."""
        match instruction:
            case Pairs(keyword="ENV" | "ARG"):
                self._assign(instruction, build_args, outer)
            case Words():
                self._set(instruction.keyword, instruction)
            case Healthcheck():
                self.healthcheck = instruction
                self.says["healthcheck"] = (instruction.evidence(),)
            case Shelled(keyword="ENTRYPOINT"):
                self.entrypoint = instruction
                if not self.command_is_own:
                    self.command = None
                    self.says.pop("cmd", None)
                self.says["entrypoint"] = (instruction.evidence(),)
            case Shelled(keyword="CMD"):
                self.command, self.command_is_own = instruction, True
                self.says["cmd"] = (instruction.evidence(),)

    def unset(self, name: str) -> None:
        """A variable of the environment is none after all."""
        del self.env[name]
        self.says.pop(f"env.{name}", None)
        self._variables = None

    def _assign(self, instruction: Pairs, build_args: Mapping[str, str], outer: Mapping[str, Value]) -> None:
        for pair in instruction.pairs:
            name, value = pair.key.text, pair.value.text if pair.value is not None and pair.value.known else None
            if instruction.keyword == "ARG":
                if pair.value is None and name not in PREDEFINED:
                    default = outer.get(name, variables.OPEN)
                    value = default if isinstance(default, str) else None
                    if default is variables.OPEN:
                        self._open.add(name)
                self.args[name] = build_args.get(name, value)
            else:
                self.env[name] = value
                end = pair.value.end if pair.value is not None else pair.key.end
                self.says[f"env.{name}"] = (instruction.evidence(Word("", pair.key.start, end)),)
        self._variables = None

    def _set(self, keyword: str, instruction: Words) -> None:
        word = instruction.words[0]
        if keyword == "USER":
            self.user = word.text if word.known else None
            self.says["user"] = (instruction.evidence(word),)
        elif keyword == "WORKDIR":
            self.workdir = absolute(word.text, self.place) if word.known else None
        elif keyword == "EXPOSE":
            for each in instruction.words:
                self.ports.append(each)
                self.says[f"port.{each.text.partition('/')[0]}"] = (instruction.evidence(each),)
        elif keyword == "SHELL":
            self.shell = tuple(each.text for each in instruction.words)
