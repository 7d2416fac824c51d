"""apt-get, apt and aptitude."""

from __future__ import annotations

from collections.abc import Iterator

from scanner.extractors.packages import caches
from scanner.extractors.packages.call import Call, options_named
from scanner.extractors.packages.requirement import requirement
from scanner.model.facts import Fact, Requirement
from scanner.model.location import Word
from scanner.parsers.lazy import Lazy
from scanner.parsers.manifests.specifier import unknown
from scanner.parsers.shell.arguments import Options

_VALUED = options_named(
    "-o --option -c --config-file -t --target-release --default-release -a --host-architecture -P "
    "--build-profiles --solver --snapshot -S"
)
_ACTIONS = {
    "install": "install",
    "reinstall": "install",
    "satisfy": "install",
    "build-dep": "install",
    "update": "update",
    "upgrade": "upgrade",
    "full-upgrade": "upgrade",
    "dist-upgrade": "upgrade",
    "safe-upgrade": "upgrade",
    "dselect-upgrade": "upgrade",
    "remove": "remove",
    "purge": "remove",
    "autoremove": "remove",
    "autopurge": "remove",
    "clean": "clean",
    "autoclean": "clean",
    "dist-clean": "clean",
    "distclean": "clean",
    "download": "download",
}
_TRUE = frozenset({"1", "true", "yes", "on", "with", "enable"})
_FALSE = frozenset({"0", "false", "no", "off", "without", "disable"})
_ARCHITECTURE = Lazy(r":[a-z0-9]+$")
_SPEC = Lazy(r"([^=/\s]+)(?:([=/])(.*))?")


def apt(call: Call) -> Iterator[Fact]:
    """Every action, and the packages of an install."""
    options = call.options(_VALUED)
    if not options.positionals:
        return
    verb, *words = options.positionals
    action = _ACTIONS.get(verb.text)
    if action is None:
        return
    yield call.made(
        "apt",
        action,
        words,
        assume_yes=_assume_yes(call, options) if action in {"install", "upgrade", "remove"} else True,
        no_recommends=_no_recommends(options) if action in {"install", "upgrade"} else None,
        cache_left=_cache_left(call, options, action),
        update_alone=action == "update" and "apt" not in call.around.uses_lists,
    )
    if verb.text in {"install", "reinstall"}:
        for word in words:
            found = _requirement(call, word)
            if found is not None:
                yield found


def _assume_yes(call: Call, options: Options) -> bool | None:
    if options.has("-y", "--yes", "--assume-yes", "--force-yes", "-s", "--dry-run", "--simulate", "--just-print"):
        return True
    quiet = sum(option.name in {"-q", "--quiet"} for option in options.given)
    if quiet >= 2 or any(option.word.text in {"-q=2", "--quiet=2"} for option in options.given):
        return True
    said = _setting(options, "apt::get::assume-yes")
    if said is not None:
        return said
    return call.is_answered()


def _no_recommends(options: Options) -> bool:
    if options.has("--no-install-recommends", "--without-recommends", "-R"):
        return True
    return _setting(options, "apt::install-recommends") is False


def _setting(options: Options, name: str) -> bool | None:
    """What ``-o Name=value`` says."""
    for word in options.values("-o", "--option"):
        key, _, value = word.text.partition("=")
        if key.strip().lower() == name:
            value = value.strip().strip("\"'").lower()
            return True if value in _TRUE else False if value in _FALSE else None
    return None


def _cache_left(call: Call, options: Options, action: str) -> bool | None:
    """The lists for an update; the packages for an install: whether they stay depends on the base's own settings."""
    if action == "update":
        return caches.left(call, options, "apt lists")
    if action in {"install", "upgrade"}:
        return False if caches.left(call, options, "apt packages") is False else None
    return False


def _requirement(call: Call, word: Word) -> Requirement | None:
    text = word.text
    if not text or unknown(text[0]) or text.endswith("-"):
        return None
    local = text.startswith(("./", "/", "../", "~")) or text.endswith(".deb")
    match = _SPEC.fullmatch(text)
    if match is None and not local:
        return None
    name, sign, version = (text, "", "") if local or match is None else (match[1], match[2] or "", match[3] or "")
    name = _ARCHITECTURE.sub("", name.removesuffix("+") if not name.endswith("++") else name)
    exact = sign == "=" and bool(version)
    doubt = unknown(version) if exact else unknown(name)
    return requirement(
        call,
        word,
        "deb",
        name,
        sign + version,
        version=None if doubt else version.rstrip("*") if exact else "",
        pinned=True if local else None if doubt else exact,
        bounded=None if doubt else False,
        origin="local" if local else "index",
    )
