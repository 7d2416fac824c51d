"""pip-audit, as a program of its own: what it knows about Python packages of exact versions.

It gets a requirements file of pins that holds nothing else, in an empty folder; it resolves and installs nothing. Its
JSON counts, not its exit code: https://github.com/pypa/pip-audit.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from typing import Literal

from scanner.model.record import Record
from scanner.parsers import secrets
from scanner.parsers.manifests.specifier import normalize

Service = Literal["osv", "pypi"]

MAX_ROUNDS = 16
"""Versions of one package that are asked about; a run takes one of each package."""
MAX_RUNS = 64
"""Runs in which it may stumble over an advisory."""
MAX_ANSWER = 64 << 20
"""Bytes."""
PATIENCE = 15
"""Seconds for one request."""
START, EACH = 60, 3
"""Seconds for a run, and for each of its packages."""
MAX_WORDS = 300
"""Characters of a summary, or of what went wrong."""

_KEPT = (
    *("PATH", "HOME", "XDG_CACHE_HOME", "PYTHONPATH", "PYTHONUSERBASE", "VIRTUAL_ENV", "LANG", "SYSTEMROOT"),
    *("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "all_proxy", "no_proxy"),
    *("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR", "PIP_AUDIT_OSV_URL"),
)
"""What of the environment it is given: where Python, proxies and certificates are, and who answers for OSV."""

Package = tuple[str, str]
"""Name and version, as the index writes them."""


class Failure(Exception):
    """There is no answer; ``remedy`` says what to do."""

    def __init__(
        self, reason: str, remedy: str = "Look at the network and its proxy, or scan without --online."
    ) -> None:
        super().__init__(reason)
        self.remedy = remedy


class _Stumbled(Failure):
    """It ended at an advisory whose versions it cannot read; what it had found by then is lost."""


class Vulnerability(Record):
    """What it says of one advisory."""

    ids: tuple[str, ...]
    """The id that it is best known by first: CVE, else GHSA, else its own."""
    summary: str
    """On one line."""
    fixed_in: tuple[str, ...]


class Answer(Record):
    """What it says of one package."""

    vulnerabilities: tuple[Vulnerability, ...] = ()
    skipped: str = ""
    """Why it was not looked up; "" when it was."""


def ask(packages: Iterable[Package], service: Service) -> dict[Package, Answer]:
    """What is known of each package; one that is not in it was not looked up. Raises Failure."""
    rounds: list[dict[str, str]] = []
    for name, version in packages:
        free = next((each for each in rounds if name not in each), None)
        if free is None and len(rounds) < MAX_ROUNDS:
            rounds.append(free := {})
        if free is not None:
            free[name] = version
    found: dict[Package, Answer] = {}
    runs = iter(range(MAX_RUNS))
    for pins in rounds:
        for name, answer in _asked(pins, service, runs):
            found[name, pins.get(name, "")] = answer
    return found


def _asked(pins: Mapping[str, str], service: Service, runs: Iterator[int]) -> list[tuple[str, Answer]]:
    """Where it stumbles, each half again, so that one package alone is skipped."""
    try:
        return _read(_run(pins, service))
    except _Stumbled as error:
        if len(pins) == 1 or next(runs, None) is None:
            return [(name, Answer(skipped=str(error))) for name in pins]
    names = list(pins)
    halves = names[: len(names) // 2], names[len(names) // 2 :]
    return [each for half in halves for each in _asked({name: pins[name] for name in half}, service, runs)]


def _run(pins: Mapping[str, str], service: Service) -> bytes:
    from tempfile import TemporaryDirectory

    from scanner import kept

    with TemporaryDirectory(prefix="hullcheck-") as folder:
        asked, answered = os.path.join(folder, "requirements.txt"), os.path.join(folder, "answer.json")
        with open(asked, "w", encoding="ascii") as file:
            file.writelines(f"{name}=={version}\n" for name, version in sorted(pins.items()))
        command = [
            *(sys.executable, "-P", "-m", "pip_audit", "--disable-pip", "--no-deps", "-r", asked),
            *("-f", "json", "-o", answered, "-s", service, "--progress-spinner", "off", "--timeout", str(PATIENCE)),
            *("--desc", "on", "--aliases", "on", "--cache-dir", os.path.join(kept.folder(), "pip-audit")),
        ]
        environment = {key: os.environ[key] for key in _KEPT if key in os.environ}
        limit = START + EACH * len(pins)
        try:
            done = subprocess.run(
                command,
                cwd=folder,
                env=environment,
                timeout=limit,
                capture_output=True,
                stdin=subprocess.DEVNULL,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise Failure(f"pip-audit took more than {limit} seconds") from None
        except OSError as error:
            raise Failure(f"pip-audit cannot be started: {error.strerror}") from None
        try:
            with open(answered, "rb") as answer:
                return answer.read(MAX_ANSWER + 1)
        except OSError:
            raise _failure(done.stderr) from None


def _failure(errors: bytes) -> Failure:
    """What its last words mean."""
    lines = [line.strip() for line in errors.decode("utf-8", "replace").splitlines() if line.strip()]
    last = lines[-1][-MAX_WORDS:] if lines else "it said nothing"
    if "No module named pip_audit" in last:
        return Failure("pip-audit is not installed", "Install it where hullcheck is: pip install pip-audit")
    said = f"pip-audit failed: {secrets.mask(last, secrets.find(last))}"
    return _Stumbled(said) if "InvalidVersion" in last or "malformed version" in last else Failure(said)


def _read(data: bytes) -> list[tuple[str, Answer]]:
    import json

    if len(data) > MAX_ANSWER:
        raise Failure(f"pip-audit's answer has more than {MAX_ANSWER:,} bytes")
    try:
        return [
            (
                normalize(said["name"]),
                Answer(
                    vulnerabilities=tuple(map(_vulnerability, said.get("vulns", ()))),
                    skipped=str(said.get("skip_reason", ""))[:MAX_WORDS],
                ),
            )
            for said in json.loads(data)["dependencies"]
        ]
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        remedy = "Install the version that hullcheck asks for: pip install --upgrade hullcheck"
        raise Failure("pip-audit answered something else than its JSON", remedy) from None


def _vulnerability(said: Mapping[str, object]) -> Vulnerability:
    ids, fixes = [said["id"], *_list(said.get("aliases"))], _list(said.get("fix_versions"))
    known = sorted(dict.fromkeys(map(str, ids)), key=lambda name: (not name.startswith("CVE-"), name[:5] != "GHSA-"))
    summary = " ".join(str(said.get("description") or "").split())[:MAX_WORDS].rstrip(".")
    return Vulnerability(ids=tuple(known), summary=summary, fixed_in=tuple(map(str, fixes)))


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []
