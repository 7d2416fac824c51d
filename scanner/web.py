"""Requests to a registry or another server: bounded retries, logins, and bodies that go on where a connection broke."""

from __future__ import annotations

import io
import random
import re
import socket
import ssl
import time
from collections.abc import Callable, Mapping
from email.utils import parsedate_to_datetime
from http.client import HTTPException, HTTPMessage, HTTPResponse
from typing import IO, Any, BinaryIO, cast
from urllib import request
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit

from scanner import __version__
from scanner.errors import TargetError

TIMEOUT = 30
"""Seconds without a byte."""
ATTEMPTS = 5
"""Of one request."""
LONGEST_WAIT = 30
"""Seconds between two attempts, also when the registry asks for more."""
LONGEST_ANSWER = 60
"""Seconds that a manifest or token may take."""
MAX_RESUMED = 20
"""Connections that one blob may break."""
SLOW_AFTER, SLOW = 120, 1_024
"""Bytes a second that a blob has to bring on average, once so many seconds are over."""
CHUNK = 1 << 16

_TRY_AGAIN = frozenset({429, 500, 502, 503, 504})
_RANGE = re.compile(r"bytes (\d{1,19})-")


class Refused(TargetError):
    """The server answers, but not with what was asked for."""

    def __init__(self, reason: str, status: int, challenges: tuple[str, ...], *, hint: str = "") -> None:
        super().__init__(reason, hint=hint)
        self.status = status
        self.challenges = challenges
        """What it says about how to log in."""


class Unreachable(TargetError):
    """The server does not answer."""


class Web:
    """Requests to one host and to where it redirects to. ``plain`` allows HTTP without encryption."""

    def __init__(self, host: str, *, plain: bool, attempts: int = ATTEMPTS) -> None:
        self.host, self._attempts = host, attempts
        self._opener = request.OpenerDirector()
        handlers: list[request.BaseHandler] = [
            request.ProxyHandler({} if is_local(host) else None),
            request.HTTPSHandler(context=ssl.create_default_context()),
            request.HTTPErrorProcessor(),
            request.HTTPDefaultErrorHandler(),
            _Redirects(plain=plain),
        ]
        if plain:
            handlers.append(request.HTTPHandler())
        for handler in handlers:
            self._opener.add_handler(handler)

    def ask(
        self, url: str, headers: Mapping[str, str], *, authorization: str = "", data: bytes | None = None
    ) -> HTTPResponse:
        """The answer, its body not yet read. Raises Unreachable, Refused.

        ``authorization`` goes to this host only, never to another that it redirects to.
        """
        for attempt in range(1, self._attempts + 1):
            asked = request.Request(url, data, {"User-Agent": f"hullcheck/{__version__}", **headers})  # noqa: S310
            if authorization:
                asked.add_unredirected_header("Authorization", authorization)
            try:
                return cast("HTTPResponse", self._opener.open(asked, timeout=TIMEOUT))
            except HTTPError as error:
                error.close()
                wait = _wait(error.headers.get("Retry-After"), attempt)
                if error.code not in _TRY_AGAIN or attempt == self._attempts or wait > LONGEST_WAIT:
                    raise self._refused(error, wait) from None
            except (OSError, HTTPException, ValueError) as error:
                reason = error.reason if isinstance(error, URLError) else error
                final = ssl.SSLError | socket.gaierror | _Unsafe | ValueError | str
                if attempt == self._attempts or isinstance(reason, final):
                    raise self._unreachable(reason) from None
                wait = _wait(None, attempt)
            time.sleep(wait)
        raise AssertionError

    def _refused(self, error: HTTPError, wait: float) -> Refused:
        hint = ""
        if error.code == 429:
            hint = "log in with docker login, which allows more requests, or try again later"
            if wait > LONGEST_WAIT:
                hint = f"it asks to wait {wait:,.0f} seconds; {hint}"
        challenges = tuple(error.headers.get_all("WWW-Authenticate", ()))
        return Refused(f"{self.host} answers with status {error.code}", error.code, challenges, hint=hint)

    def _unreachable(self, reason: object) -> Unreachable:
        hint = "check the name, the network, and HTTPS_PROXY if there is a proxy"
        if isinstance(reason, ssl.SSLCertVerificationError):
            why, hint = "its certificate is not trusted", "SSL_CERT_FILE may name a file with the right authority"
        elif isinstance(reason, ssl.SSLError):
            why, hint = "it does not speak TLS", f"write registry:http://{self.host}/… if it is to be read without"
        elif isinstance(reason, socket.gaierror):
            why = "there is no such host"
        elif isinstance(reason, _Unsafe):
            why = "it redirects to an address without encryption"
        elif isinstance(reason, ValueError):
            why = "it redirects to what is no address"
        elif isinstance(reason, TimeoutError):
            why = f"no answer within {TIMEOUT} seconds"
        else:
            why = (reason.strerror if isinstance(reason, OSError) else None) or "the connection broke"
        return Unreachable(f"{self.host} cannot be reached: {why}", hint=hint)


class _Unsafe(OSError):
    """A redirection that leads out of encryption."""


