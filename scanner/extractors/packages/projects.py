"""uv, Poetry, PDM and pipenv: tools that install a project with its lock file."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from scanner.extractors.packages import caches, indexes, pip
from scanner.extractors.packages.call import Call, options_named
from scanner.extractors.packages.wanted import Reader, Wanted
from scanner.model.facts import Fact
from scanner.model.location import Word
from scanner.parsers.manifests import locks, pyproject, specifier
from scanner.parsers.manifests.entries import Spec
from scanner.parsers.shell.arguments import Options

_POETRY_VALUED = options_named(
    "-C --directory -P --project -G --group --with --without --only -E --extras --source --python --platform "
    "--markers --priority"
)
_PDM_VALUED = options_named(
    "-p --project -c --config -G --group --with --without -L --lockfile --venv -e --editable --override --index"
)
_PIPENV_VALUED = options_named(
    "--python -i --index --pypi-mirror -r --requirements -e --editable --categories --extra-pip-args"
)


def uv(call: Call) -> Iterator[Fact]:
    """``uv pip …``, ``uv sync``, ``uv add``, ``uv tool install``."""
    options = call.options(pip.UV_OPTIONS)
    words = list(options.positionals)
    if not words:
        return
    verb, *asked = words
    wanted = Wanted(call)
    prerelease = options.value("--prerelease")
    wanted.prerelease = (
        options.has("--pre")
        or (prerelease is not None and prerelease.text == "allow")
        or call.variable("UV_PRERELEASE") == "allow"
    )
    wanted.hashes_required = options.has("--require-hashes") or call.switched_on("UV_REQUIRE_HASHES") is True
    if verb.text == "pip" and asked:
        action = asked[0]
        if action.text == "uninstall":
            yield call.made("python", "remove", asked[1:])
        if action.text == "sync":
            for word in asked[1:]:
                wanted.file(word)
            yield from pip.install(call, wanted, options, [], cache="uv")
        if action.text == "install":
            yield from pip.install(call, wanted, options, asked[1:], cache="uv")
    elif verb.text == "add":
        yield from _added(call, wanted, options, asked, "uv", frozen=options.has("--frozen", "--locked"))
    elif verb.text == "tool" and asked and asked[0].text in {"install", "run"}:
        yield from _tool(call, wanted, options, asked[1:], run=asked[0].text == "run")
    elif verb.text == "sync":
        frozen = options.has("--frozen", "--locked") or call.switched_on("UV_FROZEN", "UV_LOCKED")
        chosen = (
            None
            if options.has("--all-extras")
            else tuple(specifier.normalize(w.text) for w in options.values("--extra"))
        )
        groups = not options.has("--no-dev", "--no-group", "--no-default-groups") and not call.switched_on("UV_NO_DEV")
        pip.gather(call, wanted, options, [])
        yield from _project(
            call,
            wanted,
            options,
            folder=options.value("--directory", "--project"),
            manifest=("pyproject.toml", lambda text: pyproject.read(text, chosen, groups=groups)),
            lock=("uv.lock", locks.read),
            frozen=frozen,
            cache="uv",
        )


def uvx(call: Call) -> Iterator[Fact]:
    """``uvx tool``, which is ``uv tool run``; what follows the tool's name is its own."""
    arguments = _until_first_word(call.words, pip.UV_OPTIONS)
    called = call.passed_on("uvx", arguments)
    options = called.options(pip.UV_OPTIONS)
    yield from _tool(called, Wanted(called, "uv"), options, list(options.positionals), run=True)


def _until_first_word(words: tuple[Word, ...], valued: frozenset[str]) -> tuple[Word, ...]:
    skip = False
    for at, word in enumerate(words):
        if skip:
            skip = False
        elif word.text.startswith("-"):
            skip = word.text in valued
        else:
            return words[: at + 1]
    return words


