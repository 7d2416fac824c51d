"""Package URLs: ``pkg:type/namespace/name@version?qualifiers``.

Format: https://github.com/package-url/purl-spec, each type's rules in its ``types`` folder.
"""

from __future__ import annotations

from collections.abc import Mapping

from scanner.model.facts.packages import Ecosystem

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
