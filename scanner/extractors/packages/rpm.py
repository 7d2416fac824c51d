"""yum, dnf, microdnf, tdnf and zypper."""

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
    "-c --config -d --debuglevel -e --errorlevel -x --exclude --installroot --enablerepo --disablerepo --repo "
    "--repoid --repofrompath --releasever --setopt --forcearch --advisory --enableplugin --disableplugin "
    "--comment --color --destdir --downloaddir --arch --allowerasing-repo --rpmverbosity"
)
_ZYPPER_VALUED = options_named("-R --root --installroot --releasever -r --repo --from -t --type --name --plus-repo -p")
_ACTIONS = {
    "install": "install",
    "reinstall": "install",
    "groupinstall": "install",
    "localinstall": "install",
    "install-n": "install",
    "builddep": "install",
    "update": "upgrade",
    "upgrade": "upgrade",
    "upgrade-minimal": "upgrade",
    "update-minimal": "upgrade",
    "distro-sync": "upgrade",
    "makecache": "update",
    "check-update": "update",
    "remove": "remove",
    "erase": "remove",
    "autoremove": "remove",
    "clean": "clean",
    "download": "download",
}
_ZYPPER_ACTIONS = {
    "install": "install",
    "in": "install",
    "refresh": "update",
    "ref": "update",
    "update": "upgrade",
    "up": "upgrade",
    "dist-upgrade": "upgrade",
    "dup": "upgrade",
    "patch": "upgrade",
    "remove": "remove",
    "rm": "remove",
    "clean": "clean",
    "cc": "clean",
}
_NEVRA = Lazy(r"(.+?)-((?:\d+:)?\d+\.[\w.+~^*]+(?:-[\w.+~^*]+)?|\d[\w+~^]*-\d[\w.+~^*]*\.\w+)")
MAX_NAME = 256
"""Longest package name in which a version is looked for."""
_ZYPPER_SPEC = Lazy(r"([^\s<>=]+)\s*(<=|>=|=|<|>)\s*(.+)")
_WEAK = Lazy(r"(?i)install_weak_deps=(?:0|false|no)$")


def dnf(call: Call) -> Iterator[Fact]:
    """Yum and its heirs: every action, and the packages of an install."""
    options = call.options(_VALUED)
    if not options.positionals:
        return
    verb, *words = options.positionals
    action = _ACTIONS.get(verb.text)
    if action is None:
        return
    weak = call.manager in {"dnf", "dnf5", "microdnf"}
    no_weak = any(_WEAK.match(word.text) for word in options.values("--setopt")) or options.has("--nobest-weak")
    yield call.made(
        "rpm",
        action,
        words,
        assume_yes=options.has("-y", "--assumeyes", "--yes") or action in {"update", "clean"},
        no_recommends=no_weak if weak and action in {"install", "upgrade"} else None,
        cache_left=caches.left(call, options, "rpm") if action in {"install", "upgrade", "update"} else False,
        update_alone=action == "update" and "rpm" not in call.around.uses_lists,
    )
    if verb.text in {"install", "reinstall", "localinstall"}:
        for word in words:
            found = _requirement(call, word)
            if found is not None:
                yield found


def zypper(call: Call) -> Iterator[Fact]:
    """zypper, whose general options stand in front of the command."""
    options = call.options(_ZYPPER_VALUED)
    if not options.positionals:
        return
    verb, *words = options.positionals
    action = _ZYPPER_ACTIONS.get(verb.text)
    if action is None:
        return
    quiet = options.has("-n", "--non-interactive", "-y", "--no-confirm") or action in {"update", "clean"}
    yield call.made(
        "zypper",
        action,
        words,
        assume_yes=quiet or _non_interactive(call, options),
        no_recommends=options.has("--no-recommends") if action in {"install", "upgrade"} else None,
        cache_left=caches.left(call, options, "zypper") if action in {"install", "upgrade", "update"} else False,
        update_alone=action == "update" and "zypper" not in call.around.uses_lists,
    )
    if action == "install":
        for word in words:
            found = _requirement(call, word)
            if found is not None:
                yield found


def _non_interactive(call: Call, options: Options) -> bool | None:
    return options.has("--non-interactive-include-reboot-patches") or call.switched_on("ZYPP_NON_INTERACTIVE")


def _requirement(call: Call, word: Word) -> Requirement | None:
    text = word.text
    if not text or unknown(text[0]) or text[0] in "@!+-":
        return None
    if "://" in text:
        return requirement(call, word, "rpm", text.rpartition("/")[2], origin="url", url=text)
    if text.endswith(".rpm") or text.startswith(("./", "/", "../")):
        return requirement(call, word, "rpm", text, pinned=True, origin="local")
    compared = _ZYPPER_SPEC.fullmatch(text) if call.manager == "zypper" else None
    if compared:
        name, sign, version = compared.groups()
        doubt = unknown(version)
        exact = sign == "="
        return requirement(
            call,
            word,
            "rpm",
            name,
            sign + version,
            version=None if doubt else version if exact else "",
            pinned=(None if doubt else True) if exact else False,
            bounded=None if doubt else not exact,
        )
    match = _NEVRA.fullmatch(text) if len(text) <= MAX_NAME else None
    if match:
        return requirement(call, word, "rpm", match[1], f"-{match[2]}", version=match[2], pinned=True)
    doubt = unknown(text)
    version, known = (None, None) if doubt else ("", False)
    return requirement(call, word, "rpm", text, version=version, pinned=known, bounded=known)
