"""RubyGems and Bundler, Go, Cargo."""

from __future__ import annotations

from collections.abc import Iterator

from scanner.extractors.packages import indexes
from scanner.extractors.packages.call import Call, options_named
from scanner.extractors.packages.requirement import requirement
from scanner.model.facts import Fact
from scanner.model.location import Word
from scanner.parsers.lazy import Lazy
from scanner.parsers.manifests.specifier import is_commit, unknown

_GEM_VALUED = options_named(
    "-v --version -i --install-dir -n --bindir -s --source -P --trust-policy --platform --build-root -p "
    "--http-proxy -g --file --document"
)
_CARGO_VALUED = options_named(
    "--version --vers --git --branch --tag --rev --path --index --registry --root --features -F --bin --example "
    "--target --target-dir --profile -j --jobs --config -Z --color --manifest-path"
)
_GO_VALUED = options_named(
    "-C -p -asmflags -buildmode -buildvcs -compiler -gccgoflags -gcflags -installsuffix -ldflags -mod -modfile "
    "-overlay -pgo -pkgdir -tags -toolexec -o"
)
_VERSION = Lazy(r"(?a)v?\d+(?:\.\w+)*(?:[-+][\w.+-]+)?")
_FULL = Lazy(r"(?a)v?\d+\.\d+\.\d+(?:[-+][\w.+-]+)?")


def gem(call: Call) -> Iterator[Fact]:
    """``gem install``: ``name:1.2``, or ``-v 1.2`` for all of them."""
    options = call.options(_GEM_VALUED)
    if not options.positionals or options.positionals[0].text != "install":
        return
    words = options.positionals[1:]
    yield call.made("ruby", "install", words)
    common = options.value("-v", "--version")
    for word in words:
        if unknown(word.text[:1]):
            continue
        if word.text.endswith(".gem"):
            yield requirement(call, word, "gem", word.text, pinned=True, origin="local")
            continue
        name, colon, own = word.text.partition(":")
        version = own if colon else common.text if common else ""
        bare = version.removeprefix("=").strip()
        exact: bool | None = bool(_VERSION.fullmatch(bare)) or (None if unknown(bare) or unknown(name) else False)
        yield requirement(
            call,
            word,
            "gem",
            name,
            version,
            version=bare if exact else "",
            pinned=exact,
            bounded=bool(version) and exact is False,
        )
    for word in options.values("-s", "--source"):
        evidence = (call.evidence(word),)
        yield indexes.fact("gem", "extra", word.text, evidence, ships=call.around.ships, known=word.known)


def bundle(call: Call) -> Iterator[Fact]:
    """``bundle install``; bare ``bundle`` is the same."""
    options = call.options(frozenset({"--path", "--jobs", "-j", "--without", "--with", "--gemfile", "--retry"}))
    verb = options.positionals[0].text if options.positionals else "install"
    if verb == "install":
        frozen = options.has("--frozen", "--deployment") or call.switched_on("BUNDLE_FROZEN", "BUNDLE_DEPLOYMENT")
        yield call.made("ruby", "install", reads_lock=True, lock_enforced=frozen)


def go(call: Call) -> Iterator[Fact]:
    """``go install module@version`` and ``go get``."""
    words = call.options(_GO_VALUED).positionals if not call.words or call.words[0].text != "-C" else ()
    if not words or words[0].text not in {"install", "get"}:
        return
    yield call.made("go", "install", words[1:])
    for word in words[1:]:
        name, at, version = word.text.partition("@")
        if name.startswith((".", "/")) or "." not in name.partition("/")[0] or unknown(name[:1]):
            continue
        # without a version the module's own go.mod decides, which may well pin it
        pinned = bool(_FULL.fullmatch(version)) or is_commit(version) if at else None
        bounded = None if pinned is None else False
        yield requirement(
            call,
            word,
            "go",
            name,
            at + version,
            version=version if pinned else None if pinned is None else "",
            pinned=pinned,
            bounded=bounded,
        )


def cargo(call: Call) -> Iterator[Fact]:
    """``cargo install``: ``name@1.2.3``, ``--version``, ``--git`` with ``--rev``, ``--path``."""
    words = call.words[1:] if call.words and call.words[0].text.startswith("+") else call.words
    options = call.passed_on("cargo", words).options(_CARGO_VALUED)
    if not options.positionals or options.positionals[0].text not in {"install", "binstall"}:
        return
    names = options.positionals[1:]
    yield call.made("rust", "install", names, reads_lock=True, lock_enforced=options.has("--locked", "--frozen"))
    source = options.value("--git")
    if options.value("--path") is not None:
        return
    if source is not None:
        revision = options.value("--rev")
        commit = is_commit(revision.text) if revision else False
        name = names[0].text if names else source.text.rstrip("/").rpartition("/")[2].removesuffix(".git")
        yield requirement(call, source, "cargo", name, f"@{source.text}", pinned=commit, origin="vcs", url=source.text)
        return
    version = options.value("--version", "--vers")
    for word in names:
        if not unknown(word.text[:1]):
            yield _crate(call, word, version)


def _crate(call: Call, word: Word, common: Word | None) -> Fact:
    name, at, own = word.text.partition("@")
    version = own if at else common.text if common else ""
    bare = version.removeprefix("=")
    exact: bool | None = bool(_FULL.fullmatch(bare)) or (None if unknown(version) or unknown(name) else False)
    bounded = None if exact is None else bool(version) and not exact
    return requirement(
        call, word, "cargo", name, at + version, version=bare if exact else "", pinned=exact, bounded=bounded
    )
