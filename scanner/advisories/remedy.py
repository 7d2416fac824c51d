"""What to upgrade to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from scanner.advisories.ranges import Affects, inside
from scanner.advisories.versions import Key, Read


def fixes(version: str, affected: Iterable[Affects], read: Read) -> tuple[str, ...]:
    """The versions that end a range, later than the given one, each once and in order."""
    key = read(version)
    ends = {found: text for each in affected for found, text in _ends(each, read) if key is not None and found > key}
    return tuple(ends[found] for found in sorted(ends))


def upgrade(version: str, hits: Sequence[Affects], every: Sequence[Affects], read: Read) -> str:
    """The smallest later version that has all fixes there are for the hits, and that no other of them affects.

    "" when none of them has a fix. A hit that has none does not stand in the way.
    """
    key = read(version)
    if key is None:
        return ""
    needed = [end for each in hits if (end := _fixed(key, each, read)) is not None]
    if not needed:
        return ""
    ends = {
        found: text for each in every for found, text in _ends(each, read) if not any(found < least for least in needed)
    }
    without = {each for each in hits if _fixed(key, each, read) is None}
    count = [each for each in dict.fromkeys(every) if each not in without]
    return next((ends[found] for found in sorted(ends) if not any(each.has(found, read) for each in count)), "")


def words(better: str, fixed: Sequence[str]) -> str:
    """What to do, for a vulnerability that is fixed in some versions, and its package's best upgrade."""
    if not fixed:
        return "no fixed version is known"
    return f"upgrade to {better}" if better else f"fixed in {', '.join(fixed)}"


def _fixed(key: Key, versions: Affects, read: Read) -> Key | None:
    """The end of the range that a version is in, where a fix ends it."""
    for interval in versions.intervals:
        if inside(key, interval, read):
            return read(interval[1]) if interval[1] is not None and not interval[2] else None
    later = [found for found, _ in _ends(versions, read) if found > key]
    return min(later, default=None) if versions.listed and versions.has(key, read) else None


def _ends(versions: Affects, read: Read) -> Iterator[tuple[Key, str]]:
    for _, end, closed in versions.intervals:
        if end is not None and not closed and (key := read(end)) is not None:
            yield key, end