def _tool(call: Call, wanted: Wanted, options: Options, asked: list[Word], *, run: bool) -> Iterator[Fact]:
    """The tool, what it is taken ``--from``, and what comes ``--with`` it; ``tool@1.2`` is its version."""
    source = options.value("--from")
    names = [source] if source is not None else asked[:1]
    pip.gather(call, wanted, options, [])
    for word in names:
        wanted.word(word, _tool_spec)
    for word in options.values("--with"):
        for part in word.text.split(","):
            wanted.word(word._replace(text=part))
    requirements = list(wanted.requirements())
    cache_left = caches.left(call, options, "uv")
    yield call.made("python", "run" if run else "install", names, cache_left=cache_left, virtual_env=True)
    yield from requirements
    yield from wanted.package_indexes(requirements)
    yield from indexes.assigned(call)


def _tool_spec(text: str) -> Spec:
    """``ruff@0.4.1`` and ``ruff@latest`` besides what pip knows."""
    name, at, version = text.partition("@")
    if at and name and not name.endswith(" ") and "/" not in text and " " not in text:
        return specifier.read(f"{name}=={version}" if version != "latest" else name)
    return specifier.read(text)


def poetry(call: Call) -> Iterator[Fact]:
    """``poetry install``, ``sync``, ``update``, ``add`` and ``source add``."""
    options = call.options(_POETRY_VALUED)
    words = list(options.positionals)
    if not words:
        return
    verb, *asked = words
    wanted = Wanted(call)
    if verb.text == "self" and asked[:1] and asked[0].text == "add":
        verb, asked = asked[0], asked[1:]
    if verb.text == "source" and len(asked) == 3 and asked[0].text == "add":
        priority = options.value("--priority")
        role = "primary" if priority is not None and priority.text in {"primary", "default"} else "extra"
        if priority is None or priority.text != "explicit":
            word = asked[2]
            evidence = (call.evidence(word),)
            yield indexes.fact("poetry", role, word.text, evidence, ships=call.around.ships, known=word.known)
    elif verb.text == "add":
        yield from _added(call, wanted, options, asked, "poetry")
    elif verb.text in {"install", "sync", "update"}:
        groups = not options.has("--only", "--no-dev", "--only-root") and not options.has("--without")
        lock = None if verb.text == "update" else ("poetry.lock", locks.read)
        yield from _project(
            call,
            wanted,
            options,
            folder=options.value("-C", "--directory", "-P", "--project"),
            manifest=("pyproject.toml", lambda text: pyproject.read(text, None, groups=groups)),
            lock=lock,
            # poetry installs what the lock file says whenever there is one
            frozen=None if lock else False,
            cache="poetry",
        )


def pdm(call: Call) -> Iterator[Fact]:
    """``pdm install``, ``sync``, ``update`` and ``add``."""
    options = call.options(_PDM_VALUED)
    words = list(options.positionals)
    if not words:
        return
    verb, *asked = words
    wanted = Wanted(call)
    if verb.text == "add":
        yield from _added(call, wanted, options, asked, "pdm")
    elif verb.text in {"install", "sync", "update"}:
        frozen = verb.text == "sync" or options.has("--frozen-lockfile", "--check", "--no-lock")
        groups = not options.has("--prod", "--production", "--no-default", "--no-dev")
        yield from _project(
            call,
            wanted,
            options,
            folder=options.value("-p", "--project"),
            manifest=("pyproject.toml", lambda text: pyproject.read(text, None, groups=groups)),
            lock=None if verb.text == "update" else ("pdm.lock", locks.read),
            frozen=frozen or call.switched_on("PDM_FROZEN_LOCKFILE"),
            cache="pdm",
        )


def pipenv(call: Call) -> Iterator[Fact]:
    """``pipenv install`` (packages, or the Pipfile), ``sync``, ``update``."""
    options = call.options(_PIPENV_VALUED)
    words = list(options.positionals)
    if not words:
        return
    verb, *asked = words
    if verb.text not in {"install", "sync", "update", "upgrade"}:
        return
    wanted = Wanted(call)
    wanted.prerelease = options.has("--pre")
    for word in options.values("-i", "--index"):
        wanted.index("extra", word)
    for word in options.values("--pypi-mirror"):
        wanted.index("primary", word)
    if asked or options.has("-r", "--requirements", "-e", "--editable"):
        yield from _added(call, wanted, options, asked, "pipenv")
        return
    groups = options.has("-d", "--dev")
    frozen = verb.text == "sync" or options.has("--deploy", "--ignore-pipfile")
    yield from _project(
        call,
        wanted,
        options,
        folder=None,
        manifest=("Pipfile", lambda text: pyproject.pipfile(text, groups=groups)),
        lock=("Pipfile.lock", lambda text: locks.pipfile_lock(text, groups=groups)) if verb.text != "update" else None,
        frozen=frozen,
        cache="pipenv",
    )


