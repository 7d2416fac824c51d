"""An image's config: what its JSON says, in types that can be relied on.

Docker Image Specification v1.2 (moby/moby, ``image/spec``) and OCI Image Configuration
(opencontainers/image-spec, ``config.md``), which leaves out HEALTHCHECK, ONBUILD and SHELL.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from scanner.model.record import Record

MAX_HISTORY = 2_000
"""Entries of the history that are read, the last ones; real images have at most a few hundred."""
MAX_ITEMS = 2_000
"""Variables, labels, ports and so on that are read, each."""
MAX_TEXT = 131_072
"""Characters of one text (Linux takes no longer argument or variable)."""
MAX_ERRORS = 50
"""Errors told of one config."""
MAX_HISTORY_TEXT = 1 << 20
"""Characters of all ``created_by`` together; real images have at most a few ten thousand."""

_T = TypeVar("_T")


class Entry(Record):
    """One entry of the history."""

    number: int
    """Counted from 1."""
    created_by: str
    comment: str
    empty: bool
    """It made no layer."""
    layer: int | None
    """The layer it made, counted from 0; None when it made none."""


class ImageConfig(Record):
    """What is there; None or nothing where the image says nothing."""

    user: str
    env: tuple[tuple[str, str], ...]
    workdir: str
    ports: tuple[str, ...]
    entrypoint: tuple[str, ...] | None
    command: tuple[str, ...] | None
    healthcheck: tuple[str, ...]
    """``CMD`` and words, ``CMD-SHELL`` and a script, or ``NONE``."""
    volumes: tuple[str, ...]
    labels: tuple[tuple[str, str], ...]
    stop_signal: str
    shell: tuple[str, ...]
    triggers: tuple[str, ...]
    """Instructions of ONBUILD."""
    layers: tuple[str, ...]
    """``diff_ids`` from the bottom up."""
    history: tuple[Entry, ...]
    errors: tuple[str, ...]
    """What is not as it should be, each with its key."""


def read(config: Mapping[str, Any]) -> ImageConfig:
    """Read a config. Never raises; what has the wrong type counts as not there, and is an error."""
    reader = _Reader()
    settings = reader.mapping(config.get("config"), "config")
    rootfs = reader.mapping(config.get("rootfs"), "rootfs")
    health = reader.mapping(settings.get("Healthcheck"), "config.Healthcheck")
    pairs = (each.partition("=") for each in reader.texts(settings.get("Env"), "config.Env") or ())
    return ImageConfig(
        user=reader.text(settings.get("User"), "config.User"),
        env=tuple((name, value) for name, _, value in pairs if name),
        workdir=reader.text(settings.get("WorkingDir"), "config.WorkingDir"),
        ports=tuple(reader.keys(settings.get("ExposedPorts"), "config.ExposedPorts")),
        entrypoint=reader.texts(settings.get("Entrypoint"), "config.Entrypoint"),
        command=reader.texts(settings.get("Cmd"), "config.Cmd"),
        healthcheck=reader.texts(health.get("Test"), "config.Healthcheck.Test") or (),
        volumes=tuple(reader.keys(settings.get("Volumes"), "config.Volumes")),
        labels=tuple(reader.labels(settings.get("Labels"))),
        stop_signal=reader.text(settings.get("StopSignal"), "config.StopSignal"),
        shell=reader.texts(settings.get("Shell"), "config.Shell") or (),
        triggers=reader.texts(settings.get("OnBuild"), "config.OnBuild") or (),
        layers=reader.texts(rootfs.get("diff_ids"), "rootfs.diff_ids") or (),
        history=tuple(reader.history(config.get("history"))),
        errors=reader.told(),
    )


class _Reader:
    def __init__(self) -> None:
        self.errors: list[str] = []

    def told(self) -> tuple[str, ...]:
        more = len(self.errors) - MAX_ERRORS
        return (*self.errors[:MAX_ERRORS], *([f"{more:,} more mistakes like these"] if more > 0 else []))

    def mapping(self, value: object, key: str) -> Mapping[str, Any]:
        found: dict[str, Any] | None = self._typed(value, key, dict, "an object")
        return found or {}

    def text(self, value: object, key: str) -> str:
        text: str = self._typed(value, key, str, "a string") or ""
        if len(text) > MAX_TEXT:
            self.errors.append(f"{key} has {len(text):,} characters; the first {MAX_TEXT:,} were looked at")
        return text[:MAX_TEXT]

    def texts(self, value: object, key: str) -> tuple[str, ...] | None:
        items: list[Any] | None = self._typed(value, key, list, "a list")
        if items is None:
            return None
        return tuple(self.text(each, f"{key}[{n}]") for n, each in enumerate(self._some(items, key)))

    def keys(self, value: object, key: str) -> Iterable[str]:
        """The keys of an object that stands for a set."""
        return [self.text(each, key) for each in self._some(self.mapping(value, key), key)]

    def labels(self, value: object) -> Iterable[tuple[str, str]]:
        labels = self.mapping(value, "config.Labels")
        for name in self._some(labels, "config.Labels"):
            yield self.text(name, "config.Labels"), self.text(labels[name], f"config.Labels.{name[:80]}")

    def history(self, value: object) -> Iterable[Entry]:
        items: list[Any] = self._typed(value, "history", list, "a list") or []
        skipped = max(0, len(items) - MAX_HISTORY)
        if skipped:
            self.errors.append(f"history has {len(items):,} entries; the last {MAX_HISTORY:,} were looked at")
        layer, left, cut = 0, MAX_HISTORY_TEXT, False
        for index, item in enumerate(items):
            empty = isinstance(item, dict) and item.get("empty_layer") is True
            if index >= skipped:
                key = f"history[{index}]"
                entry = self.mapping(item, key)
                created_by = self.text(entry.get("created_by"), f"{key}.created_by")
                if len(created_by) > left and not cut:
                    self.errors.append(f"history has more than {MAX_HISTORY_TEXT:,} characters; cut at entry {index}")
                    cut = True
                created_by = created_by[:left]
                left -= len(created_by)
                yield Entry(
                    number=index + 1,
                    created_by=created_by,
                    comment=self.text(entry.get("comment"), f"{key}.comment"),
                    empty=empty,
                    layer=None if empty else layer,
                )
            layer += not empty

    def _typed(self, value: object, key: str, kind: type[_T], name: str) -> _T | None:
        if value is None or isinstance(value, kind):
            return value
        self.errors.append(f"{key} is not {name}")
        return None

    def _some(self, items: Iterable[Any], key: str) -> Iterable[Any]:
        found = list(items)
        if len(found) > MAX_ITEMS:
            self.errors.append(f"{key} has {len(found):,} items; the first {MAX_ITEMS:,} were looked at")
        return found[:MAX_ITEMS]
