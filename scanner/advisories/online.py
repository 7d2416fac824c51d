"""Ask OSV, or the Python package index, about Python packages: names and versions go there, through pip-audit.

pip-audit runs as a program of its own, with a requirements file of exact pins that holds nothing else. It resolves and
installs nothing; what it answers counts, not its exit code, and what it skips is a problem.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Literal, NamedTuple

from scanner.model.facts import Fact, InstalledPackage, KnownVulnerability, Requirement, VulnerablePin
from scanner.model.facts.vulnerabilities import Certainty
from scanner.model.finding import Problem
from scanner.model.location import Location
from scanner.parsers import secrets
from scanner.parsers.lazy import Lazy
from scanner.parsers.manifests import specifier

Service = Literal["osv", "pypi"]

MAX_PACKAGES = 5_000
MAX_ROUNDS = 16
"""Versions of one package that are asked about; pip-audit takes one at a time."""
MAX_ANSWER = 64 << 20
"""Bytes."""
PATIENCE = 15
"""Seconds for one request."""
START, EACH = 60, 3
"""Seconds for all, and for each package of a round."""
SHOWN = 5
"""Names that a problem lists."""
SUMMARY = 300
"""Characters."""
SOURCE = "pip-audit"

_NAME = Lazy(r"[a-z0-9](?:[a-z0-9._-]{0,198}[a-z0-9])?")
_LEFT = ("PATH", "HOME", "XDG_CACHE_HOME", "PYTHONPATH", "PYTHONUSERBASE", "VIRTUAL_ENV", "LANG", "SYSTEMROOT",
         "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "all_proxy", "no_proxy",
         "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR", "PIP_AUDIT_OSV_URL")  # fmt: skip
"""What of the environment pip-audit is given: where Python, proxies and certificates are, and who answers for OSV."""


class Failure(Exception):
    """pip-audit gave no answer; ``remedy`` says what to do."""

    def __init__(self, reason: str, remedy: str) -> None:
        super().__init__(reason)
        self.remedy = remedy


class _Answer(NamedTuple):
    vulnerabilities: tuple[Mapping[str, Any], ...]
    skipped: str
    """Why it was not looked up; "" when it was."""


def matched(facts: Sequence[Fact], service: Service, name: str, problems: list[Problem]) -> list[Fact]:
    """What is known of the Python packages among the facts that no fact says yet; gaps go to ``problems``.

    ``name`` is the target's. Packages of a distribution are not asked about: it mends them under the old version.
    """
    wanted: dict[tuple[str, str], list[InstalledPackage | Requirement]] = {}
    unasked: dict[str, list[Fact]] = {}
    for fact in facts:
        if isinstance(fact, InstalledPackage | Requirement) and _is_asked(fact):
            version = specifier.public(fact.version or "")
            if not version or not _NAME.fullmatch(fact.name):
                unasked.setdefault("their versions are none that the index could have", []).append(fact)
            elif (fact.name, version) not in wanted and len(wanted) == MAX_PACKAGES:
                unasked.setdefault(f"more than {MAX_PACKAGES:,} packages", []).append(fact)
            else:
                wanted.setdefault((fact.name, version), []).append(fact)
    told = _told(facts)
    found: list[Fact] = []
    try:
        answers = _ask(wanted, service) if wanted else {}
    except Failure as error:
        problems.append(
            Problem(at=Location(name), reason=f"not asked about known vulnerabilities: {error}", remedy=error.remedy)
        )
        return []
    for key, same in wanted.items():
        answer = answers.get(key, _Answer((), "pip-audit says nothing about them"))
        if answer.skipped:
            unasked.setdefault(answer.skipped, []).extend(same)
        for fact in same:
            found += _facts(fact, answer, told)
    problems += (_unasked(reason, left) for reason, left in unasked.items())
    return found


def _is_asked(fact: InstalledPackage | Requirement) -> bool:
    if fact.ecosystem != "pypi":
        return False
    if isinstance(fact, InstalledPackage):
        return not fact.owned_by.startswith(("deb", "apk", "rpm"))
    return fact.origin == "index" and bool(fact.version)


def _told(facts: Iterable[Fact]) -> Mapping[tuple[str, str], frozenset[str]]:
    """The ids of advisories that are known already, by name and version of the package."""
    found: dict[tuple[str, str], frozenset[str]] = {}
    for fact in facts:
        if isinstance(fact, KnownVulnerability) and fact.ecosystem == "pypi":
            key = fact.name, fact.version
            found[key] = found.get(key, frozenset()) | {fact.advisory, *fact.aliases}
    return found


def _facts(
    fact: InstalledPackage | Requirement, answer: _Answer, told: Mapping[tuple[str, str], frozenset[str]]
) -> Iterator[Fact]:
    vulnerabilities = [(_ids(each), each) for each in answer.vulnerabilities]
    if isinstance(fact, Requirement):
        if vulnerabilities:
            yield VulnerablePin(
                evidence=fact.evidence,
                ships=fact.ships,
                ecosystem=fact.ecosystem,
                name=fact.name,
                specifier=fact.specifier,
                exact=True,
                advisories=tuple(ids[0] for ids, _ in vulnerabilities),
                severity=None,
                certainty="high",
                upgrade="",
                exploited=None,
                declared_in=fact.declared_in,
            )
        return
    layer = fact.evidence[0].at.layer
    for ids, said in vulnerabilities:
        if told.get((fact.name, fact.version), frozenset()).isdisjoint(ids):
            yield KnownVulnerability(
                evidence=fact.evidence,
                ships=fact.ships,
                ecosystem=fact.ecosystem,
                name=fact.name,
                version=fact.version,
                purl=fact.purl,
                location=fact.location,
                advisory=ids[0],
                aliases=ids[1:],
                source=SOURCE,
                summary=" ".join(str(said.get("description") or "").split())[:SUMMARY],
                affects=True,
                certainty=_certainty(fact.version),
                severity=None,
                score="",
                vector="",
                fixed_in=tuple(map(str, said.get("fix_versions") or ())),
                upgrade="",
                exploited=None,
                exploit_percent=None,
                disputed=False,
                of_base=layer.base if layer else None,
            )


def _certainty(version: str) -> Certainty:
    """How sure it is that the release asked about is the one installed: builds with a label may hold other patches."""
    _, _, label = version.partition("+")
    return "high" if not label else "low" if ".nv" in label or label.startswith("nv") else "medium"


def _ids(said: Mapping[str, Any]) -> tuple[str, ...]:
    """All ids of an advisory, the one that it is best known by first."""
    ids = dict.fromkeys(map(str, (said["id"], *(said.get("aliases") or ()))))
    return tuple(sorted(ids, key=lambda each: (not each.startswith("CVE-"), not each.startswith("GHSA-"))))


def _unasked(reason: str, facts: Sequence[Fact]) -> Problem:
    names = list(
        dict.fromkeys(f"{getattr(fact, 'name', '')} {getattr(fact, 'version', '')}".rstrip() for fact in facts)
    )
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return Problem(
        at=facts[0].evidence[0].at,
        reason=f"not asked about known vulnerabilities: {', '.join(names[:SHOWN])}{more}: {reason}",
        remedy="",
    )


def _ask(packages: Iterable[tuple[str, str]], service: Service) -> dict[tuple[str, str], _Answer]:
    """What pip-audit says of each package. Raises Failure."""
    rounds: list[dict[str, str]] = []
    for name, version in packages:
        free = next((each for each in rounds if name not in each), None)
        if free is None and len(rounds) < MAX_ROUNDS:
            rounds.append(free := {})
        if free is not None:
            free[name] = version
    found: dict[tuple[str, str], _Answer] = {}
    for pins in rounds:
        for said in _run(pins, service):
            name = specifier.normalize(str(said["name"]))
            vulnerabilities = tuple(said.get("vulns") or ())
            found[name, pins.get(name, "")] = _Answer(vulnerabilities, str(said.get("skip_reason") or ""))
    return found


def _run(pins: Mapping[str, str], service: Service) -> list[Mapping[str, Any]]:
    """One run of pip-audit; its dependencies, each with vulnerabilities or the reason why it was skipped."""
    import json
    from tempfile import TemporaryDirectory

    from scanner import kept

    with TemporaryDirectory(prefix="hullcheck-") as folder:
        asked, answered = os.path.join(folder, "requirements.txt"), os.path.join(folder, "answer.json")
        with open(asked, "w", encoding="ascii") as file:
            file.writelines(f"{name}=={version}\n" for name, version in sorted(pins.items()))
        command = [
            *(sys.executable, "-P", "-m", "pip_audit", "--disable-pip", "--no-deps", "-r", asked),
            *("-f", "json", "-o", answered, "-s", service, "--progress-spinner", "off", "--timeout", str(PATIENCE)),
            *("--cache-dir", os.path.join(kept.folder(), "pip-audit")),
        ]
        environment = {key: os.environ[key] for key in _LEFT if key in os.environ}
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
            raise Failure(f"pip-audit took more than {limit} seconds", "Try again, or scan without --online.") from None
        except OSError as error:
            raise Failure(f"pip-audit cannot be started: {error.strerror}", "Scan without --online.") from None
        try:
            with open(answered, "rb") as answer:
                data = answer.read(MAX_ANSWER + 1)
        except OSError:
            raise _failure(done.stderr) from None
    if len(data) > MAX_ANSWER:
        raise Failure(f"its answer has more than {MAX_ANSWER:,} bytes", "Scan without --online.")
    try:
        dependencies = json.loads(data)["dependencies"]
        return [each for each in dependencies if isinstance(each["name"], str)]
    except (ValueError, TypeError, KeyError, RecursionError):
        raise Failure(
            "pip-audit answered something else than its JSON", "Install the pip-audit hullcheck asks for."
        ) from None


def _failure(errors: bytes) -> Failure:
    """What its last words mean."""
    lines = [line.strip() for line in errors.decode("utf-8", "replace").splitlines() if line.strip()]
    last = lines[-1][-SUMMARY:] if lines else "it said nothing"
    if "No module named pip_audit" in last:
        return Failure("pip-audit is not installed", "Install it where hullcheck is: pip install pip-audit")
    masked = secrets.mask(last, secrets.find(last))
    return Failure(f"pip-audit failed: {masked}", "Look at the network and its proxy, or scan without --online.")
