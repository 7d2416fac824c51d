"""Which products that an image is made of have reached the end of their security fixes.

The dates are those of ``rules/tables/end-of-life.tsv``; a release line that is not in it gives no fact.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache

from scanner import knowledge
from scanner.model.facts import (
    BaseImage,
    Command,
    EndOfLife,
    Fact,
    GpuLibrary,
    InstalledPackage,
    OperatingSystem,
    Requirement,
)
from scanner.parsers.lazy import Lazy

_SYSTEM = Lazy(
    r"(?<![a-z0-9])(ubuntu|debian|alpine|centos|rockylinux|rocky|almalinux|alma|fedora|amazonlinux|amzn)"
    r"[-_]?(\d+(?:\.\d+)*)(?![a-z0-9])"
)
"""A distribution and its number: ``ubuntu18.04``, ``ubuntu2004``, ``debian-11``, ``alpine3.14``, ``centos7``."""
_PYTHON_IN_TAG = Lazy(r"(?<![a-z0-9])py(?:thon)?-?([23])\.?(\d{1,2})(?:\.\d+)*(?![a-z0-9])")
"""``py38``, ``py3.8``, ``python-3.8.13``."""
_WORDS = Lazy(r"[a-z]+")
_DEADSNAKES = Lazy(r"[^+]+\+(?:bionic|focal|jammy|noble|resolute)\d+$")
"""The version of a package of the deadsnakes archive: ``3.8.20-1+jammy1``."""
_NODESOURCE = Lazy(r"(?:\d+:)?(\d+\.[\d.]+)-\d+nodesource")
"""The version of a package of NodeSource's archive: ``20.20.2-1nodesource1``."""
_BACKPORTS = ("redhat.com", "redhat.io")
"""Registries whose images have the distribution's own Python, with its fixes."""


def derive(facts: Sequence[Fact], today: str) -> Iterator[EndOfLife]:
    """The release lines that base images, packages and an image's own files name; ``today`` is ``YYYY-MM-DD``."""
    deadsnakes = {fact.stage for fact in facts if isinstance(fact, Command) and "deadsnakes" in fact.words}
    seen: set[tuple[str, str, str]] = set()
    for fact in facts:
        if isinstance(fact, BaseImage):
            for product, cycle in _of_base(fact):
                yield _end(product, cycle, "base image", fact, today)
        elif isinstance(fact, Requirement):
            version, source = _python_of(fact, deadsnakes)
            cycle = _cycle("python", version)
            if cycle and (fact.stage, source, cycle) not in seen:
                seen.add((fact.stage, source, cycle))
                yield _end("python", cycle, source, fact, today)
    yield from _of_image(facts, today)


def _of_image(facts: Sequence[Fact], today: str) -> Iterator[EndOfLife]:
    """What the files of an image show to be in it: each release line once, where it ships if it does."""
    found: dict[tuple[str, str], Fact] = {}
    for fact in facts:
        product, version = "", ""
        if isinstance(fact, OperatingSystem):
            product, version = _system(fact)
        elif isinstance(fact, GpuLibrary) and fact.product == "cuda":
            product, version = "cuda", fact.version
        elif isinstance(fact, InstalledPackage):
            product, version = _runtime(fact)
        if not product:
            continue
        cycle = _cycle(product, version)
        known = found.get((product, cycle))
        if cycle and (known is None or (fact.ships and not known.ships)):
            found[product, cycle] = fact
    for (product, cycle), fact in found.items():
        yield _end(product, cycle, "image", fact, today)


def _system(system: OperatingSystem) -> tuple[str, str]:
    """Product and version of a distribution; CentOS Stream's os-release differs from CentOS's in its name only."""
    if system.id == "centos" and "Stream" in system.pretty:
        return "centos-stream", system.version
    return _ALIASES.get(system.id, system.id), system.version


