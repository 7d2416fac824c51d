"""Play a Dockerfile through, without building anything: what each step sees, and what the target stage ends up as."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property

from scanner.model.command import Command
from scanner.model.finding import Problem
from scanner.model.instruction import (
    Copy,
    Dockerfile,
    From,
    Instruction,
    Onbuild,
    Pairs,
    Run,
    Unreadable,
)
from scanner.model.location import Location
from scanner.model.secret import SecretHit
from scanner.model.target import Config, File, Stage, Step
from scanner.parsers import variables
from scanner.sources.context import Context
from scanner.sources.dockerfile import bases, undeclared
from scanner.sources.dockerfile.expand import expand
from scanner.sources.dockerfile.inherit import Resolve, inherit
from scanner.sources.dockerfile.scripts import follow
from scanner.sources.dockerfile.shells import Shells
from scanner.sources.dockerfile.stage import PREDEFINED, PROXIES, StageState
from scanner.sources.dockerfile.written import place_written, written_file
from scanner.sources.later import nearest
from scanner.sources.layout import Copied, Layout, Placed, absolute, below, landed

MAX_STAGES = 1_000
"""Stages of one file; real files have at most a few dozen."""


class Evaluation:
    """One pass over the instructions. ``steps`` and ``config`` are its outcome."""

    def __init__(
        self,
        parsed: Dockerfile,
        path: str,
        context: Context | None,
        *,
        build_args: Mapping[str, str],
        target: str | None,
        resolve: Resolve | None,
        secrets: Mapping[int, Sequence[SecretHit]],
        problems: list[Problem],
    ) -> None:
        self._parsed, self._path, self._context = parsed, path, context
        self._build_args, self._secrets, self._problems, self._resolve = build_args, secrets, problems, resolve
        self._globals: dict[str, variables.Value] = {}
        self._stages: list[StageState] = []
        self._by_name: dict[str, StageState] = {}
        self._shells = Shells(problems)
        self._ended = False
        self.steps: list[Step] = []
        start = next((at for at, each in enumerate(parsed.instructions) if isinstance(each, From)), 0)
        for instruction in parsed.instructions[:start]:
            self._read(instruction)
        self._outline = bases.outline(parsed, target, self._global)
        for instruction in parsed.instructions[start:]:
            self._read(instruction)
        self._look_back()

    @property
    def _state(self) -> StageState | None:
        return self._stages[-1] if self._stages else None

    def _read(self, instruction: Instruction) -> None:
        if self._ended:
            return
        if isinstance(instruction, From):
            self._open_stage(instruction)
            return
        state = self._state
        if state is None:
            if isinstance(instruction, Pairs) and instruction.keyword == "ARG":
                self._declare_global(instruction)
            return
        if isinstance(instruction, Unreadable):
            self._step(state, instruction, {})
            return
        self._apply(state, instruction)

    def _declare_global(self, raw: Pairs) -> None:
        before = {name: value if isinstance(value, str) else None for name, value in self._globals.items()}
        instruction = expand(raw, self._global, self._parsed.escape, self._problems)
        assert isinstance(instruction, Pairs)
        for pair in instruction.pairs:
            default: variables.Value = variables.OPEN
            if pair.value is not None:
                default = pair.value.text if pair.value.known else None
            self._globals[pair.key.text] = self._build_args.get(pair.key.text, default)
        self._add(
            Step(
                at=raw.text.location(),
                stage=_OUTSIDE.replace(at=raw.text.location()),
                instruction=instruction,
                env=before,
                find=_nothing,
            )
        )

    def _global(self, name: str) -> variables.Value:
        """A variable in front of FROM: what no ARG declares is empty there."""
        if name in PREDEFINED or name in PROXIES:
            return self._build_args.get(name)
        return self._globals.get(name, variables.UNSET)

    def _open_stage(self, raw: From) -> None:
        if len(self._stages) >= MAX_STAGES:
            at = raw.text.location()
            self._problems.append(Problem(at=at, reason=f"more than {MAX_STAGES:,} stages; the rest was not looked at"))
            self._ended = True
            return
        instruction = expand(raw, self._global, self._parsed.escape, self._problems)
        assert isinstance(instruction, From)
        index = len(self._stages)
        parent = self._by_name.get(instruction.image.text.lower()) if instruction.image.known else None
        name = instruction.stage.text if instruction.stage else ""
        stage = Stage(
            index=index,
            name=name,
            ships=index in self._outline.ships,
            reached=index in self._outline.reached,
            duplicate=bool(name) and name.lower() in self._by_name,
            at=raw.text.location(),
        )
        state = StageState(stage, bases.image_of(instruction, parent is not None), parent)
        triggers = parent.triggers if parent else inherit(state, instruction, self._resolve, self._problems)
        self._stages.append(state)
        self._step(state, instruction, {})
        for trigger in triggers:
            inner = expand(trigger, state.lookup, self._parsed.escape, self._problems)
            if isinstance(inner, Copy):
                self._copy(state, inner)
            state.apply(inner, self._build_args, self._globals)
        if name:
            self._by_name[name.lower()] = state

    def _apply(self, state: StageState, raw: Instruction) -> None:
        instruction = expand(raw, state.lookup, self._parsed.escape, self._problems)
        if isinstance(instruction, Onbuild):
            inner = expand(instruction.inner, state.lookup, self._parsed.escape, self._problems)
            state.triggers.append(instruction.inner)
            self._step(state, inner, state.variables(), triggered=True)
            return
        before = state.variables()
        if isinstance(instruction, Copy):
            self._copy(state, instruction)
        self._step(state, instruction, before)
        state.apply(instruction, self._build_args, self._globals)

    def _step(
        self, state: StageState, instruction: Instruction, env: dict[str, str | None], *, triggered: bool = False
    ) -> None:
        layout = state.layout
        commands: tuple[Command, ...] = ()
        if isinstance(instruction, Run):
            layout = self._mounted(state, instruction)
            lookup = state.shell_lookup()
            script = self._shells.parse(instruction, state.shell, lookup, instruction.heredocs)
            place_written(script, layout, state)
            if layout is not state.layout:
                place_written(script, state.layout, state)
            commands = follow(script, layout.finder(state.place, state.home), lookup, self._problems)
        self._add(
            Step(
                at=instruction.text.location(),
                stage=state.stage,
                instruction=instruction,
                images=bases.named(instruction, self._by_name, self._outline.names),
                commands=commands,
                user=state.user,
                workdir=state.workdir,
                shell=state.shell,
                env=env,
                triggered=triggered,
                from_scratch=isinstance(instruction, Copy) and self._from_scratch(instruction),
                kept_out=self._context.kept_out(instruction) if self._context and isinstance(instruction, Copy) else (),
                undeclared=undeclared.uses(instruction, self._globals, state),
                default_image=bases.default_image(instruction, self._global, self._parsed.escape)
                if isinstance(instruction, From)
                else None,
                resolved_digest=state.digest if isinstance(instruction, From) else None,
                ignore_file=None if self._context is None else self._context.has_ignore_file,
                find=layout.finder(state.place, state.home),
            )
        )

    def _add(self, step: Step) -> None:
        span = step.instruction.span
        hits = (
            [hit for line in range(span.first_line, span.last_line + 1) for hit in self._secrets.get(line, ())]
            if self._secrets
            else []
        )
        self.steps.append(step.replace(secrets=tuple(hits)) if hits else step)

    def _look_back(self) -> None:
        """Tell steps what comes after them. They hold only later ones, so that none is part of a cycle."""
        last: set[tuple[int, str]] = set()
        behind: dict[int, list[Step]] = {}
        for index in range(len(self.steps) - 1, -1, -1):
            step = self.steps[index]
            after = behind.setdefault(step.stage.index, [])
            if step.commands:
                step = step.replace(later=nearest(after))
            elif step.keyword in {"CMD", "ENTRYPOINT", "HEALTHCHECK"} and not step.triggered:
                key = (step.stage.index, step.keyword)
                if key in last:
                    step = step.replace(overridden=True)
                last.add(key)
            self.steps[index] = step
            after.append(step)

    def _copy(self, state: StageState, instruction: Copy) -> None:
        if not instruction.destination.known:
            return
        destination = absolute(instruction.destination.text, state.place)
        if destination is None:
            return
        for heredoc in instruction.heredocs:
            path = (
                posixpath.join(destination, heredoc.name) if instruction.destination.text.endswith("/") else destination
            )
            state.layout.add(Placed(path, written_file(path, heredoc.text)))
        sources = tuple(word.text for word in instruction.sources if word.known and "<<" not in word.text)
        origin = self._origin(instruction)
        if origin is not None and sources:
            must = instruction.destination.text.endswith("/") or len(instruction.sources) > 1
            state.layout.add(Copied(sources, destination + "/" if must else destination, origin))

    def _origin(self, instruction: Copy) -> Context | Layout | None:
        flag = instruction.flag("from")
        return self._context if flag is None else self._stage_layout(flag.value or "")

    def _stage(self, name: str) -> StageState | None:
        state = self._by_name.get(name.lower())
        if state is None and name.isdecimal() and int(name) < len(self._stages) - 1:
            state = self._stages[int(name)]
        return state

    def _stage_layout(self, name: str) -> Layout | None:
        state = self._stage(name)
        return state.layout if state is not None else None

    def _from_scratch(self, instruction: Copy) -> bool:
        flag = instruction.flag("from")
        state = self._stage(flag.value or "") if flag is not None else None
        return state is not None and state.root_base == ""

    def _mounted(self, state: StageState, instruction: Run) -> Layout:
        """The stage's files with those that ``--mount=type=bind`` shows for this RUN only."""
        layout = state.layout
        for mount in instruction.mounts:
            target = mount.options.get("target") or mount.options.get("dst") or mount.options.get("destination")
            if mount.type != "bind" or not target or (place := absolute(target, state.place)) is None:
                continue
            name = mount.options.get("from")
            origin = self._context if name is None else self._stage_layout(name)
            if origin is not None:
                if layout is state.layout:
                    layout = Layout(state.layout)
                source = mount.options.get("source") or mount.options.get("src") or "."
                layout.add(Copied((source,), place, origin))
        return layout

    def config(self) -> Config | None:
        """The target stage's outcome; None when there is no stage."""
        if not self._stages:
            return None
        state = self._target()
        variables = dict(state.env)
        find = state.layout.finder(state.place, state.home)
        says = dict(state.says)
        says["command"] = says.get("entrypoint", ()) + (says.get("cmd", ()) if state.command else ())
        script = self._shells.start(state.entrypoint, state.command, state.shell, variables.get)
        healthcheck: tuple[Command, ...] = ()
        if state.healthcheck is not None and not state.healthcheck.disabled:
            healthcheck = self._shells.parse(state.healthcheck, state.shell, variables.get).commands
        return Config(
            at=state.stage.at,
            stage=state.stage,
            user=state.user,
            env=variables,
            workdir=state.workdir,
            ports=tuple(state.ports),
            base=state.root_base,
            started=script.commands,
            commands=follow(script, find, variables.get, self._problems),
            healthcheck=healthcheck,
            healthcheck_declared=None
            if state.healthcheck is None and state.root_base is None and not state.base_known
            else state.healthcheck is not None,
            steps=tuple(step for step in self.steps if step.stage.ships and step.stage.index >= 0),
            says=says,
            inherited=state.inherited(says),
            find=find,
        )

    def _target(self) -> StageState:
        return self._stages[min(self._outline.target, len(self._stages) - 1)]

    def copies(self) -> list[tuple[Copy, Step]]:
        """The COPY and ADD instructions that take files from the build context."""
        return [
            (step.instruction, step)
            for step in self.steps
            if isinstance(step.instruction, Copy) and step.instruction.flag("from") is None and step.stage.index >= 0
        ]

    def taken_on(self, copy: Copy, step: Step, source: str) -> bool | Callable[[str], bool]:
        """Whether the target has, by a COPY --from, what a source of a COPY in another stage brings: by path there."""
        folder = absolute(copy.destination.text, step.workdir or "/") if copy.destination.known else None
        taken = self._taken.get(self._stages[step.stage.index].layout)
        if folder is None or taken is None:
            return False
        into = copy.destination.text.endswith("/") or len(copy.sources) > 1
        takes = below(taken)
        return lambda name: takes(landed(name, source, folder, into=into))

    @cached_property
    def _taken(self) -> dict[Layout, list[str]]:
        return self._target().layout.taken([stage.layout for stage in self._stages])


_OUTSIDE = Stage(index=-1, at=Location(""))


def _nothing(path: str) -> File | None:
    return None
