"""conda, mamba, micromamba and pixi."""

from __future__ import annotations

from collections.abc import Iterator

from scanner.extractors.packages import caches, indexes
from scanner.extractors.packages.call import Call, options_named
from scanner.extractors.packages.wanted import Wanted
from scanner.model.facts import Fact
from scanner.model.location import Word
from scanner.parsers.manifests import conda as manifest
from scanner.parsers.shell.arguments import Options

_VALUED = options_named(
    "-n --name -p --prefix -c --channel -f --file --solver --repodata-fn --subdir --platform -r --root-prefix "
    "--clone --experimental --console --rc-file --relocate-prefix --channel-alias --category --manifest-path "
    "--feature -e --environment --environment-spec --revision --pypi-index-url"
)
_ACTIONS = {
    "install": "install",
    "create": "install",
    "add": "install",
    "update": "upgrade",
    "upgrade": "upgrade",
    "remove": "remove",
    "uninstall": "remove",
    "clean": "clean",
}


def conda(call: Call) -> Iterator[Fact]:
    """Installs, updates, environments made from a file, and channels configured."""
    options = call.options(_VALUED)
    words = list(options.positionals)
    inside_env = bool(words) and words[0].text == "env"
    words = words[1:] if inside_env else words
    if not words:
        return
    verb, *asked = words
    if verb.text == "config":
        yield from _configured(call)
    action = _ACTIONS.get(verb.text)
    if action is None:
        return
    wanted = Wanted(call)
    if action in {"install", "upgrade"}:
        _gather(wanted, options, asked, inside_env=inside_env)
    requirements = list(wanted.requirements())
    fetches = action in {"install", "upgrade"}
    yield call.made(
        "conda",
        action,
        [*asked, *options.values("-f", "--file")],
        assume_yes=_assume_yes(call, options, inside_env=inside_env, action=action),
        cache_left=caches.left(call, options, "conda") if fetches else False,
    )
    yield from requirements
    yield from wanted.package_indexes(requirements)
    yield from indexes.assigned(call)


def _gather(wanted: Wanted, options: Options, asked: list[Word], *, inside_env: bool) -> None:
    for word in options.values("-c", "--channel"):
        wanted.index("channel", word)
    files = [*options.values("-f", "--file", "--environment-spec")]
    if inside_env and not files and not asked:
        last = wanted.call.command.words[-1]
        files = [Word("environment.yml", last.start, last.end)]
    for word in files:
        wanted.file(word, read=manifest.read)
    for word in asked:
        if not inside_env:
            wanted.word(word, manifest.spec)


def _assume_yes(call: Call, options: Options, *, inside_env: bool, action: str) -> bool | None:
    if options.has("-y", "--yes", "--dry-run", "-d", "-q --yes") or (inside_env and action != "remove"):
        return True
    answered = call.switched_on("CONDA_ALWAYS_YES", "MAMBA_ALWAYS_YES")
    if answered is not False:
        return answered
    return call.is_answered() or call.index > _always_yes(call)


def _always_yes(call: Call) -> int:
    """Index of the first ``conda config --set always_yes true`` of the RUN; past the end when there is none."""
    for index, command in enumerate(call.around.commands):
        said = [word.text for word in command.words[-2:]]
        if command.program in {"conda", "mamba", "micromamba"} and said in (
            ["always_yes", "yes"],
            ["always_yes", "true"],
        ):
            return index
    return len(call.around.commands)


def _configured(call: Call) -> Iterator[Fact]:
    """``conda config --add channels NAME``."""
    for at, word in enumerate(call.words[:-2]):
        if word.text in {"--add", "--append", "--prepend"} and call.words[at + 1].text == "channels":
            value = call.words[at + 2]
            evidence = (call.evidence(value),)
            yield indexes.fact(
                call.manager, "channel", value.text, evidence, ships=call.around.ships, known=value.known
            )


def pixi(call: Call) -> Iterator[Fact]:
    """``pixi add``, ``pixi global install`` and ``pixi install``."""
    options = call.options(_VALUED)
    words = list(options.positionals)
    everywhere = bool(words) and words[0].text == "global"
    words = words[1:] if everywhere else words
    if not words:
        return
    verb, *asked = words
    action = _ACTIONS.get(verb.text)
    if action is None:
        return
    locked: bool | None = None
    if verb.text == "install" and not everywhere:
        frozen = options.has("--locked", "--frozen") or call.switched_on("PIXI_LOCKED", "PIXI_FROZEN")
        locked, asked = frozen, []
    wanted = Wanted(call)
    if action == "install" and not options.has("--pypi", "--git", "--path"):
        _gather(wanted, options, asked, inside_env=False)
    elif options.has("--pypi"):
        for word in asked:
            wanted.word(word)
    requirements = list(wanted.requirements())
    fetches = action in {"install", "upgrade"}
    yield call.made(
        "conda",
        action,
        asked,
        cache_left=caches.left(call, options, "pixi") if fetches else False,
        reads_lock=locked is not None,
        lock_enforced=locked,
    )
    yield from requirements
    yield from wanted.package_indexes(requirements)
