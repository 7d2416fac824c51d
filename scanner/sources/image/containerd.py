"""Images of containerd's store, which Kubernetes nodes and nerdctl use: ``containerd:NAME``, through its ``ctr``.

Like ctr, it goes by CONTAINERD_ADDRESS and CONTAINERD_NAMESPACE; without the latter all namespaces are looked in.
"""

from __future__ import annotations

import io
import os
import select
import subprocess
from collections.abc import Mapping, Sequence
from typing import BinaryIO

from scanner.errors import TargetError, UsageError
from scanner.parsers import image_reference
from scanner.sources.image import manifest
from scanner.sources.image.image import Image
from scanner.sources.image.manifest import MAX_MANIFEST
from scanner.sources.image.verified import BUFFER, is_digest

SOCKET = "/run/containerd/containerd.sock"
TIMEOUT = 60
"""Seconds that containerd may stay silent."""
CONNECT = "5s"
"""How long ctr tries to reach it."""
FIRST = ("default", "k8s.io", "moby")
"""Namespaces that are looked in before others: of ctr and nerdctl, of Kubernetes, of Docker."""
MAX_NAMESPACES = 100
MAX_SAID = 300
"""Characters of ctr's error that are passed on."""


def is_there(environ: Mapping[str, str] = os.environ) -> bool:
    """Whether there is a containerd to ask."""
    return os.path.exists(_address(environ))


def open_containerd(text: str, platform: str | None) -> Image:
    """The image of that name, whose layers ctr hands out one by one. Raises TargetError."""
    found = find(text)
    if found is None:
        where = os.environ.get("CONTAINERD_NAMESPACE")
        raise TargetError(
            f"containerd:{text}: there is no such image in {f'the namespace {where}' if where else 'any namespace'}",
            hint=f"ctr{f' -n {where}' if where else ' -n NAMESPACE'} images ls, or scan registry:{text}",
        )
    namespace, digest = found
    store = _Store(text, namespace)
    return manifest.read(store, store.manifest(digest), platform)


def find(text: str) -> tuple[str, str] | None:
    """The namespace that has an image of that name, and its digest; None when none has.

    Raises TargetError, and UsageError when it is no name.
    """
    try:
        parsed = image_reference.parse(text)
    except ValueError as error:
        raise UsageError(f"containerd:{text}: {error}") from None
    ending = f"@{parsed.digest}" if parsed.digest else f":{parsed.tag or 'latest'}"
    names = dict.fromkeys((f"{parsed.canonical}{ending}", text))
    given = os.environ.get("CONTAINERD_NAMESPACE")
    there = [given] if given else _lines(text, "namespaces", "ls", "-q")
    order = [each for each in FIRST if each in there] + [each for each in there if each not in FIRST]
    for namespace in order[:MAX_NAMESPACES]:
        listed = _lines(text, "-n", namespace, "images", "ls", *(f"name=={name}" for name in names))
        digests = [word for line in listed for word in line.split() if is_digest(word)]
        if digests:
            return namespace, digests[0]
    return None


def _lines(text: str, *words: str) -> list[str]:
    """The lines that ctr prints."""
    try:
        done = subprocess.run(_command(*words), capture_output=True, check=False, timeout=TIMEOUT)
    except FileNotFoundError:
        raise _missing(text) from None
    except (OSError, subprocess.TimeoutExpired):
        raise _silent(text) from None
    if done.returncode:
        raise _failed(text, done.stderr)
    return done.stdout.decode("utf-8", "replace").splitlines()


class _Store:
    """What containerd keeps, by its digest."""

    def __init__(self, text: str, namespace: str) -> None:
        self.name, self.local = f"containerd:{text}", False
        self._text, self._namespace = text, namespace

    def manifest(self, digest: str) -> bytes:
        """A manifest's bytes, at most one more than MAX_MANIFEST."""
        with self.blob(digest, MAX_MANIFEST) as reader:
            return reader.read(MAX_MANIFEST + 1)

    def blob(self, digest: str, size: int) -> BinaryIO:
        """Its bytes as ctr hands them out."""
        try:
            piped = _Piped(self._text, _command("-n", self._namespace, "content", "get", digest))
        except OSError:
            raise _missing(self._text) from None
        return io.BufferedReader(piped, BUFFER)


class _Piped(io.RawIOBase):
    """What a ctr prints, which ends when nobody reads on. Reads raise TargetError for what it complains of."""

    def __init__(self, text: str, command: Sequence[str]) -> None:
        self._text = text
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        assert self._process.stdout is not None
        number = self._process.stdout.fileno()
        if not select.select([number], [], [], TIMEOUT)[0]:
            raise _silent(self._text)
        count = os.readv(number, [buffer])
        if not count and self._process.wait():
            assert self._process.stderr is not None
            raise _failed(self._text, self._process.stderr.read(1 << 16))
        return count

    def close(self) -> None:
        if not self.closed:
            self._process.kill()
            self._process.communicate()
        super().close()


def _command(*words: str) -> list[str]:
    return ["ctr", "--connect-timeout", CONNECT, *words]


def _address(environ: Mapping[str, str] = os.environ) -> str:
    return environ.get("CONTAINERD_ADDRESS", SOCKET).removeprefix("unix://")


def _missing(text: str) -> TargetError:
    return TargetError(
        f"containerd:{text}: ctr is not installed",
        hint=f"install it (it comes with containerd), or: nerdctl save {text} | hullcheck scan archive:-",
    )


def _silent(text: str) -> TargetError:
    return TargetError(
        f"containerd:{text}: no containerd answers at {_address()}",
        hint="start it, let CONTAINERD_ADDRESS name its socket, or scan registry:NAME, which needs none",
    )


def _failed(text: str, said: bytes) -> TargetError:
    words = said.decode("utf-8", "replace").strip().removeprefix("ctr: ")
    if "permission denied" in words:
        return TargetError(
            f"containerd:{text}: {_address()} is not for this user to read",
            hint=f"sudo hullcheck scan containerd:{text}, or: sudo ctr images export - NAME | hullcheck scan archive:-",
        )
    if "failed to dial" in words or "connection error" in words:
        return _silent(text)
    return TargetError(f"containerd:{text}: ctr says: {words[-MAX_SAID:]}")
