"""Package URLs: ``pkg:type/namespace/name@version?qualifiers``.

Format: https://github.com/package-url/purl-spec, each type's rules in its ``types`` folder.
"""

from __future__ import annotations

from collections.abc import Mapping

from scanner.model.facts.packages import Ecosystem
from scanner.model.record import Record
from scanner.parsers.manifests.specifier import normalize

MAX_QUALIFIERS = 50
_ECOSYSTEMS: Mapping[str, Ecosystem] = {
    each if each != "go" else "golang": each
    for each in ("pypi", "conda", "deb", "apk", "rpm", "npm", "gem", "go", "cargo", "maven", "generic")
}
_TYPES: Mapping[str, str] = {"go": "golang"}


def purl(
    ecosystem: Ecosystem,
    name: str,
    version: str,
    *,
    distribution: str = "",
    qualifiers: Mapping[str, str] | None = None,
) -> str:
    """The package URL of a package, "" where the name is not enough for one: a Maven artifact whose group is not known,
    a Go module replaced by a folder.

    ``distribution`` is the namespace of deb, apk and rpm: ``debian``, ``alpine``, ``redhat``.
    """
    from urllib.parse import quote

    namespace, name = _split(ecosystem, name, distribution)
    if not name or (ecosystem == "maven" and not namespace):
        return ""
    parts = [f"pkg:{_TYPES.get(ecosystem, ecosystem)}"]
    parts += [quote(part, safe="") for part in namespace.split("/") if part]
    text = "/".join((*parts, quote(name, safe=".:-_~"))) + (f"@{quote(version, safe=':')}" if version else "")
    wanted = {key: value for key, value in sorted((qualifiers or {}).items()) if value}
    return text + (
        "?" + "&".join(f"{key}={quote(value, safe=':/')}" for key, value in wanted.items()) if wanted else ""
    )


def image(repository: str, digest: str, tag: str) -> str:
    """The package URL of an image; ``repository`` in full, digest and tag may be ""."""
    from urllib.parse import quote

    name = quote(repository.rpartition("/")[2], safe="._-")
    version = f"@{quote(digest, safe='')}" if digest else ""
    where = f"?repository_url={quote(repository, safe='/.:_-')}"
    return f"pkg:oci/{name}{version}{where}{f'&tag={tag}' if tag else ''}"


class Purl(Record):
    """A package URL, its parts decoded; texts are "" where it has none."""

    ecosystem: Ecosystem | None
    """None for a type of package that is not known here."""
    type: str
    namespace: str
    name: str
    """As the ecosystem normalizes it, its namespace included where that belongs to the name."""
    version: str
    qualifiers: Mapping[str, str]


def read(text: str) -> Purl:
    """The parts of a package URL. Raises ValueError for what is none."""
    from urllib.parse import unquote

    scheme, _, rest = text.partition(":")
    rest, _, said = rest.partition("#")[0].partition("?")
    kind, _, path = rest.lstrip("/").partition("/")
    kind = kind.lower()
    behind = path.rfind("@")
    scope = path[:behind].endswith("/") or behind == 0  # of npm, not written as it should be
    path, version = (path[:behind], path[behind + 1 :]) if behind > 0 and not scope else (path, "")
    parts = [unquote(part) for part in path.split("/") if part]
    if scheme.lower() != "pkg" or not kind or not parts:
        raise ValueError(f"{text[:200]} is no package URL")
    ecosystem = _ECOSYSTEMS.get(kind)
    namespace, name = "/".join(parts[:-1]), parts[-1]
    pairs = (pair.partition("=") for pair in said.split("&")[:MAX_QUALIFIERS])
    qualifiers = {key.lower(): unquote(value) for key, _, value in pairs if value}
    version = unquote(version)
    if ecosystem in {"rpm", "deb"} and "epoch" in qualifiers and ":" not in version:
        version = f"{qualifiers['epoch']}:{version}"
    return Purl(
        ecosystem=ecosystem,
        type=kind,
        namespace=namespace,
        name=_joined(ecosystem, namespace, name),
        version=version,
        qualifiers=qualifiers,
    )


def _joined(ecosystem: Ecosystem | None, namespace: str, name: str) -> str:
    """The name that _split takes apart."""
    if ecosystem == "pypi":
        return normalize(name)
    if not namespace or ecosystem in {"deb", "apk", "rpm"}:
        return name
    return f"{namespace}:{name}" if ecosystem == "maven" else f"{namespace}/{name}"


def _split(ecosystem: Ecosystem, name: str, distribution: str) -> tuple[str, str]:
    """Namespace and name: npm's scope, Go's path, Maven's group."""
    if ecosystem in {"deb", "apk", "rpm"}:
        return distribution, name.lower() if ecosystem != "rpm" else name
    if ecosystem in {"npm", "go"}:
        namespace, _, last = (name.lower() if ecosystem == "go" else name).rpartition("/")
        return ("", "") if name.startswith((".", "/")) else (namespace, last)
    if ecosystem == "maven":
        namespace, _, last = name.rpartition(":")
        return namespace, last
    return "", name
