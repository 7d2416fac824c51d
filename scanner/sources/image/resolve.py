"""Base images: how one that a Dockerfile names runs, as OCI layouts, the local daemon or its registry say."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from types import MappingProxyType
from typing import Any

from scanner import kept
from scanner.errors import TargetError
from scanner.model.record import Record
from scanner.parsers import image_config, image_reference, secrets
from scanner.parsers.image_reference import ImageReference
from scanner.sources.image import platform as platforms
from scanner.sources.image.image import Image
from scanner.sources.image.layout import Folder, read_layout

FRESH = 24 * 60 * 60
"""Seconds for which a tag is taken to stand for what it stood for; a digest stands for the same for ever."""
MAX_KEPT = 1 << 20
"""Bytes of what is kept of one image."""


class Base(Record):
    """How an image runs, as far as it concerns what is built on it; secrets masked."""

    digest: str
    """What its name stands for today, for all platforms where there are several; "" when nobody says."""
    user: str
    """"" when it names none."""
    env: tuple[tuple[str, str], ...]
    workdir: str
    """"" when it names none."""
    ports: tuple[str, ...]
    entrypoint: tuple[str, ...]
    command: tuple[str, ...]
    shell: tuple[str, ...]
    healthcheck: tuple[str, ...]
    """``NONE``, ``CMD`` and words, or ``CMD-SHELL`` and a script; () when there is none."""
    triggers: tuple[str, ...]
    """Its ONBUILD instructions, as written."""


_known: dict[tuple[str, str | None], Base | TargetError] = {}
_silent: dict[str, TargetError] = {}
"""Registries that did not answer; the others of a run do not wait for them again."""


def resolve(
    reference: str,
    platform: str | None = None,
    *,
    layouts: Sequence[str] = (),
    ask_others: bool = True,
    mirrors: Mapping[str, Sequence[str]] = MappingProxyType({}),
) -> Base:
    """How an image runs. Asked once in a run; a registry's answer is kept. Raises TargetError when nobody answers.

    ``layouts`` are the folders of OCI layouts to look in first; without ``ask_others``, nowhere else. ``mirrors`` are
    asked before registries.
    """
    answer = _known.get((reference, platform))
    if answer is None:
        try:
            answer = _resolve(reference, platform, layouts, ask_others, mirrors)
        except TargetError as error:
            answer = error
        _known[reference, platform] = answer
    if isinstance(answer, TargetError):
        raise answer
    return answer


def _resolve(
    reference: str,
    platform: str | None,
    layouts: Sequence[str],
    ask_others: bool,
    mirrors: Mapping[str, Sequence[str]],
) -> Base:
    try:
        parsed = image_reference.parse(reference)
    except ValueError as error:
        raise TargetError(f"{reference}: {error}") from None
    silent = ""
    for folder in layouts:
        try:
            image = read_layout(Folder(f"oci:{folder}", folder), parsed.digest or reference, platform)
        except TargetError as error:
            silent = str(error)
        else:
            return described(image.config.get("config"), image.digest)
    if not ask_others:
        raise TargetError(silent, hint="add --resolve-bases to ask the Docker daemon and the registry as well")
    from scanner.sources.image import docker

    if docker.is_there():
        try:
            found = docker.inspect(reference)
        except TargetError as error:
            found, silent = None, str(error)
        if found is not None and _fits(found, platform):
            return described(found.get("Config"), _repository_digest(found, parsed))
    name = f"base-{sha256(f'{reference} {platform or platforms.here()}'.encode()).hexdigest()[:40]}.json"
    base = _remembered(name, parsed)
    if base is None:
        try:
            image, digest = _ask_registry(reference, parsed.registry, platform, mirrors)
        except TargetError as error:
            raise TargetError(str(error), hint="; ".join(filter(None, (error.hint, silent)))) from None
        base = described(image.config.get("config"), digest)
        kept.write(name, json.dumps({"time": int(time.time())} | _plain(base)).encode())
    return base


def _ask_registry(
    reference: str, host: str, platform: str | None, mirrors: Mapping[str, Sequence[str]]
) -> tuple[Image, str]:
    from scanner import web
    from scanner.sources.image import registry

    if host in _silent:
        raise _silent[host]
    try:
        return registry.described(reference, platform, mirrors)
    except web.Unreachable as error:
        _silent[host] = error
        raise


def described(config: object, digest: str) -> Base:
    """What an image's config says. Raises TargetError when it is not as it should be."""
    found = image_config.read({"config": config})
    if found.errors:
        raise TargetError(f"its config is not as it should be: {found.errors[0]}")
    return Base(
        digest=digest,
        user=found.user,
        env=tuple((name, _masked(f"ENV {name}=", value)) for name, value in found.env),
        workdir=found.workdir,
        ports=found.ports,
        entrypoint=_command(found.entrypoint or ()),
        command=_command(found.command or ()),
        shell=found.shell,
        healthcheck=_command(found.healthcheck),
        triggers=tuple(_masked("", line) for line in found.triggers),
    )


def _command(words: tuple[str, ...]) -> tuple[str, ...]:
    text = json.dumps(words, ensure_ascii=False)
    masked = _masked("CMD ", text)
    return words if masked == text else tuple(json.loads(masked))


def _masked(head: str, text: str) -> str:
    """The text, secrets masked, as they would be behind ``head``."""
    return secrets.mask(head + text, secrets.find(head + text))[len(head) :]


def _fits(found: Mapping[str, Any], platform: str | None) -> bool:
    """Whether the daemon's image is for the platform that FROM names; the one it has, when FROM names none."""
    if platform is None:
        return True
    there = platforms.described(
        {"os": found.get("Os"), "architecture": found.get("Architecture"), "variant": found.get("Variant")}
    )
    return there is not None and platforms.parse(platform).has(there)


def _repository_digest(found: Mapping[str, Any], wanted: ImageReference) -> str:
    """What a pull of that name brought; "" for an image that was built here."""
    for name in found.get("RepoDigests") or ():
        try:
            parsed = image_reference.parse(str(name))
        except ValueError:
            continue
        if parsed.familiar == wanted.familiar and parsed.digest:
            return parsed.digest
    return ""


def _remembered(name: str, wanted: ImageReference) -> Base | None:
    data = kept.read(name, MAX_KEPT)
    try:
        entry = json.loads(data or b"null")
        age = time.time() - entry.pop("time")
        fresh = wanted.digest is not None or 0 <= age < FRESH
        return Base(**dict(_tuples(entry))) if fresh else None
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None


def _plain(base: Base) -> dict[str, Any]:
    return {field: getattr(base, field) for field in base.field_names()}


def _tuples(entry: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for field, value in entry.items():
        if field == "env":
            yield field, tuple((name, text) for name, text in value)
        else:
            yield field, tuple(value) if isinstance(value, list) else value
