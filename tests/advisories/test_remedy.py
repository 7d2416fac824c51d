"""The upgrade is the smallest version that is rid of as much as any."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from scanner.advisories.ranges import Affects
from scanner.advisories.remedy import fixes, upgrade
from scanner.advisories.versions import reader

READ = reader("pypi")


def below(end, start=""):
    return Affects(((start, end, False),))


def up_to(end):
    return Affects((("", end, True),))


def test_all_fixes_count():
    assert upgrade("1.0", [below("1.2"), below("1.4"), below("0.9")], READ) == "1.4"


def test_a_fix_that_brings_another_vulnerability_is_passed_over():
    assert upgrade("1.0", [below("1.2"), below("1.4", "1.1")], READ) == "1.4"


def test_what_has_no_fix_does_not_stand_in_the_way():
    assert upgrade("1.0", [below("1.2"), Affects((("", None, False),))], READ) == "1.2"


def test_a_version_behind_the_last_affected_one_is_rid_of_it():
    assert upgrade("2.5", [below("2.6"), up_to("2.6"), below("2.8")], READ) == "2.8"


def test_nothing_is_better_where_nothing_is_known():
    assert upgrade("1.0", [up_to("2.0")], READ) == ""
    assert upgrade("main", [below("2.0")], READ) == ""


def test_only_later_fixes_are_named():
    assert fixes("2.0", [Affects((("", "1.5", False), ("2.0", "2.3", False))), below("2.10")], READ) == ("2.3", "2.10")


VERSIONS = st.sampled_from([f"{major}.{minor}" for major in range(3) for minor in range(4)])


@settings(deadline=None, derandomize=True, max_examples=300)
@given(st.lists(st.tuples(VERSIONS, VERSIONS, st.booleans()), max_size=6), VERSIONS)
def test_no_known_version_is_better(ranges, installed):
    every = [Affects(((start, end, closed),)) for start, end, closed in ranges]

    def count(version):
        return sum(bool(each.holds(version, READ)) for each in every)

    known = [end for _, end, closed in ranges if not closed and READ(end) > READ(installed)]
    better = upgrade(installed, every, READ)
    if better:
        assert count(better) == min(map(count, known)) < count(installed)
        assert not any(count(each) == count(better) and READ(each) < READ(better) for each in known)
    else:
        assert all(count(each) >= count(installed) for each in known)
