"""Images in a registry, without a daemon: ``registry:NAME[:TAG][@DIGEST]``.

https://github.com/opencontainers/distribution-spec; for tokens https://distribution.github.io/distribution/spec/auth/.
HTTP without encryption is spoken with this machine only, or when ``registry:http://…`` or a mirror's configuration says
so. Mirrors are asked first (``mirrors.py``).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from http.client import HTTPResponse
from types import MappingProxyType
from typing import BinaryIO, TypeVar
from urllib.parse import urlencode, urlsplit

from scanner import web
from scanner.errors import TargetError, UsageError
from scanner.parsers import image_reference
from scanner.sources.image import login, manifest
from scanner.sources.image.image import Image
from scanner.sources.image.login import Login
from scanner.sources.image.manifest import MAX_MANIFEST
from scanner.sources.image.mirrors import HUB, Endpoint, endpoints
from scanner.sources.image.verified import digest_of, is_digest
from scanner.web import Refused, Unreachable, Web

MAX_TOKEN = 256 << 10
"""Bytes of a token server's answer."""
MAX_REALM = 2_000
"""Characters of its address."""
MIRROR_ATTEMPTS = 2
"""Of a request to a mirror: there are others to ask."""
BREAKS = 3
"""Connections for one blob after which another is asked to go on."""

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

_T = TypeVar("_T")
_silent: set[str] = set()
"""Mirrors that did not answer; no other image of a run waits for them again."""


def open_registry(
    text: str, platform: str | None, mirrors: Mapping[str, Sequence[str]] = MappingProxyType({})
) -> Image:
    """The image of that name. Raises TargetError, and UsageError when it is no name."""
    return described(text, platform, mirrors)[0]


def described(
    text: str, platform: str | None, mirrors: Mapping[str, Sequence[str]] = MappingProxyType({})
) -> tuple[Image, str]:
    """The image of that name, and the digest that the name stands for today: of an index, where there is one.

    ``mirrors`` are hosts by the registry that they stand for. Raises TargetError, and UsageError when it is no name.
    """
    scheme = next((each for each in _SCHEMES if text.startswith(each)), "")
    try:
        reference = image_reference.parse(text.removeprefix(scheme))
    except ValueError as error:
        raise UsageError(f"registry:{text}: {error}") from None
    name = f"registry:{text}"
    if scheme:
        repository = reference.canonical.partition("/")[2]
        plain = scheme == "http://"
        asked = [Endpoint(host=reference.registry, repository=repository, plain=plain, mirror=False)]
    else:
        asked = endpoints(reference, mirrors)
    store = _Mirrored(name, [Registry(name, each) for each in asked])
    data = store.manifest(reference.digest or reference.tag or "latest")
    return manifest.read(store, data, platform), digest_of(data, reference.digest or "sha256:")


class _Mirrored:
    """A repository with its mirrors, as one store: who fails, or sends what it was not asked for, is passed over."""

    def __init__(self, name: str, places: Sequence[Registry]) -> None:
        self.name, self.local, self._places = name, False, places

    def manifest(self, digest: str) -> bytes:
        """By digest or tag; held to the digest."""
        return self._first(lambda each: each.manifest(digest))

    def blob(self, digest: str, size: int) -> BinaryIO:
        """A reader that goes on after broken connections, in the end with the next."""
        asked = 0

        def ask(start: int) -> HTTPResponse:
            nonlocal asked
            asked += 1
            return self._first(lambda each: each.blob(digest, start), (asked - 1) // BREAKS)

        return web.resumed(ask, size)

    def _first(self, ask: Callable[[Registry], _T], skipped: int = 0) -> _T:
        """The answer of the first that gives one; of those behind ``skipped``, but always the last.

        Who answers with encryption, whatever the answer is, is not asked without.
        """
        *mirrors, origin = self._places
        failed: list[tuple[Registry, TargetError]] = []
        answered: set[str] = set()
        for each in (*mirrors[skipped:], origin):
            if each.place in answered or (each.base in _silent and each is not origin):
                continue
            try:
                return ask(each)
            except TargetError as error:
                failed.append((each, error))
                if not isinstance(error, Unreachable):
                    answered.add(each.place)
                elif each is not origin:
                    _silent.add(each.base)
        *before, (_, last) = failed
        last.hint = "; ".join(
            filter(None, (last.hint, *(f"{each.host} (asked before): {error}" for each, error in before)))
        )
        raise last


class Registry:
    """One repository of a registry."""

    def __init__(self, name: str, endpoint: Endpoint) -> None:
        self.name, self._registry, self._plain = name, endpoint.host, endpoint.plain
        self.host = _HUB if endpoint.host == HUB else endpoint.host
        self._repository = endpoint.repository
        self.place = f"{self.host}/v2/{self._repository}"
        self.base = f"{'http' if endpoint.plain else 'https'}://{self.place}"
        self._web = Web(self.host, plain=endpoint.plain, attempts=MIRROR_ATTEMPTS if endpoint.mirror else web.ATTEMPTS)
        self._authorization = ""
        self._login: Login | None = None
        self._looked_for_login = False

    def manifest(self, digest: str) -> bytes:
        """By digest or tag; held to the digest."""
        response = self._ask(f"{self.base}/manifests/{digest}", {"Accept": _ACCEPT})
        announced = response.headers.get("Docker-Content-Digest") or ""
        try:
            data = web.body(response, MAX_MANIFEST)
        except OSError as error:
            raise TargetError(f"{self.name}: the manifest cannot be read: {error}") from None
        if announced.startswith("sha256:") and len(data) <= MAX_MANIFEST and announced != digest_of(data):
            raise TargetError(f"{self.name}: the manifest arrives damaged: its digest is another")
        if is_digest(digest) and len(data) <= MAX_MANIFEST and digest_of(data, digest) != digest:
            raise TargetError(f"{self.name}: manifest {digest[:19]} holds something else than its digest says")
        return data

    def blob(self, digest: str, start: int) -> HTTPResponse:
        """The answer to a request for the bytes of a blob from an offset on."""
        return self._ask(f"{self.base}/blobs/{digest}", {"Range": f"bytes={start}-"} if start else {})

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
        server = Web(where.netloc, plain=self._plain)
        known = self._login
        try:
            if known is not None and not known.user:
                form = asked | {"grant_type": "refresh_token", "client_id": "hullcheck", "refresh_token": known.secret}
                response = server.ask(realm, {}, data=urlencode(form).encode())
            else:
                url = f"{realm}{'&' if where.query else '?'}{urlencode(asked)}"
                response = server.ask(url, {}, authorization=known.basic if known is not None else "")
            answer = json.loads(web.body(response, MAX_TOKEN))
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
