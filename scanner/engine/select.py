"""Which rules a name means, and which rules a run uses."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from scanner.engine import family
from scanner.errors import UsageError
from scanner.model.rule import Profile, Rule
from scanner.parsers.pragmas import ALL, trivy_id

_TALLY = {
    "tally": ("tally", "hadolint", "buildkit"),
    "hadolint": ("hadolint",),
    "shellcheck": ("hadolint",),
    "buildkit": ("buildkit",),
    "buildx": ("buildkit",),
}
"""What tally puts in front of the ids that it shares with other tools; it may be left out."""


def named(rules: Sequence[Rule], name: str) -> frozenset[str]:
    """The ids of the rules that a name means: an id, a glob (``apt-*``), or another tool's id (``DL3008``)."""
    lower = name.lower()
    found = frozenset(rule.id for rule in rules if rule.id == lower)
    if not found and any(mark in lower for mark in "*?["):
        from fnmatch import fnmatchcase

        found = frozenset(rule.id for rule in rules if fnmatchcase(rule.id, lower))
    found = found or frozenset().union(*(family.named(rule, (rule.each,), name) for rule in rules if rule.each))
    return found or frozenset().union(*(same_as(rules, tool, name) for tool in _tools(rules)))


def same_as(rules: Sequence[Rule], tool: str, name: str) -> frozenset[str]:
    """The ids of the rules that find what another tool's rule finds; ``*`` means all that the tool knows."""
    if tool == "trivy":
        name = trivy_id(name)
    tools: tuple[str, ...] = (tool,)
    if tool == "tally":
        first, _, rest = name.partition("/")
        tools, name = (_TALLY[first], rest) if rest and first in _TALLY else (_TALLY["tally"], name)
    wanted = _short(name)
    found: set[str] = set()
    for rule in rules:
        for ids in (rule.same_as[each] for each in tools if each in rule.same_as):
            if name == ALL or any(_short(one) == wanted for one in ids):
                found.add(rule.id)
            elif rule.each:
                found |= family.named(rule, ids, wanted)
    return frozenset(found)


def choose(
    rules: Sequence[Rule],
    *,
    profile: Profile = "default",
    select: Sequence[str] = (),
    ignore: Sequence[str] = (),
    needed: Iterable[str] = (),
) -> tuple[Rule, ...]:
    """The rules of a run: those of the profile, or just the selected ones; the needed ones; without the ignored ones.

    Raises UsageError for a name that means no rule.
    """
    chosen = frozenset(rule.id for rule in rules if profile == "strict" or rule.profile == "default")
    if select:
        chosen = frozenset().union(*(_known(rules, name, "--select") for name in select))
    ignored = frozenset[str]().union(*(_known(rules, name, "--ignore") for name in ignore))
    kept = (family.only(rule, chosen | frozenset(needed), ignored) for rule in rules)
    return tuple(rule for rule in kept if rule is not None)


def suggestion(rules: Iterable[Rule], name: str) -> str:
    """What was probably meant by a name that means no rule."""
    from scanner.engine.document import closest

    return closest(name, [rule.id for rule in rules]) or "'hullcheck rules' lists them all"


def _known(rules: Sequence[Rule], name: str, option: str) -> frozenset[str]:
    found = named(rules, name)
    if not found:
        raise UsageError(f"{option}: there is no rule called {name!r}", hint=suggestion(rules, name))
    return found


def _tools(rules: Iterable[Rule]) -> list[str]:
    return sorted({tool for rule in rules for tool in rule.same_as})


def _short(name: str) -> str:
    """The last part of a dotted or slashed id, in lower case: semgrep's ids carry the folders of its rules."""
    return name.replace("/", ".").rpartition(".")[2].lower()
