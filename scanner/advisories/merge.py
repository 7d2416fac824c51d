"""Records about one vulnerability, from one database or several, put together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from scanner.advisories.database import Details, Entry
from scanner.advisories.ranges import Affects
from scanner.model.facts.vulnerabilities import RATINGS, Certainty, Rating
from scanner.model.record import Record

CERTAINTIES: tuple[Certainty, ...] = ("low", "medium", "high")
_KNOWN_BY = ("CVE-", "GHSA-")


class Hit(Record, kw_only=False):
    """A record that affects a package's version, or may (``affects`` is None)."""

    entry: Entry
    versions: Affects
    details: Details
    affects: bool | None
    certainty: Certainty

    def ids(self) -> tuple[str, ...]:
        """What it is about: its own id, and those that are the same; of an update that has several, its own alone."""
        same = self.details.upstream if len(self.details.upstream) == 1 else ()
        return self.details.name, *self.details.aliases, *same


def merged(hits: Sequence[Hit]) -> Iterator[list[Hit]]:
    """The hits that share an id, together; those that are surest first.

    An update (USN, DSA, …) whose vulnerabilities all have a record of their own adds nothing.
    """
    group_of: dict[str, list[Hit]] = {}
    for hit in hits:
        joined = {id(group): group for name in hit.ids() if (group := group_of.get(name)) is not None}
        members = [each for group in joined.values() for each in group] + [hit]
        group_of |= dict.fromkeys((name for each in members for name in each.ids()), members)
    groups = list({id(group): group for group in group_of.values()}.values())
    single = [group for group in groups if not _is_update(group)]
    known = {name for group in single for each in group for name in each.ids()}
    updates = (group for group in groups if _is_update(group))
    for group in (
        *single,
        *(each for each in updates if not known.issuperset(*(hit.details.upstream for hit in each))),
    ):
        yield sorted(group, key=lambda hit: (hit.affects is None, -CERTAINTIES.index(hit.certainty), hit.details.name))


def _is_update(members: Iterable[Hit]) -> bool:
    return all(len(hit.details.upstream) > 1 for hit in members)


def named(members: Sequence[Hit]) -> tuple[str, tuple[str, ...]]:
    """The id that a vulnerability is best known by, and all others."""
    ids = dict.fromkeys(name for hit in members for name in hit.ids())
    best = next((name for start in _KNOWN_BY for name in ids if name.startswith(start)), next(iter(ids)))
    others = dict.fromkeys(name for hit in members for name in (*hit.ids(), *hit.details.upstream))
    return best, tuple(name for name in others if name != best)


def worst(members: Iterable[Hit]) -> tuple[Rating | None, Details]:
    """The rating of a vulnerability: what the distribution says of its own package, else the worst that is said."""
    members = list(members)
    rated = [(hit.details.rating, float(hit.details.score or 0), hit.details) for hit in members]
    rating, _, details = max(rated, key=lambda each: (RATINGS.index(each[0]) if each[0] in RATINGS else -1, each[1]))
    word = next((hit.entry.rating for hit in members if hit.entry.rating), rating)
    return next((each for each in RATINGS if each == word), None), details
