"""pip, ``uv pip``, pipx, ``uv tool`` and pip-sync."""

from __future__ import annotations

from collections.abc import Iterator

from scanner.extractors.packages import caches, indexes
from scanner.extractors.packages.call import Call, options_named
from scanner.extractors.packages.wanted import Wanted
from scanner.model.command import Command
from scanner.model.facts import Fact
from scanner.model.location import Word
from scanner.parsers.manifests import specifier
from scanner.parsers.manifests.entries import Spec
from scanner.parsers.shell.arguments import Options
from scanner.parsers.shell.arguments import options as read_options

PIP_OPTIONS = options_named(
    "-r --requirement -c --constraint --build-constraint -e --editable -t --target --platform --python-version "
    "--implementation --abi --root --prefix --src -b --build --upgrade-strategy --no-binary --only-binary "
    "--progress-bar --global-option --install-option --build-option -C --config-settings --report "
    "--root-user-action -i --index-url --pypi-url --extra-index-url -f --find-links --trusted-host --cert "
    "--client-cert --cache-dir --log --proxy --retries --timeout --exists-action --use-feature --use-deprecated "
    "--python --keyring-provider --group -d --dest -w --wheel-dir --resume-retries"
)
UV_OPTIONS = options_named(
    "-r --requirement --requirements -c --constraint --constraints -b --build-constraint --build-constraints "
    "--override --overrides -e --editable -p --python -t --target --prefix --index --default-index --index-url -i "
    "--extra-index-url -f --find-links --index-strategy --keyring-provider --resolution --prerelease "
    "--exclude-newer --link-mode --torch-backend --extra --group --only-group --no-group --no-extra -P "
    "--upgrade-package --refresh-package --reinstall-package --no-build-package --no-binary-package --no-binary "
    "--only-binary --python-platform --python-version --allow-insecure-host --trusted-host --directory --project "
    "--config-file --color --cache-dir -C --config-setting --config-settings --no-build-isolation-package --from "
    "--with --with-editable --with-requirements --package --no-install-package --env-file -w --branch --tag --rev "
    "--optional --bounds --python-preference --fork-strategy --no-editable-package"
)
PIPX_OPTIONS = options_named(
    "--index-url -i --pip-args --python --suffix --preinstall --spec --include-deps-from --backend --fetch-python"
)
_FILES = ("-r", "--requirement", "--requirements", "--with-requirements")
_LIMITS = ("-c", "--constraint", "--constraints", "--override", "--overrides")


def pip(call: Call) -> Iterator[Fact]:
    """``pip install``, ``download``, ``wheel``, ``uninstall`` and ``config set``."""
    options = call.options(PIP_OPTIONS)
    action, *words = options.positionals or [Word("", 0, 0)]
    if action.text == "config":
        yield from _configured(call, words)
    if action.text == "uninstall":
        yield call.made("python", "remove", words, assume_yes=options.has("-y", "--yes"))
    if action.text not in {"install", "download", "wheel"}:
        return
    wanted = Wanted(call, "pip")
    wanted.prerelease = options.has("--pre") or call.switched_on("PIP_PRE") is True
    wanted.hashes_required = options.has("--require-hashes") or call.switched_on("PIP_REQUIRE_HASHES") is True
    yield from install(call, wanted, options, words, action=action.text, cache="pip")


def install(
    call: Call, wanted: Wanted, options: Options, words: list[Word], *, action: str = "install", cache: str
) -> Iterator[Fact]:
    """What pip and ``uv pip`` have in common."""
    gather(call, wanted, options, words)
    for word in _handed_over(call):
        wanted.file(word)
    requirements = list(wanted.requirements())
    # pip checks the hashes of everything as soon as one requirement of the command has a hash
    hashes = wanted.hashes_required or any(r.hashed and r.declared_in == "requirements" for r in requirements)
    asked = [*words, *options.values(*_FILES, "-e", "--editable")]
    yield call.made(
        "python",
        action,
        asked,
        cache_left=caches.left(call, options, cache),
        break_system_packages=options.has("--break-system-packages")
        or call.switched_on("PIP_BREAK_SYSTEM_PACKAGES", "UV_BREAK_SYSTEM_PACKAGES") is True,
        virtual_env=_virtual_env(call, options),
        hashes_required=hashes,
    )
    yield from requirements
    yield from wanted.package_indexes(requirements)
    yield from indexes.assigned(call)


def gather(call: Call, wanted: Wanted, options: Options, words: list[Word]) -> None:
    """The requirements, files and indexes of a command line."""
    for given in options.given:
        option, word = given.name, given.value
        if word is None:
            continue
        role = specifier.role_of(option)
        if role:
            wanted.index(role, word)
        elif option in _FILES:
            for file in _substituted(call, word):
                wanted.file(file)
        elif option in _LIMITS:
            wanted.file(word, constraint=True)
        elif option in {"-e", "--editable", "--with-editable"}:
            project(wanted, word, wanted.word(word))
        elif option == "--index-strategy":
            wanted.strategy(word)
    for name in ("PIP_CONSTRAINT", "UV_CONSTRAINT") if words else ():
        value = call.variable(name)
        for path in (value or "").split():
            wanted.file(Word(path, call.command.words[0].start, call.command.words[-1].end), constraint=True)
        if value is None:
            wanted.limits_unknown()
    for word in words:
        project(wanted, word, wanted.word(word))


