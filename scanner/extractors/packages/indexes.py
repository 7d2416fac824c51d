"""The places that installers are told to take packages from."""

from __future__ import annotations

import re
from collections.abc import Iterator

from scanner import knowledge
from scanner.extractors.packages.call import Call
from scanner.model.facts import PackageIndex
from scanner.model.location import Evidence
from scanner.parsers.lazy import Lazy
from scanner.parsers.manifests.specifier import masked, unknown

_URL = Lazy(r"(?a)([A-Za-z][A-Za-z0-9+.-]*)://(?:[^/@\s]*@)?([^/:?#\s]*)")
_NAMED = Lazy(r"(?a)[\w.-]+=(?=[a-z]+://)")
_DEFAULTS = Lazy(
    r"^https?://(?:(?:www\.)?(?:pypi|pypi\.python)[.]org/(?:simple|pypi)|registry[.](?:npmjs[.]org|yarnpkg[.]com)"
    r"|(?:index[.])?rubygems[.]org|repo[.]anaconda[.]com/pkgs/(?:main|r|msys2|free))/?$"
)
_DEFAULT_CHANNELS = frozenset({"defaults", "main", "anaconda"})
_CHANNELS = "conda.anaconda.org"

VARIABLES = {
    "PIP_INDEX_URL": ("pip", "primary"),
    "PIP_EXTRA_INDEX_URL": ("pip", "extra"),
    "PIP_FIND_LINKS": ("pip", "find-links"),
    "UV_INDEX_URL": ("uv", "primary"),
    "UV_DEFAULT_INDEX": ("uv", "primary"),
    "UV_EXTRA_INDEX_URL": ("uv", "extra"),
    "UV_INDEX": ("uv", "extra"),
    "UV_FIND_LINKS": ("uv", "find-links"),
    "UV_INDEX_STRATEGY": ("uv", "strategy"),
    "PIPENV_PYPI_MIRROR": ("pipenv", "primary"),
    "NPM_CONFIG_REGISTRY": ("npm", "primary"),
    "npm_config_registry": ("npm", "primary"),
    "YARN_NPM_REGISTRY_SERVER": ("yarn", "primary"),
    "CONDA_CHANNELS": ("conda", "channel"),
}
"""Environment variables that name an index: the installer that heeds it, and the role."""

PIP_SETTINGS = {"index-url": "primary", "extra-index-url": "extra", "find-links": "find-links"}
"""The same, for ``pip config set global.…``."""


def fact(
    installer: str,
    role: str,
    url: str,
    evidence: tuple[Evidence, ...],
    *,
    ships: bool,
    known: bool = True,
    merged_by: str = "",
    all_exact: bool | None = False,
) -> PackageIndex:
    """A package index; ``url`` may be a path or, for a channel, a name."""
    url = _NAMED.sub("", url, count=1) if installer == "uv" else url
    host, encrypted = _host(url, role)
    known = known or not unknown(url)
    return PackageIndex(
        evidence=evidence,
        ships=ships,
        installer=installer,
        role=role,  # type: ignore[arg-type]
        url=masked(url) if url and (known or host) else None,
        host=host,
        is_default=None
        if host is None
        else bool(_DEFAULTS.match(url))
        or (role == "channel" and url in _DEFAULT_CHANNELS)
        or _is_listed("index-mirrors", host, url, role),
        encrypted=encrypted,
        merged_by=merged_by,
        vendor=None if host is None else _is_listed("vendor-indexes", host, url, role),
        all_exact=all_exact,
    )


def _host(url: str, role: str) -> tuple[str | None, bool | None]:
    """Host ("" for a path, None when it is not known) and whether the way to it is encrypted."""
    match = _URL.match(url)
    if match:
        scheme, host = match[1].lower(), match[2].lower()
        if scheme == "file":
            return "", True
        return (None if unknown(host) or not host else host), scheme in {"https", "ssh", "git+https", "git+ssh", "s3"}
    if not url or unknown(url[0]):
        return None, None
    if role == "channel" and not url.startswith((".", "/", "~")):
        return _CHANNELS, True
    return "", True


def _is_listed(which: str, host: str, url: str, role: str) -> bool:
    listed = knowledge.names(which)
    if host in listed:
        return True
    match = _URL.match(url)
    place = host + "/" + (url[match.end() :].lstrip("/") if match else url if role == "channel" else "")
    parts = place.split("/")
    return any("/".join(parts[:length]) in listed for length in (2, 3))


def in_environment(name: str, value: str, known: bool, evidence: Evidence, *, ships: bool) -> Iterator[PackageIndex]:
    """The indexes that an environment variable names; it may name several."""
    installer, role = VARIABLES[name]
    if role == "strategy":
        if value.startswith("unsafe"):
            yield fact(installer, "extra", "", (evidence,), ships=ships, merged_by=value)
        return
    for url in re.split(r"[\s,]+", value.strip()) if known else [value]:
        if url:
            yield fact(installer, role, url, (evidence,), ships=ships, known=known)


def assigned(call: Call) -> Iterator[PackageIndex]:
    """Those that ``PIP_INDEX_URL=… pip install`` or an ``export`` names."""
    for assignment in call.command.assignments:
        if assignment.name in VARIABLES:
            value = assignment.value
            evidence = call.command.source.evidence(assignment.start, assignment.end)
            yield from in_environment(assignment.name, value.text, value.known, evidence, ships=call.around.ships)
