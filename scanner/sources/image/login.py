"""Who to log in as at a registry: what ``docker login`` left in Docker's config.json.

https://docs.docker.com/reference/cli/docker/login/#credential-stores. Nothing of a credential gets into a message.
"""

from __future__ import annotations

import base64
import json
import os
import re
import subprocess
from collections.abc import Mapping
from typing import Any

from scanner.errors import TargetError
from scanner.model.record import Record

MAX_BYTES = 1 << 20
"""Of the configuration, or of a helper's answer."""
HELPER_SECONDS = 30
"""A helper may ask its user to unlock a keyring."""

_HELPER = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
_HUB = ("https://index.docker.io/v1/", "index.docker.io", "docker.io", "registry-1.docker.io")
_TOKEN = "<token>"  # noqa: S105
"""The user name with which a helper says that the secret is an identity token."""


class Login(Record):
    """A user and password; or, with an empty user, an identity token that is exchanged for others."""

    user: str
    secret: str

    def __repr__(self) -> str:
        return "Login(…)"

    @property
    def basic(self) -> str:
        """As the value of an Authorization header."""
        return "Basic " + base64.b64encode(f"{self.user}:{self.secret}".encode()).decode()


def find(registry: str, environ: Mapping[str, str] = os.environ) -> Login | None:
    """The login for a registry (``docker.io``, ``ghcr.io``, ``host:5000``), None for none.

    Raises TargetError when the configuration or a credential helper does not work.
    """
    path = os.path.join(environ.get("DOCKER_CONFIG") or os.path.expanduser("~/.docker"), "config.json")
    config = _read(path)
    keys = _HUB if registry == "docker.io" else (registry,)
    helpers = _section(config, "credHelpers")
    for key in keys:
        helper = helpers.get(key)
        if isinstance(helper, str):
            return _ask(helper, key)
    auths = {_host(key): value for key, value in _section(config, "auths").items() if isinstance(value, dict)}
    for key in keys:
        found = _written(auths.get(_host(key), {}), path)
        if found is not None:
            return found
    store = config.get("credsStore")
    return _ask(store, keys[0]) if isinstance(store, str) and store else None


def _read(path: str) -> dict[str, Any]:
    try:
        with open(path, "rb") as file:
            config = json.loads(file.read(MAX_BYTES))
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise TargetError(f"{path}: {error.strerror}") from None
    except (ValueError, RecursionError):
        raise TargetError(f"{path} is not JSON", hint="docker login writes it anew") from None
    return config if isinstance(config, dict) else {}


def _section(config: Mapping[str, Any], key: str) -> dict[str, Any]:
    found = config.get(key)
    return found if isinstance(found, dict) else {}


def _host(key: str) -> str:
    """The host that a key of ``auths`` is for; old ones are URLs."""
    return re.sub(r"^https?://", "", key).partition("/")[0]


def _written(entry: Mapping[str, Any], path: str) -> Login | None:
    """A login that stands in the file itself."""
    token, encoded = entry.get("identitytoken"), entry.get("auth")
    if isinstance(token, str) and token:
        return Login(user="", secret=token)
    if isinstance(encoded, str) and encoded:
        try:
            user, colon, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
        except ValueError:
            colon = ""
        if not colon:
            raise TargetError(f"{path}: a login in it is damaged", hint="docker login writes it anew")
        return Login(user=user, secret=secret.rstrip("\0"))
    name, password = entry.get("username"), entry.get("password")
    return Login(user=name, secret=password) if isinstance(name, str) and isinstance(password, str) and name else None


def _ask(helper: str, server: str) -> Login | None:
    """What ``docker-credential-HELPER get`` says."""
    program = f"docker-credential-{helper}"
    if not _HELPER.fullmatch(helper):
        raise TargetError("Docker's config.json names a credential helper that is no program's name")
    try:
        done = subprocess.run(
            [program, "get"], input=server.encode(), capture_output=True, check=False, timeout=HELPER_SECONDS
        )
    except FileNotFoundError:
        raise TargetError(
            f"{program} is not installed", hint="Docker's config.json names it: install it, or take it out there"
        ) from None
    except (OSError, subprocess.TimeoutExpired):
        raise TargetError(f"{program} does not answer", hint=f"try: echo {server} | {program} get") from None
    if done.returncode:
        if b"credentials not found" in (done.stdout + done.stderr).lower():
            return None
        raise TargetError(f"{program} fails", hint=f"try: echo {server} | {program} get")
    try:
        answer = json.loads(done.stdout[:MAX_BYTES])
        user, secret = answer["Username"], answer["Secret"]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise TargetError(f"{program} gives no answer that can be read") from None
    if not isinstance(user, str) or not isinstance(secret, str):
        raise TargetError(f"{program} gives no answer that can be read")
    return Login(user="" if user == _TOKEN else user, secret=secret) if secret else None
