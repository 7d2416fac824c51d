"""Versions that are asked for and can only be vulnerable ones."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from scanner.advisories import names
from scanner.advisories.merge import CERTAINTIES, merged, named, worst
from scanner.advisories.ranges import Affects
from scanner.advisories.remedy import upgrade, words
from scanner.advisories.versions import Key, Read, reader
from scanner.model.facts import Requirement, VulnerablePin
from scanner.model.facts.vulnerabilities import RATINGS

if TYPE_CHECKING:
    from scanner.advisories.match import Matcher

_FIRST = "0.dev0"
"""Where a range without a beginning begins."""


def vulnerable(asked: Iterable[Requirement], matcher: Matcher) -> Iterator[VulnerablePin]:
    """The requirements of an index that mean nothing but releases with an advisory."""
    for each in asked:
        if each.origin == "index" and each.specifier:
            yield from _judged(each, matcher)


def _judged(asked: Requirement, matcher: Matcher) -> Iterator[VulnerablePin]:
    where = names.of_language(asked.ecosystem, asked.name, asked.version or "")
    if where is None or not (records := matcher.records(where)):
        return
    read, every = reader(where.scheme), [versions for _, versions, _ in records]
    version = asked.version or (_newest(asked.specifier, every, read) if asked.ecosystem == "pypi" else "")
    if not version:
        return
    where = where.replace(version=version)
    hits = [hit for hit in matcher.hits(where, records) if hit.affects]
    if not hits:
        return
    groups = list(merged(hits))
    better = upgrade(version, every, read)
    ratings = [(worst(group)[0], *named(group)) for group in groups]
    ratings.sort(key=lambda each: -RATINGS.index(each[0]) if each[0] else 1)
    yield VulnerablePin.asked(
        asked,
        [name for _, name, _ in ratings],
        severity=ratings[0][0],
        certainty=max((group[0].certainty for group in groups), key=CERTAINTIES.index),
        upgrade=better,
        remedy=words(better, [better] if better else []),
        exploited=matcher.database.exploited([name for _, first, others in ratings for name in (first, *others)]),
    )


def _newest(specifier: str, every: Sequence[Affects], read: Read) -> str:
    """A version that stands for the newest that a range lets in, if all that it lets in are affected; else "".

    Which releases there are is not known: the range has to lie in affected ones without a gap. Between the version
    given and the range's end no advisory begins or ends.
    """
    bounds = _bounds(specifier, read)
    if bounds is None:
        return ""
    start, end, closed = bounds
    first = read(start)
    intervals = [each for versions in every for each in versions.intervals]
    if not _covered(
        first,
        read(end),
        [(read(a) if a else None, read(b) if b is not None else None, c, b is None) for a, b, c in intervals],
        closed=closed,
    ):
        return ""
    if closed:
        return end
    points = {start, *(text for a, b, _ in intervals for text in (a, b) if text)}
    inside = [(key, text) for text in points if (key := read(text)) is not None and first <= key < read(end)]
    return max(inside, key=lambda pair: pair[0])[1]


def _covered(
    first: Key, last: Key, intervals: Iterable[tuple[Key | None, Key | None, bool, bool]], *, closed: bool
) -> bool:
    """Whether the intervals (start, end, whether that belongs to it, whether there is none) leave no gap."""
    at = first
    left = sorted(intervals, key=lambda each: (each[0] is not None, each[0] if each[0] is not None else first))
    for start, end, end_counts, endless in left:
        if start is not None and start > at:
            return False
        if endless or (end is not None and (end > last or (end == last and (end_counts or not closed)))):
            return True
        if end is not None and end > at:
            at = end
    return False


def _bounds(specifier: str, read: Read) -> tuple[str, str, bool] | None:
    """The lowest version of a range, its end, and whether that belongs to it; None without an end."""
    from packaging.specifiers import InvalidSpecifier, SpecifierSet
    from packaging.version import Version

    try:
        clauses = list(SpecifierSet(specifier))
    except InvalidSpecifier:
        return None
    starts, ends = [_FIRST], []
    for clause in clauses:
        version = clause.version.removesuffix(".*")
        if read(version) is None:
            return None
        if clause.operator in {">=", ">", "~="} or clause.version.endswith(".*"):
            starts.append(f"{version}.dev0" if clause.version.endswith(".*") else version)
        if clause.operator in {"<", "<="}:
            ends.append((version, clause.operator == "<="))
        elif clause.operator == "~=" or (clause.operator == "==" and clause.version.endswith(".*")):
            numbers = Version(version).release
            numbers = numbers[:-1] if clause.operator == "~=" else numbers
            ends.append((".".join(map(str, (*numbers[:-1], numbers[-1] + 1))) + ".dev0", False))
    if not ends or any(clause.operator == "!=" and clause.version.endswith(".*") for clause in clauses):
        return None
    end, closed = min(ends, key=lambda pair: (read(pair[0]), pair[1]))
    start = max(starts, key=read)
    first, last = read(start), read(end)
    return (start, end, closed) if first < last or (closed and first == last) else None