def _runtime(package: InstalledPackage) -> tuple[str, str]:
    """Product and version of a language's runtime, or a framework, that nobody but its makers fixes.

    A distribution's own packages get the distribution's fixes.
    """
    if package.ecosystem in {"deb", "rpm"} and package.name == "nodejs":
        made = _NODESOURCE.match(package.version)
        return "node", made[1] if made else ""
    if package.ecosystem == "deb" and _DEADSNAKES.match(package.version):
        named = re.fullmatch(r"(?:lib)?python(\d\.\d+)(?:-minimal|-stdlib)?", package.name)
        return "python", named[1] if named else ""
    product = package.name if package.ecosystem == "generic" else _RUNTIMES.get((package.ecosystem, package.name), "")
    own = not package.owned_by.startswith(("deb", "rpm", "apk")) and not package.vendored_in
    return product, package.version if own else ""


def _end(product: str, cycle: str, source: str, fact: Fact, today: str) -> EndOfLife:
    end = _dates()[product, cycle]
    return EndOfLife(
        evidence=fact.evidence,
        ships=fact.ships,
        product=product,
        cycle=cycle,
        ended=end < today,
        end_date=end,
        source=source,
    )


def _of_base(base: BaseImage) -> list[tuple[str, str]]:
    """(product, cycle) of what the name and tag of a base image say is in it, each product once."""
    if base.use != "from" or not base.repository or base.tag is None:
        return []
    name = base.repository if base.registry in {None, "docker.io"} else f"{base.registry}/{base.repository}"
    known = knowledge.base_image(name, base.tag)
    found: dict[str, str] = {}
    if known and known.product and base.version:
        found[known.product] = _cycle(known.product, base.version)
    if base.cuda:
        found.setdefault("cuda", _cycle("cuda", base.cuda))
    text = f"{base.repository.rpartition('/')[2]}:{base.tag}".lower()
    for match in _SYSTEM.finditer(text):
        product = _ALIASES.get(match[1], match[1])
        version = f"{match[2][:2]}.{match[2][2:]}" if product == "ubuntu" and "." not in match[2] else match[2]
        found.setdefault(product, _cycle(product, version))
    for word in _WORDS.findall(text):
        if word in _code_names():
            found.setdefault(_code_names()[word], word)
    if (python := _PYTHON_IN_TAG.search(text)) and not (base.registry or "").endswith(_BACKPORTS):
        found.setdefault("python", _cycle("python", f"{python[1]}.{python[2]}"))
    return [(product, cycle) for product, cycle in found.items() if cycle]


def _python_of(fact: Requirement, deadsnakes: set[str]) -> tuple[str, str]:
    """The version of Python that a requirement asks for, "" for none, and what kind of package shows it.

    A distribution's own python3.N gets the distribution's fixes, so only those of the deadsnakes archive count.
    """
    if fact.ecosystem == "conda" and fact.name == "python":
        match = re.match(r"\d+\.\d+", fact.specifier.lstrip("= "))
        return (match[0] if match else ""), "conda"
    if fact.ecosystem == "deb" and fact.stage in deadsnakes:
        match = re.match(r"python(\d\.\d+)(?:-|$)", fact.name)
        return (match[1] if match else ""), "package"
    return "", ""


def _cycle(product: str, version: str) -> str:
    """The release line that a version belongs to: the longest one of the table; "" for none."""
    while version:
        if (product, version) in _dates():
            return version
        version = version.rpartition(".")[0]
    return ""


@cache
def _dates() -> dict[tuple[str, str], str]:
    return {(product, cycle): end for product, cycle, end in knowledge.rows("end-of-life")}


@cache
def _code_names() -> dict[str, str]:
    return {cycle: product for product, cycle in _dates() if cycle.isalpha()}


_RUNTIMES = {
    ("conda", "python"): "python", ("conda", "nodejs"): "node", ("go", "stdlib"): "go",
    **{(ecosystem, name): "tensorflow" for ecosystem in ("pypi", "conda")
       for name in ("tensorflow", "tensorflow-cpu", "tensorflow-gpu")},
}  # fmt: skip
_ALIASES = {"rocky": "rockylinux", "alma": "almalinux", "amzn": "amazonlinux", "opensuse-leap": "opensuse"}
