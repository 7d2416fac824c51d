"""Images in a registry, without a daemon: ``registry:NAME[:TAG][@DIGEST]``.

https://github.com/opencontainers/distribution-spec; for tokens https://distribution.github.io/distribution/spec/auth/.
HTTP without encryption is spoken with this machine only, or when ``registry:http://…`` says so.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from http.client import HTTPResponse
from typing import BinaryIO
from urllib.parse import urlencode, urlsplit

from scanner.errors import TargetError, UsageError
from scanner.parsers import image_reference
from scanner.parsers.image_reference import ImageReference
from scanner.sources.image import http, login, manifest
from scanner.sources.image.http import Refused, Web
from scanner.sources.image.image import Image
from scanner.sources.image.login import Login
from scanner.sources.image.manifest import MAX_MANIFEST
from scanner.sources.image.verified import digest_of

MAX_TOKEN = 256 << 10
"""Bytes of a token server's answer."""
MAX_REALM = 2_000
"""Characters of its address."""

_ACCEPT = ", ".join(
    (
        "application/vnd.oci.image.index.v1+json",
        "application/vnd.docker.distribution.manifest.list.v2+json",
        "application/vnd.oci.image.manifest.v1+json",
        "application/vnd.docker.distribution.manifest.v2+json",
    )
)
_HUB = "registry-1.docker.io"
_CHALLENGE = re.compile(r'(\w{1,40})="([^"]{0,2000})"')
_SCHEMES = ("http://", "https://")


def open_registry(text: str, platform: str | None) -> Image:
    """The image of that name. Raises TargetError, and UsageError when it is no name."""
    return described(text, platform)[0]


def described(text: str, platform: str | None) -> tuple[Image, str]:
    """The image of that name, and the digest that the name stands for today: of an index, where there is one.

    Raises TargetError, and UsageError when it is no name.
    """
    scheme = next((each for each in _SCHEMES if text.startswith(each)), "")
    try:
        reference = image_reference.parse(text.removeprefix(scheme))
    except ValueError as error:
        raise UsageError(f"registry:{text}: {error}") from None
    local = http.is_local(reference.registry)
    plain = scheme == "http://" or (local and scheme != "https://")
    registry = Registry(f"registry:{text}", reference, plain=plain)
    data = registry.manifest(reference.digest or reference.tag or "latest")
    digest = digest_of(data, reference.digest or "sha256:")
    if reference.digest not in {None, digest}:
        raise TargetError(f"{registry.name}: the registry sends something else than the digest says")
    return manifest.read(registry, data, platform), digest


class Registry:
    """One repository of a registry, as a store of manifests and blobs."""

    def __init__(self, name: str, reference: ImageReference, *, plain: bool) -> None:
        self.name, self._registry, self._plain = name, reference.registry, plain
        host = _HUB if reference.registry == "docker.io" else reference.registry
        self._repository = reference.canonical.partition("/")[2]
        self._base = f"{'http' if plain else 'https'}://{host}/v2/{self._repository}"
        self._web = Web(host, plain=plain)
        self._authorization = ""
        self._login: Login | None = None
        self._looked_for_login = False

    def manifest(self, digest: str) -> bytes:
        """By digest or tag."""
        response = self._ask(f"{self._base}/manifests/{digest}", {"Accept": _ACCEPT})
        announced = response.headers.get("Docker-Content-Digest") or ""
        try:
            data = http.body(response, MAX_MANIFEST)
        except OSError as error:
            raise TargetError(f"{self.name}: the manifest cannot be read: {error}") from None
        if announced.startswith("sha256:") and len(data) <= MAX_MANIFEST and announced != digest_of(data):
            raise TargetError(f"{self.name}: the manifest arrives damaged: its digest is another")
        return data

    def blob(self, digest: str, size: int) -> BinaryIO:
        """A reader that goes on after broken connections."""

        def ask(start: int) -> HTTPResponse:
            return self._ask(f"{self._base}/blobs/{digest}", {"Range": f"bytes={start}-"} if start else {})

        return http.resumed(ask, size)

    def _ask(self, url: str, headers: Mapping[str, str]) -> HTTPResponse:
        """Ask; when the registry wants to know who asks, say it and ask again."""
        try:
            return self._web.ask(url, headers, authorization=self._authorization)
        except Refused as error:
            if error.status != 401:
                raise self._explained(error) from None
            self._authorization = self._authorize(error.challenges)
        try:
            return self._web.ask(url, headers, authorization=self._authorization)
        except Refused as error:
            raise self._explained(error) from None

    def _authorize(self, challenges: Sequence[str]) -> str:
        """An Authorization header that answers one of the registry's challenges."""
        if not self._looked_for_login:
            self._login, self._looked_for_login = login.find(self._registry), True
        for challenge in challenges:
            if challenge[:7].lower() == "bearer ":
                return self._token(dict(_CHALLENGE.findall(challenge)))
        if any(challenge[:6].lower() == "basic " for challenge in challenges) and self._login and self._login.user:
            return self._login.basic
        raise self._denied()

    def _token(self, challenge: Mapping[str, str]) -> str:
        realm = challenge.get("realm", "")
        try:
            where = urlsplit(realm)
        except ValueError:
            where = urlsplit("")
        allowed = {"https", "http"} if self._plain else {"https"}
        if where.scheme not in allowed or not where.netloc or "@" in where.netloc or len(realm) > MAX_REALM:
            raise TargetError(f"{self.name}: the registry names no usable address to log in at")
        asked = {"service": challenge.get("service", ""), "scope": f"repository:{self._repository}:pull"}
        web = Web(where.netloc, plain=self._plain)
        known = self._login
        try:
            if known is not None and not known.user:
                form = asked | {"grant_type": "refresh_token", "client_id": "hullcheck", "refresh_token": known.secret}
                response = web.ask(realm, {}, data=urlencode(form).encode())
            else:
                url = f"{realm}{'&' if where.query else '?'}{urlencode(asked)}"
                response = web.ask(url, {}, authorization=known.basic if known is not None else "")
            answer = json.loads(http.body(response, MAX_TOKEN))
        except Refused as error:
            raise (self._denied() if error.status in {400, 401, 403} else self._explained(error)) from None
        except (OSError, ValueError, RecursionError):
            answer = None
        token = (answer.get("token") or answer.get("access_token")) if isinstance(answer, dict) else None
        if not isinstance(token, str) or not re.fullmatch(r"[\x21-\x7e]+", token):
            raise TargetError(f"{self.name}: {where.netloc} gives no token")
        return f"Bearer {token}"

    def _explained(self, error: Refused) -> TargetError:
        if error.status in {401, 403}:
            return self._denied()
        if error.status == 404:
            return TargetError(f"{self.name}: the registry has no such image", hint="check its name and tag")
        return TargetError(f"{self.name}: {error}", hint=error.hint)

    def _denied(self) -> TargetError:
        if self._login is None:
            reason = "there is no such image, or it is not for everybody to read"
            return TargetError(f"{self.name}: {reason}", hint=f"check its name, or log in: {self._command}")
        reason = "the login in Docker's config.json is refused, or may not read this image"
        return TargetError(f"{self.name}: {reason}", hint=f"log in anew: {self._command}")

    @property
    def _command(self) -> str:
        return "docker login" if self._registry == "docker.io" else f"docker login {self._registry}"
