"""Where an image is asked for: with the mirrors of its registry first, then with the registry itself.

Mirrors are what our settings say, else ``registries.conf`` of Podman and Skopeo (version 2, with its drop-ins), and for
Docker Hub ``registry-mirrors`` in the ``daemon.json`` of Docker.
https://github.com/containers/image/blob/main/docs/containers-registries.conf.5.md
https://docs.docker.com/docker-hub/image-library/mirror/
"""

from __future__ import annotations

import glob
import json
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from scanner import web
from scanner.errors import TargetError
from scanner.model.record import Record
from scanner.parsers.image_reference import ImageReference

DAEMON = "/etc/docker/daemon.json"
CONTAINERS = "/etc/containers/registries.conf"
MAX_BYTES = 1 << 20
"""Of a file of configuration."""
MAX_REGISTRIES = 1_000
"""Entries that are looked at, and mirrors of each."""
HUB = "docker.io"
"""As images are named; it answers elsewhere."""

_LOCATION = re.compile(r"(?:https?://)?(?:[\w.-]+|\[[0-9a-fA-F:]+\])(?::[0-9]+)?(?:/[\w./-]*)?", re.ASCII)


class Endpoint(Record):
    """One registry to ask for one repository."""

    host: str
    repository: str
    plain: bool
    """HTTP without encryption is spoken."""
    mirror: bool
    """It is not the registry that the image is named after."""


class _Mirror(Record):
    location: str
    """``host[:port][/path]``, perhaps with a scheme."""
    insecure: bool = False
    only: str = "all"
    """``digest-only`` or ``tag-only``: what it may be asked for."""


class _Registry(Record):
    """What is said of all images whose name begins with a prefix."""

    prefix: str
    location: str
    insecure: bool = False
    blocked: str = ""
    """The file that forbids it; "" for none."""
    mirrors: tuple[_Mirror, ...] = ()


def endpoints(reference: ImageReference, own: Mapping[str, Sequence[str]]) -> list[Endpoint]:
    """Whom to ask for an image, in this order; the last is its registry.

    ``own`` are mirrors by the registry, or beginning of a name, that they stand for. Raises TargetError for one that
    may not be asked and for a configuration that cannot be read.
    """
    name = reference.canonical
    origin = _Registry(prefix=reference.registry, location=reference.registry)
    said = _closest(name, _containers()) or origin
    if said.blocked:
        raise TargetError(
            f"{reference.familiar}: {said.blocked} forbids to ask {said.prefix}", hint="take 'blocked' out there"
        )
    named = _closest(name, [origin.replace(prefix=key, mirrors=_ours(key, listed)) for key, listed in own.items()])
    if named is None and reference.registry == HUB:
        said = said.replace(mirrors=(*said.mirrors, *_docker()))
    ahead = named or said
    unfit = "tag-only" if reference.digest else "digest-only"
    asked = [
        each
        for mirror in ahead.mirrors
        if mirror.only != unfit
        for each in _at(mirror.location, _rest(name, ahead.prefix), mirror.insecure, mirror=True)
    ]
    rest = _rest(name, said.prefix)
    return asked + list(_at(said.location or reference.registry, rest, said.insecure, mirror=False))


def _ours(key: str, listed: Sequence[str]) -> tuple[_Mirror, ...]:
    return tuple(_Mirror(location=_checked(each, f"mirrors of {key}")) for each in listed)


def _at(location: str, rest: str, insecure: bool, *, mirror: bool) -> Iterator[Endpoint]:
    """With encryption where there is some; without only where it is said, and on this machine."""
    scheme, _, place = location.rpartition("://")
    host, _, folder = place.rstrip("/").partition("/")
    repository = f"{folder}{rest}".strip("/")
    plain = scheme == "http" or (not scheme and web.is_local(host))
    if not plain:
        yield Endpoint(host=host, repository=repository, plain=False, mirror=mirror)
    if plain or insecure:
        yield Endpoint(host=host, repository=repository, plain=True, mirror=mirror)