def _added(
    call: Call, wanted: Wanted, options: Options, asked: list[Word], cache: str, *, frozen: bool | None = None
) -> Iterator[Fact]:
    """Packages added to the project by name."""
    for given in options.given:
        if given.value is not None and given.name in {"-r", "--requirement", "--requirements"}:
            wanted.file(given.value)
        elif given.value is not None and given.name in {"-c", "--constraint", "--constraints"}:
            wanted.file(given.value, constraint=True)
        elif given.value is not None and given.name == "--index-strategy":
            wanted.strategy(given.value)
        elif given.value is not None and cache == "uv" and (role := specifier.role_of(given.name)):
            wanted.index(role, given.value)
        elif given.value is not None and given.name in {"-e", "--editable"}:
            wanted.word(given.value)
    for word in asked:
        wanted.word(word, _poetry_spec if cache == "poetry" else specifier.read)
    requirements = list(wanted.requirements())
    cache_left = caches.left(call, options, cache)
    virtual = _virtual_env(call, options, cache)
    yield call.made(
        "python",
        "install",
        asked,
        cache_left=cache_left,
        virtual_env=virtual,
        reads_lock=frozen is not None,
        lock_enforced=frozen,
    )
    yield from requirements
    yield from wanted.package_indexes(requirements)
    yield from indexes.assigned(call)


def _poetry_spec(text: str) -> Spec:
    """``torch@^2.1``, ``torch@latest`` and ``torch=2.1`` besides what pip knows."""
    name, at, version = text.partition("@")
    if at and name and "/" not in text and "+" not in name and " " not in text:
        return pyproject.ranged(specifier.normalize(name), "" if version == "latest" else version)
    return specifier.read(text)


def _project(
    call: Call,
    wanted: Wanted,
    options: Options,
    *,
    folder: Word | None,
    manifest: tuple[str, Reader],
    lock: tuple[str, Reader] | None,
    frozen: bool | None,
    cache: str,
) -> Iterator[Fact]:
    """The project's dependencies: what the lock file says, else what the project file asks for.

    ``frozen``: the call insists on the lock file; None when it takes the lock file as it is if there is one.
    """
    first, last = call.command.words[0], call.command.words[-1]
    place = Word(folder.text if folder else "", first.start, last.end, folder is None or folder.known)
    locked = None
    if lock is not None:
        locked = wanted.file(place._replace(text=posixpath.join(place.text, lock[0])), read=lock[1])
        wanted.complete = True
    if frozen is None:
        enforced: bool | None = True if locked is not None else None
    else:
        enforced = frozen
    names = wanted.names()
    wanted.locked = enforced is True
    wanted.file(place._replace(text=posixpath.join(place.text, manifest[0])), read=manifest[1])
    if locked is not None:
        wanted.keep_locked(names, only=enforced is True)
    requirements = list(wanted.requirements())
    yield call.made(
        "python",
        "install",
        cache_left=caches.left(call, options, cache),
        virtual_env=_virtual_env(call, options, cache),
        reads_lock=True,
        lock_enforced=enforced,
    )
    yield from requirements
    yield from wanted.package_indexes(requirements)
    yield from indexes.assigned(call)


def _virtual_env(call: Call, options: Options, tool: str) -> bool | None:
    """These tools make an environment of their own unless told not to."""
    if tool == "poetry":
        made = call.variable("POETRY_VIRTUALENVS_CREATE")
        if made is not None and made.lower() in {"false", "0"}:
            return False
        for command in call.around.commands[: call.index]:
            said = [word.text for word in command.words[1:4]]
            if command.program == "poetry" and said[:2] == ["config", "virtualenvs.create"]:
                return said[-1].lower() not in {"false", "0"}
        return None if made is None else True
    if tool == "pipenv":
        return not (options.has("--system") or call.switched_on("PIPENV_SYSTEM"))
    return True
