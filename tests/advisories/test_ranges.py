"""Ranges, worked out once, say of every version what the OSV specification's evaluation says."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from scanner.advisories.ranges import Affects, affects
from scanner.advisories.versions import reader
from scanner.parsers.advisories.osv import Affected

READ = reader("pypi")
VERSIONS = [f"{major}.{minor}{end}" for major in range(3) for minor in range(3) for end in ("", "a1", ".1")]


def evaluated(version, said):
    """The specification's evaluation, step by step, fixes first at equal versions."""
    if any(READ(each) == READ(version) for each in said.versions):
        return True
    rank = {"fixed": 0, "introduced": 1, "last_affected": 2, "limit": 3}
    v = READ(version)
    for events in said.ranges:
        limits = [text for kind, text in events if kind == "limit"]
        if limits and not any(text == "*" or v < READ(text) for text in limits):
            continue
        vulnerable = False
        for kind, text in sorted(
            events, key=lambda e: ((e[0] == "introduced" and e[1] == "0") is False, READ(e[1]), rank[e[0]])
        ):
            if kind == "introduced" and (text == "0" or v >= READ(text)):
                vulnerable = True
            elif (kind == "fixed" and v >= READ(text)) or (kind == "last_affected" and v > READ(text)):
                vulnerable = False
        if vulnerable:
            return True
    return False


events = st.lists(
    st.tuples(
        st.sampled_from(["introduced", "introduced", "fixed", "last_affected", "limit"]), st.sampled_from(VERSIONS)
    )
    | st.just(("introduced", "0")),
    max_size=6,
).map(tuple)


@settings(deadline=None, derandomize=True, max_examples=300)
@given(st.lists(events, max_size=3), st.lists(st.sampled_from(VERSIONS), max_size=3), st.sampled_from(VERSIONS))
def test_a_version_is_affected_as_the_specification_evaluates_it(ranges, listed, version):
    said = Affected(ecosystem="PyPI", name="x", ranges=tuple(ranges), versions=tuple(listed))
    found = affects(said, READ)
    assert bool(found.holds(version, READ)) == evaluated(version, said)
    assert Affects.of_text(found.text()) == found


def made(*events, versions=()):
    return affects(Affected(ecosystem="PyPI", name="x", ranges=(events,), versions=versions), READ)


def test_versions_are_listed_only_where_no_range_has_them():
    found = made(("introduced", "0"), ("fixed", "2.0"), versions=("0.5", "1.0", "2.0", "2.0a1"))
    assert found.listed == ("2.0",)


def test_a_fix_and_a_beginning_at_the_same_version_leave_no_gap():
    """scrapy, PYSEC-2024-258."""
    found = made(("introduced", "0"), ("fixed", "2.0.0"), ("introduced", "2.0.0"), ("fixed", "2.11.2"))
    assert all(found.holds(version, READ) for version in ("1.0", "2.0.0", "2.11.1"))
    assert not found.holds("2.11.2", READ)


def test_ranges_that_overlap_and_are_not_sorted_are_walked_in_order():
    """wagtail, PYSEC-2021-114: as the specification has it, 2.11.6 is not in the range; the list has it."""
    found = made(
        ("introduced", "2.11"), ("fixed", "2.11.7"), ("introduced", "0"), ("fixed", "2.11.6"), ("introduced", "2.12"), ("fixed", "2.12.4"),
        versions=("2.11.6",),
    )  # fmt: skip
    assert found.holds("2.11.6", READ)
    assert found.holds("2.12.3", READ)
    assert not found.holds("2.11.7", READ)


def test_a_build_for_cuda_is_the_same_version():
    """PYSEC-2026-139: compared raw, 2.10.0+cu128 would be behind 2.10.0."""
    assert made(("introduced", "0"), ("last_affected", "2.10.0")).holds("2.10.0+cu128", READ)


def test_an_end_that_cannot_be_read_is_not_taken_for_no_end():
    found = made(("introduced", "0"), ("last_affected", "2024-09-19"), versions=("2024-09-19", "1.0"))
    assert found.holds("1.0", READ)
    assert found.holds("2024-09-19", READ)
    assert found.holds("3.0", READ) is False


def test_of_what_says_nothing_about_versions_nothing_is_known():
    assert made().holds("1.0", READ) is None


def test_a_version_that_cannot_be_compared_is_affected_only_where_all_are():
    assert made(("introduced", "0"), ("fixed", "2.0")).holds("main", READ) is None
    assert made(("introduced", "0")).holds("main", READ) is True