def _closest(name: str, registries: Sequence[_Registry]) -> _Registry | None:
    """The one with the longest prefix that fits."""
    fitting = [each for each in registries if _length(name, each.prefix) is not None]
    return max(fitting, key=lambda each: len(each.prefix), default=None)


def _length(name: str, prefix: str) -> int | None:
    """Characters of a name that a prefix stands for; ``*.example.com`` stands for all hosts below."""
    host = name.partition("/")[0]
    if prefix.startswith("*."):
        return len(host) if host.partition(":")[0].endswith(prefix[1:]) else None
    return len(prefix) if name == prefix or name.startswith(f"{prefix}/") else None


def _rest(name: str, prefix: str) -> str:
    length = _length(name, prefix)
    return name[length:]


def _docker() -> tuple[_Mirror, ...]:
    """The mirrors of Docker Hub that Docker's daemon is told."""
    for path in (os.path.expanduser("~/.config/docker/daemon.json"), DAEMON):
        if (text := _text(path)) is not None:
            listed = _parsed(path, text, json.loads, "JSON").get("registry-mirrors") or []
            urls = [each for each in listed if isinstance(each, str)] if isinstance(listed, list) else []
            return tuple(_Mirror(location=_checked(each, path)) for each in urls[:MAX_REGISTRIES])
    return ()


def _containers() -> list[_Registry]:
    """What registries.conf says: the user's instead of the system's, and of what is said twice the last."""
    user = os.path.expanduser("~/.config/containers/registries.conf")
    path = os.environ.get("CONTAINERS_REGISTRIES_CONF") or (user if os.path.exists(user) else CONTAINERS)
    added = [each for folder in (CONTAINERS, user) for each in sorted(glob.glob(f"{glob.escape(folder)}.d/*.conf"))]
    found: dict[str, _Registry] = {}
    for each in (path, *added):
        text = _text(each)
        if text is not None:
            import tomllib

            listed = _parsed(each, text, tomllib.loads, "TOML")
            if "registries" in listed:
                raise TargetError(
                    f"{each} has the form of version 1, which is not read", hint="Podman 5 does not either"
                )
            found |= {one.prefix: one for one in _registries(each, listed.get("registry"))}
    return list(found.values())


def _registries(path: str, listed: object) -> Iterator[_Registry]:
    for one in _tables(listed):
        location, prefix = _word(one, "location"), _word(one, "prefix")
        by_digest = one.get("mirror-by-digest-only") is True
        mirrors = (
            _Mirror(
                location=_checked(_word(each, "location"), path),
                insecure=each.get("insecure") is True,
                only="digest-only" if by_digest else _word(each, "pull-from-mirror") or "all",
            )
            for each in _tables(one.get("mirror"))
        )
        yield _Registry(
            prefix=prefix or location,
            location=_checked(location or ("" if prefix.startswith("*.") else prefix), path),
            insecure=one.get("insecure") is True,
            blocked=path if one.get("blocked") is True else "",
            mirrors=tuple(mirrors),
        )


def _tables(listed: object) -> list[dict[str, Any]]:
    found = listed if isinstance(listed, list) else []
    return [one for one in found[:MAX_REGISTRIES] if isinstance(one, dict)]


def _word(table: Mapping[str, Any], key: str) -> str:
    found = table.get(key)
    return found.rstrip("/") if isinstance(found, str) else ""


def _checked(location: str, where: str) -> str:
    if location and not _LOCATION.fullmatch(location):
        raise TargetError(
            f"{where}: {location!r} is no registry", hint="as in: mirror.example.com/hub, or with https://"
        )
    return location


def _text(path: str) -> str | None:
    """A file of configuration, None when there is none."""
    try:
        with open(path, "rb") as file:
            return file.read(MAX_BYTES).decode("utf-8", "replace")
    except FileNotFoundError:
        return None
    except OSError as error:
        raise TargetError(f"{path}: {error.strerror}") from None


def _parsed(path: str, text: str, parse: Callable[[str], Any], kind: str) -> dict[str, Any]:
    try:
        found = parse(text or "{}" if kind == "JSON" else text)
    except (ValueError, RecursionError):
        raise TargetError(f"{path} is not {kind}") from None
    return found if isinstance(found, dict) else {}
