"""npm, yarn, pnpm and bun."""

from __future__ import annotations

import re
from collections.abc import Iterator

from scanner.extractors.packages import caches, indexes
from scanner.extractors.packages.call import Call, options_named
from scanner.extractors.packages.requirement import requirement
from scanner.model.facts import Fact, Requirement
from scanner.model.location import Word
from scanner.parsers.lazy import Lazy
from scanner.parsers.manifests.specifier import is_commit, masked, unknown

_VALUED = options_named(
    "--registry --prefix -C --cwd --dir --userconfig --cache --tag --omit --include -w --workspace --filter -F "
    "--network-timeout --cache-folder --modules-folder --global-folder --store-dir --loglevel --fetch-timeout "
    "--fetch-retries --cpu --os --libc --before --mutex --network-concurrency --backend --https-proxy --proxy"
)
_INSTALL = options_named("install i add isntall in ins inst insta instal")
_CLEAN = frozenset({"ci", "clean-install", "ic", "install-clean"})
_REMOVE = frozenset({"uninstall", "un", "remove", "rm", "r", "unlink"})
_UPGRADE = frozenset({"update", "up", "upgrade"})
_FROZEN = ("--frozen-lockfile", "--immutable", "--pure-lockfile")
_EXACT = Lazy(r"(?a)[v=]?\d+\.\d+\.\d+(?:-[\w.-]+)?(?:\+[\w.-]+)?")
_SPEC = Lazy(r"(?a)(@[\w.~-]+/[\w.~-]+|[\w.~-]+)(?:@(.*))?")
_REPOSITORY = Lazy(r"git(?:\+[a-z]+)?:|git@|github:|gitlab:|bitbucket:|gist:|[\w.-]+/[\w.-]+(?:#|$)|.*\.git(?:#|$)")


def node(call: Call) -> Iterator[Fact]:
    """Installs, removals and upgrades, and ``config set registry``."""
    options = call.options(_VALUED)
    words = list(options.positionals)
    if call.manager == "yarn" and words and words[0].text == "global":
        words = words[1:]
    if not words:
        words = [Word("install", 0, 0)] if call.manager == "yarn" and not options.has("-v", "--version") else []
    if not words:
        return
    verb, *asked = words
    action = _action(verb.text)
    if verb.text in {"config", "c"} or (verb.text == "set" and len(asked) == 2):
        yield from _configured(call, asked if verb.text != "set" else [verb, *asked])
    if not action:
        return
    yield call.made(
        "node",
        action,
        asked,
        cache_left=caches.left(call, options, call.manager) if action in {"install", "upgrade"} else False,
        reads_lock=action == "install",
        lock_enforced=_lock_enforced(call, verb.text, bool(asked), options.has(*_FROZEN))
        if action == "install"
        else None,
    )
    if action == "install":
        requirements = [found for word in asked if (found := _requirement(call, word)) is not None]
        yield from requirements
        exact = all(r.pinned for r in requirements) if requirements else None
        for word in options.values("--registry"):
            evidence = (call.evidence(word),)
            yield indexes.fact(
                call.manager, "primary", word.text, evidence, ships=call.around.ships, known=word.known, all_exact=exact
            )
    yield from indexes.assigned(call)


def _action(verb: str) -> str:
    if verb in _INSTALL or verb in _CLEAN:
        return "install"
    if verb in _REMOVE:
        return "remove"
    return "upgrade" if verb in _UPGRADE else ""


def _lock_enforced(call: Call, verb: str, names: bool, frozen: bool) -> bool | None:
    """Naming packages is asking for more than the lock file has."""
    if names:
        return None
    if verb in _CLEAN or frozen:
        return True
    if call.manager == "yarn" and call.switched_on("YARN_ENABLE_IMMUTABLE_INSTALLS"):
        return True
    return bool(call.switched_on("CI")) if call.manager == "pnpm" else False


def _configured(call: Call, words: list[Word]) -> Iterator[Fact]:
    texts = [word.text for word in words]
    if texts[:1] != ["set"] or len(words) < 2:
        return
    key, equals, value = texts[1].partition("=")
    if key not in {"registry", "npmRegistryServer"} or not (equals or len(words) > 2):
        return
    word = words[1] if equals else words[2]
    url = value if equals else word.text
    evidence = (call.evidence(word),)
    yield indexes.fact(call.manager, "primary", url, evidence, ships=call.around.ships, known=word.known)


def _requirement(call: Call, word: Word) -> Requirement | None:
    text = word.text
    if not text or unknown(text[0]):
        return None
    if text.startswith((".", "/", "~/", "file:", "link:", "workspace:")) or re.search(
        r"^[^:]*\.(?:tgz|tar\.gz)$", text
    ):
        return requirement(call, word, "npm", text, pinned=True, origin="local")
    match = _SPEC.fullmatch(text)
    version = (match[2] or "").removeprefix("npm:") if match else text
    if match is None or _is_elsewhere(version):
        return _from_elsewhere(call, word, match[1] if match else "", version)
    if "@" in version[1:]:
        version = version.rpartition("@")[2]
    doubt = unknown(version) if version else unknown(match[1])
    exact = bool(_EXACT.fullmatch(version))
    return requirement(
        call,
        word,
        "npm",
        match[1],
        f"@{version}" if version else "",
        version=None if doubt else version.lstrip("v=") if exact else "",
        pinned=None if doubt and version[:1] not in set("^~<>") else exact,
        bounded=None if doubt else not exact and version[:1] in set("^~<>0123456789"),
    )


def _is_elsewhere(version: str) -> bool:
    return "://" in version or bool(_REPOSITORY.match(version))


def _from_elsewhere(call: Call, word: Word, name: str, url: str) -> Requirement:
    bare, _, reference = url.partition("#")
    name = name or bare.rstrip("/").rpartition("/")[2].removesuffix(".git")
    if _REPOSITORY.match(url):
        commit = is_commit(reference)
        return requirement(call, word, "npm", name, f"@{masked(url)}", pinned=commit, origin="vcs", url=url)
    return requirement(call, word, "npm", name, f"@{masked(url)}", origin="url", url=url)
