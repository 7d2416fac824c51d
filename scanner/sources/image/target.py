"""An image as a target: its config and its history say what a Dockerfile would have said."""

from __future__ import annotations

from collections.abc import Sequence

from scanner.model.command import Command
from scanner.model.finding import Problem
from scanner.model.instruction import Healthcheck, Pairs, Shelled
from scanner.model.location import Location, Text
from scanner.model.secret import SecretHit
from scanner.model.target import Config, File, Stage, Step, Target
from scanner.parsers import image_config
from scanner.sources.dockerfile.scripts import follow
from scanner.sources.image import history
from scanner.sources.image.complete import complete
from scanner.sources.image.history import Playback
from scanner.sources.image.image import Image
from scanner.sources.image.page import Page
from scanner.sources.image.settings import Setting, Settings

BASE_NAME = "org.opencontainers.image.base.name"
BASE_DIGEST = "org.opencontainers.image.base.digest"
"""Labels that name the image below (opencontainers/image-spec, ``annotations.md``)."""


def read(image: Image, *, base: Sequence[str] = ()) -> Target:
    """The target of an image. ``base`` are the ``diff_ids`` of its base image's layers, bottom first, if known."""
    config = image_config.read(image.config)
    page = Page(f"{image.name} config")
    at = Location(page.path)
    problems = [Problem(at=at, reason=error) for error in config.errors]
    settings = Settings(config, page)
    told = Page(f"{image.name} history", page.found)
    digests = [blob.digest or blob.diff_id for blob in image.layers] or config.layers
    said = history.read(config, settings, told, digests=digests, base=base, problems=problems)
    played = Playback(Stage(index=0, at=at), settings, said, problems)
    complete(played, settings)
    reference = _base(played, settings)
    played.look_back()
    hits = {(hit.name, hit.quote) for step in played.steps for hit in step.secrets}
    rest = tuple(hit for each in settings.all() for hit in each.secrets if (hit.name, hit.quote) not in hits)
    return Target(
        name=image.name,
        called=frozenset(filter(None, (image.digest,))),
        config=_config(played, settings, at, reference),
        steps=tuple(played.steps),
        files=(_itself(page, rest),) if rest else (),
        lines={told.path: tuple(told.lines), page.path: tuple(page.lines)},
        may_ignore=False,
        problems=problems,
    )


def _itself(page: Page, secrets: tuple[SecretHit, ...]) -> File:
    """The config as a file, for the credentials that no entry of the history has."""
    whole = Text.of_file(page.path, "\n".join(page.lines))
    return File(
        at=Location(page.path),
        size=len(whole.value),
        secrets=secrets,
        read=lambda: whole.value.encode("utf-8", "replace"),
        part=lambda start, size: whole.value.encode("utf-8", "replace")[start : start + size],
        text=lambda: whole,
    )


def _base(played: Playback, settings: Settings) -> str | None:
    """The reference of the base image, if the labels name it: as a step, and as words.

    "" when there are files and labels, and nothing else is told or starts: files on scratch.
    """
    name, digest = settings.labels.get(BASE_NAME), settings.labels.get(BASE_DIGEST)
    if name is None or not name.value:
        told = {step.keyword for step in played.steps if not _plain(step)}
        return "" if told and told <= {"COPY", "ADD"} else None
    reference = name.value
    if digest is not None and digest.value.startswith("sha256:") and "@" not in reference:
        reference = f"{reference}@{digest.value}"
    text = _said_label(played) or name.instruction.text
    start = text.value.find(name.value)
    played.base_image(text.cut((start, start + len(name.value))) if start >= 0 else text, reference)
    return reference


def _plain(step: Step) -> bool:
    """Whether it is a label, an argument, or the PATH that every builder sets."""
    pairs = step.instruction.pairs if isinstance(step.instruction, Pairs) else ()
    return bool(pairs) and (step.keyword != "ENV" or all(pair.key.text == "PATH" for pair in pairs))


def _said_label(played: Playback) -> Text | None:
    for step in reversed(played.steps):
        if step.keyword == "LABEL" and isinstance(step.instruction, Pairs):
            for pair in step.instruction.pairs:
                if pair.key.text == BASE_NAME and pair.value is not None:
                    return step.instruction.text.cut((pair.value.start, pair.value.end))
    return None


def _config(played: Playback, settings: Settings, at: Location, base: str | None) -> Config:
    state = played.state
    variables = dict(state.env)
    find = state.layout.finder(state.place, state.home)
    says = dict(state.says)
    says["command"] = says.get("entrypoint", ()) + (says.get("cmd", ()) if state.command else ())
    entry, command = state.entrypoint, state.command
    if entry is not None and command is not None and _apart(entry, command):
        entry, command = _shelled(settings.entrypoint), _shelled(settings.command)
    script = played.shells.start(entry, command, settings.shell, variables.get)
    healthcheck: tuple[Command, ...] = ()
    if isinstance(state.healthcheck, Healthcheck) and not state.healthcheck.disabled:
        healthcheck = played.shells.parse(state.healthcheck, settings.shell, variables.get).commands
    return Config(
        at=at,
        stage=state.stage,
        user=state.user,
        env=variables,
        workdir=state.workdir or "/",
        ports=tuple(state.ports),
        base=base,
        started=script.commands,
        commands=follow(script, find, variables.get, played.problems),
        healthcheck=healthcheck,
        healthcheck_declared=state.healthcheck is not None,
        steps=tuple(played.steps),
        says=says,
        find=find,
    )


def _apart(one: Shelled, other: Shelled) -> bool:
    """Whether two stand in different texts, or were made by different entries: one text cannot hold both."""
    return (one.text.path, one.text.layer) != (other.text.path, other.text.layer)


def _shelled(setting: Setting | None) -> Shelled | None:
    return setting.instruction if setting is not None and isinstance(setting.instruction, Shelled) else None
