"""An image's history as steps: what each entry did, with the words that say so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from scanner.model.command import Command
from scanner.model.finding import Problem
from scanner.model.instruction import From, Instruction, Onbuild, Pairs, Run, Words
from scanner.model.location import Layer, Location, Text, Word
from scanner.model.record import Record
from scanner.model.secret import SecretHit
from scanner.model.target import Stage, Step
from scanner.parsers import created_by
from scanner.parsers.created_by import Made
from scanner.parsers.dockerfile.made import ESCAPE
from scanner.parsers.dockerfile.made import instruction as instruction_of
from scanner.parsers.image_config import ImageConfig
from scanner.sources.dockerfile.expand import expand
from scanner.sources.dockerfile.scripts import follow
from scanner.sources.dockerfile.shells import Shells
from scanner.sources.dockerfile.stage import StageState
from scanner.sources.dockerfile.written import place_written
from scanner.sources.image.attribution import attribute
from scanner.sources.image.page import Page
from scanner.sources.image.settings import Setting, Settings
from scanner.sources.later import nearest


class Said(Record):
    """One entry of the history, read."""

    made: Made
    instruction: Instruction
    secrets: tuple[SecretHit, ...]


def read(
    config: ImageConfig,
    settings: Settings,
    page: Page,
    *,
    digests: Sequence[str],
    base: Sequence[str],
    problems: list[Problem],
) -> list[Said]:
    """The entries of a history, in order; ``digests`` are those of the layers, ``base`` is as in ``attribute``."""
    values = {name: each.value for name, each in (settings.env | settings.labels).items()}
    shell = settings.shell
    lines = [page.add(entry.created_by) for entry in config.history]
    owners = _owners(config, [text for text, _ in lines], base, page.path, problems)
    said = []
    for entry, (text, hits), owner in zip(config.history, lines, owners, strict=True):
        index = entry.layer if entry.layer is not None and entry.layer < len(digests) else None
        layer = Layer(None, "", base=owner) if index is None else Layer(index, digests[index], text.value, owner)
        made = created_by.parse(text.value, entry.comment, shell)
        instruction = instruction_of(made, text.replace(layer=layer), values, shell)
        if made.keyword == "SHELL" and isinstance(instruction, Words):
            shell = tuple(word.text for word in instruction.words)
        secrets = tuple(hit.replace(at=Location(hit.at.path, hit.at.span, layer)) for hit in hits)
        said.append(Said(made=made, instruction=instruction, secrets=secrets))
    return said


def _owners(
    config: ImageConfig, texts: Sequence[Text], base: Sequence[str], path: str, problems: list[Problem]
) -> list[bool | None]:
    pairs = zip(texts, config.history, strict=True)
    keywords = [created_by.parse(text.value, entry.comment).keyword for text, entry in pairs]
    try:
        return attribute(config, keywords, base)
    except ValueError as error:
        remedy = "Name the image that FROM named when this one was built."
        problems.append(Problem(at=Location(path), reason=str(error), remedy=remedy))
        return attribute(config, keywords)


class Playback:
    """Goes through the entries as the builder did. ``steps`` and ``state`` are the outcome."""

    def __init__(self, stage: Stage, settings: Settings, said: Sequence[Said], problems: list[Problem]) -> None:
        self._settings, self.problems = settings, problems
        self.state = StageState(stage, base=None, parent=None)
        self.shells = Shells(problems)
        self.steps: list[Step] = []
        self._hits: set[tuple[str, str]] = set()
        self._begin(said)
        for each in said:
            self._entry(each)

    def look_back(self) -> None:
        """Tell steps what comes after them, once all are there."""
        after: list[Step] = []
        for index in range(len(self.steps) - 1, -1, -1):
            if self.steps[index].commands:
                self.steps[index] = self.steps[index].replace(later=nearest(after))
            after.append(self.steps[index])

    def setting(self, setting: Setting) -> None:
        """What the config says and the history does not."""
        self._step(setting.instruction, secrets=setting.secrets)

    def base_image(self, text: Text, reference: str) -> None:
        """The image it is built on, as a label names it."""
        image = Word(reference, 0, len(text.value))
        whole = text.span(0, len(text.value))
        instruction = From(keyword="FROM", span=whole, text=text, arguments=0, image=image)
        self._step(instruction, images=(image,), default_image=reference)

    def _begin(self, said: Sequence[Said]) -> None:
        """What the history never sets was set before it, or by a builder that does not write it down."""
        state, settings = self.state, self._settings
        keywords = {each.made.keyword for each in said}
        names = {
            pair.key.text
            for each in said
            if isinstance(each.instruction, Pairs) and each.made.keyword == "ENV"
            for pair in each.instruction.pairs
        }
        for name, setting in settings.env.items():
            if name not in names:
                self.setting(setting)
        if "SHELL" not in keywords and settings.shell_said is not None:
            self.setting(settings.shell_said)
        state.user = "" if "USER" in keywords or settings.user is None else None
        if "WORKDIR" not in keywords and settings.workdir is not None:
            self.setting(settings.workdir)

    def _entry(self, said: Said) -> None:
        instruction, state = said.instruction, self.state
        if said.made.verbatim:
            instruction = expand(instruction, state.lookup, ESCAPE, [])
        if isinstance(instruction, Onbuild):
            self._step(instruction, secrets=said.secrets)
            return
        given = {name: word.text for name, word in said.made.arguments}
        if given:
            secrets = self._first_time(said)
        else:
            secrets = said.secrets
            self._hits |= {(hit.name, hit.quote) for hit in secrets}
        self._step(instruction, given, said.made.shell, secrets=secrets, flags_known=said.made.complete)

    def _first_time(self, said: Said) -> tuple[SecretHit, ...]:
        """The credentials of a RUN, which repeats its build arguments: less those there that an entry before it has."""
        kept = []
        for hit in said.secrets:
            key = hit.name, hit.quote
            column = hit.at.span.first_column - 1 if hit.at.span else 0
            if key not in self._hits or column >= said.made.start:
                kept.append(hit)
            self._hits.add(key)
        return tuple(kept)

    def _step(
        self,
        instruction: Instruction,
        given: Mapping[str, str] | None = None,
        shell: tuple[str, ...] | None = None,
        *,
        images: tuple[Word, ...] = (),
        default_image: str | None = None,
        secrets: tuple[SecretHit, ...] = (),
        flags_known: bool = True,
    ) -> None:
        state = self.state
        triggered = isinstance(instruction, Onbuild)
        if isinstance(instruction, Onbuild):
            instruction = expand(instruction.inner, state.lookup, ESCAPE, [])
        env = {**state.variables(), **given} if given else state.variables()
        commands: tuple[Command, ...] = ()
        if isinstance(instruction, Run) and not triggered:
            commands = self._commands(instruction, shell or state.shell, env)
        self.steps.append(
            Step(
                at=instruction.text.location(),
                stage=state.stage,
                instruction=instruction,
                images=images,
                commands=commands,
                user=state.user,
                workdir=state.workdir,
                shell=shell or state.shell,
                env=env,
                secrets=secrets,
                triggered=triggered,
                flags_known=flags_known,
                default_image=default_image,
                find=state.layout.finder(state.place, state.home),
            )
        )
        if not triggered:
            state.apply(instruction, {}, {})

    def _commands(self, instruction: Run, shell: tuple[str, ...], env: Mapping[str, str | None]) -> tuple[Command, ...]:
        state = self.state
        known = state.shell_lookup()

        def lookup(name: str) -> str | None:
            return env[name] if name in env else known(name)

        script = self.shells.parse(instruction, shell, lookup)
        place_written(script, state.layout, state)
        return follow(script, state.layout.finder(state.place, state.home), lookup, self.problems)
