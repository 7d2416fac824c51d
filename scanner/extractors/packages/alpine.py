"""apk."""

from __future__ import annotations

from collections.abc import Iterator

from scanner.extractors.packages import caches, indexes
from scanner.extractors.packages.call import Call, options_named
from scanner.extractors.packages.requirement import requirement
from scanner.model.facts import Fact, Requirement
from scanner.model.location import Word
from scanner.parsers.lazy import Lazy
from scanner.parsers.manifests.specifier import unknown

_VALUED = options_named(
    "-t --virtual -X --repository -p --root --arch --keys-dir --repositories-file --wait --cache-dir "
    "--cache-max-age --progress-fd --timeout"
)
_ACTIONS = {
    "add": "install",
    "update": "update",
    "upgrade": "upgrade",
    "del": "remove",
    "fix": "install",
    "fetch": "download",
}
_SPEC = Lazy(r"([^\s@=<>~!]+)(@[\w.-]+)?\s*(?:([=<>~]{1,2})(.*))?")


def apk(call: Call) -> Iterator[Fact]:
    """Every action, and the packages of ``apk add``."""
    options = call.options(_VALUED)
    if not options.positionals:
        return
    verb, *words = options.positionals
    action = _ACTIONS.get(verb.text)
    if action is None:
        return
    # `apk add --no-cache` leaves nothing; without it the index that was fetched stays
    left = caches.left(call, options, "apk") if action in {"install", "update", "upgrade"} else False
    yield call.made(
        "apk",
        action,
        words,
        assume_yes=not options.has("-i", "--interactive"),
        cache_left=left,
        update_alone=action == "update" and "apk" not in call.around.uses_lists,
    )
    if verb.text != "add":
        return
    for word in words:
        found = _requirement(call, word)
        if found is not None:
            yield found
    for word in options.values("-X", "--repository"):
        evidence = (call.evidence(word),)
        yield indexes.fact("apk", "extra", word.text, evidence, ships=call.around.ships, known=word.known)


def _requirement(call: Call, word: Word) -> Requirement | None:
    text = word.text
    if not text or unknown(text[0]) or text[0] == "!":
        return None
    if text.endswith(".apk"):
        return requirement(call, word, "apk", text, pinned=True, origin="local")
    match = _SPEC.fullmatch(text)
    if match is None:
        return None
    sign, version = match[3] or "", match[4] or ""
    exact = sign in {"=", "=="} and bool(version)
    doubt = unknown(version) if sign else unknown(match[1])
    return requirement(
        call,
        word,
        "apk",
        match[1],
        (match[2] or "") + sign + version,
        version=None if doubt else version if exact else "",
        pinned=(None if doubt else True) if exact or (doubt and not sign) else False,
        bounded=None if doubt else bool(sign) and not exact,
    )