def _substituted(call: Call, word: Word) -> tuple[Word, ...]:
    """The files behind ``-r <(cat a.txt b.txt)``; the word itself when it is no such thing."""
    return (tuple(_printed(call, "<()")) or (word,)) if word.text.startswith("<(") else (word,)


def _handed_over(call: Call) -> Iterator[Word]:
    """Requirements files whose lines become words: ``xargs pip install < a.txt``, ``pip install $(cat a.txt)``."""
    command, around = call.command, call.around.commands
    if any(word.text.rpartition("/")[2] == "xargs" for word in command.wrappers):
        yield from (redirect.target for redirect in command.redirects if redirect.operator == "<")
        for before in around[max(0, call.index - 1) : call.index]:
            if before.pipeline == command.pipeline and before.parent == command.parent:
                yield from _catenated(before)
    if any(word.text.startswith(("$(", "`")) for word in command.words):
        yield from _printed(call, "$()")


def _printed(call: Call, inside: str) -> Iterator[Word]:
    """The files that a substitution in the call prints."""
    for command in call.around.commands:
        if command.parent == call.index and command.inside == inside:
            yield from _catenated(command)


def _catenated(command: Command) -> Iterator[Word]:
    if command.program == "cat":
        yield from (word for word in command.arguments if not word.text.startswith("-"))


def project(wanted: Wanted, word: Word, spec: Spec | None) -> None:
    """A local folder brings the dependencies of its pyproject.toml along."""
    if spec is None or spec.origin != "local" or specifier.archive(spec.url) or specifier.unknown(spec.url):
        return
    place = Word(spec.url.rstrip("/") + "/pyproject.toml", word.start, word.end)
    if wanted.call.find(place.text) is not None:
        from scanner.parsers.manifests import pyproject

        wanted.file(place, read=lambda text: pyproject.read(text, spec.extras))
    else:
        wanted.complete = False


def _virtual_env(call: Call, options: Options) -> bool | None:
    """Whether it installs into a virtual environment."""
    if options.has("--system") or call.switched_on("UV_SYSTEM_PYTHON") is True:
        return False
    if options.has("-p", "--python", "-t", "--target", "--prefix", "--root"):
        return None
    active = call.variable("VIRTUAL_ENV")
    if active or call.around.activated < call.index or _in_virtual_env(call.command.words[0].text):
        return True
    path = call.variable("PATH")
    if path is None or active is None or any(word.text == "conda" for word in call.command.wrappers):
        return None
    return _in_virtual_env(path.partition(":")[0])


def _in_virtual_env(path: str) -> bool:
    """Whether the folders of a path show that it leads into one: ``/opt/venv/bin/pip``."""
    folders = path.split("/")
    return "bin" in folders and any("venv" in folder or folder in {"env", ".env", "virtualenv"} for folder in folders)


def _configured(call: Call, words: list[Word]) -> Iterator[Fact]:
    """``pip config set global.index-url URL``."""
    if len(words) != 3 or words[0].text != "set":
        return
    role = indexes.PIP_SETTINGS.get(words[1].text.rpartition(".")[2])
    if role:
        for url in words[2].text.split() if words[2].known else [words[2].text]:
            evidence = (call.evidence(words[2]),)
            yield indexes.fact("pip", role, url, evidence, ships=call.around.ships, known=words[2].known)


def pipx(call: Call) -> Iterator[Fact]:
    """``pipx install``, ``inject`` and ``run``: each application in an environment of its own."""
    options = call.options(PIPX_OPTIONS)
    action, *words = options.positionals or [Word("", 0, 0)]
    if action.text not in {"install", "inject", "run", "upgrade"}:
        return
    words = words[1:] if action.text == "inject" else words[:1] if action.text == "run" else words
    words = list(options.values("--spec")) or words
    wanted = Wanted(call)
    passed = options.value("--pip-args")
    parts = passed.text.split() if passed else []
    inherited = read_options([passed._replace(text=part) for part in parts] if passed else [], PIP_OPTIONS)
    wanted.prerelease = inherited.has("--pre")
    gather(call, wanted, inherited, [])
    gather(call, wanted, options, words if action.text != "upgrade" else [])
    requirements = list(wanted.requirements())
    cache_left = caches.left(call, inherited, "pip")
    yield call.made("python", _ACTIONS.get(action.text, "install"), words, cache_left=cache_left, virtual_env=True)
    yield from requirements
    yield from wanted.package_indexes(requirements)


_ACTIONS = {"run": "run", "upgrade": "upgrade"}


def pip_sync(call: Call) -> Iterator[Fact]:
    """pip-tools' ``pip-sync``: the named files, or requirements.txt, and nothing else."""
    options = call.options(PIP_OPTIONS)
    wanted = Wanted(call)
    for word in options.positionals:
        wanted.file(word)
    if not options.positionals:
        last = call.command.words[-1]
        wanted.file(Word("requirements.txt", last.start, last.end))
    yield from install(call, wanted, options, [], cache="pip")