class _Redirects(request.HTTPRedirectHandler):
    max_redirections = 5

    def __init__(self, *, plain: bool) -> None:
        self._allowed = {"https", "http"} if plain else {"https"}

    def redirect_request(  # noqa: PLR0917
        self, req: request.Request, fp: object, code: int, msg: str, headers: object, newurl: str
    ) -> request.Request | None:
        """Only to where the request may go; the login comes along to the same host."""
        before, behind = urlsplit(req.full_url), urlsplit(newurl)
        if behind.scheme not in self._allowed:
            raise _Unsafe
        moved = super().redirect_request(req, fp, code, msg, headers, newurl)  # type: ignore[arg-type]
        login = req.unredirected_hdrs.get("Authorization")
        if moved is not None and login and (before.scheme, before.netloc) == (behind.scheme, behind.netloc):
            moved.add_unredirected_header("Authorization", login)
        return moved

    def http_error_302(self, req: request.Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage) -> Any:
        """As inherited, but the connection is closed also where the new address is none."""
        try:
            return super().http_error_302(req, fp, code, msg, headers)
        finally:
            fp.close()

    http_error_301 = http_error_303 = http_error_307 = http_error_308 = http_error_302


def is_local(host: str) -> bool:
    """Whether a registry's host is this machine, so that nobody listens in between."""
    name = host.removeprefix("[").partition("]")[0] if host.startswith("[") else host.partition(":")[0]
    return name in {"localhost", "::1"} or re.fullmatch(r"127(?:\.\d{1,3}){3}", name) is not None


def _wait(retry_after: str | None, attempt: int) -> float:
    """Seconds until the next attempt: what the server asks for, else longer each time."""
    if retry_after is not None:
        if re.fullmatch(r"\d{1,9}", retry_after.strip()):
            return float(retry_after)
        try:
            return max(0.0, parsedate_to_datetime(retry_after).timestamp() - time.time())
        except (ValueError, OverflowError):
            pass
    return min(float(LONGEST_WAIT), 0.5 * 2.0**attempt) * (0.5 + random.random() / 2)  # noqa: S311


def body(response: HTTPResponse, limit: int) -> bytes:
    """A short body whole, at most one byte more than fits. Raises OSError when it breaks off or takes too long."""
    parts, left, until = [], limit + 1, time.monotonic() + LONGEST_ANSWER
    announced = response.length
    try:
        with response:
            while left > 0 and (part := response.read1(min(left, CHUNK))):
                parts.append(part)
                left -= len(part)
                if time.monotonic() > until:
                    raise TimeoutError("the answer takes too long")
    except HTTPException:
        raise ConnectionError("the answer broke off") from None
    data = b"".join(parts)
    if left > 0 and announced is not None and len(data) < announced:
        raise ConnectionError("the answer broke off")
    return data


def resumed(ask: Callable[[int], HTTPResponse], size: int) -> BinaryIO:
    """A reader of ``size`` bytes; ``ask`` gives the answer to a request for those from an offset on.

    Raises OSError when the connection breaks more often than it is mended.
    """
    return io.BufferedReader(_Resumed(ask, size), CHUNK)


class _Resumed(io.RawIOBase):
    def __init__(self, ask: Callable[[int], HTTPResponse], size: int) -> None:
        self._ask, self._size = ask, size
        self._at = self._broken = 0
        self._waited = 0.0
        self._response: HTTPResponse | None = ask(0) if size else None

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        while self._at < self._size:
            why = "it ended early"
            try:
                data = self._more(min(len(buffer), self._size - self._at))
            except (OSError, HTTPException) as error:
                data, why = b"", str(error) or why
            if data:
                buffer[: len(data)] = data
                return len(data)
            self._disconnect()
            self._broken += 1
            if self._broken > MAX_RESUMED:
                raise ConnectionError(f"the connection broke after {self._at:,} of {self._size:,} bytes: {why}")
            time.sleep(_wait(None, min(self._broken, 6)))
        return 0

    def _more(self, most: int) -> bytes:
        if self._response is None:
            self._response = self._from_here()
        started = time.monotonic()
        data = self._response.read1(most)
        self._at += len(data)
        self._waited += time.monotonic() - started
        if self._waited > SLOW_AFTER and self._at < self._waited * SLOW:
            self._broken = MAX_RESUMED
            raise TimeoutError
        return data

    def _from_here(self) -> HTTPResponse:
        """The rest, also from a server that only sends all of it again."""
        try:
            response = self._ask(self._at)
        except TargetError as error:
            self._broken = MAX_RESUMED
            raise ConnectionError(str(error)) from None
        given = _RANGE.match(response.headers.get("Content-Range") or "")
        skip = self._at - (int(given[1]) if given is not None and response.status == 206 else 0)
        if skip < 0:
            response.close()
            raise ConnectionError("the answer begins too late")
        while skip:
            part = response.read1(min(skip, CHUNK))
            if not part:
                response.close()
                raise ConnectionError("the answer broke off")
            skip -= len(part)
        return response

    def _disconnect(self) -> None:
        if self._response is not None:
            self._response.close()
        self._response = None

    def close(self) -> None:
        if not self.closed:
            self._disconnect()
        super().close()
