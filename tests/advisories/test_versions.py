"""Versions are ordered as the package managers themselves order them."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from packaging.version import Version

from scanner.advisories.versions import MAX_LENGTH, python, reader
from tests.advisories import orders

SCHEMES = ("pypi", "deb", "rpm", "apk", "semver", "maven", "gem")


def order(scheme, one, other):
    """-1, 0 or 1."""
    key = reader(scheme)
    mine, theirs = key(one), key(other)
    assert mine is not None, one
    assert theirs is not None, other
    return (mine > theirs) - (mine < theirs)


def test_debian_versions_are_ordered_as_dpkg_does():
    pairs = orders.pairs(orders.deb, 500)
    words = {-1: "lt", 0: "eq", 1: "gt"}
    assert orders.dpkg_agrees([(a, words[order("deb", a, b)], b) for a, b in pairs]) == []


def test_10_000_pairs_of_rpm_versions_are_ordered_as_rpm_does():
    pairs = orders.pairs(orders.rpm, 10_000)
    assert [order("rpm", a, b) for a, b in pairs] == orders.rpm_says(pairs)


@pytest.mark.parametrize(
    ("scheme", "ascending"),
    [
        ("rpm", ["3.0.7-24.el9", "3.0.7-25.el9", "3.0.7-25.el9_3", "1:1.0-1"]),
        ("rpm", ["1.0~rc1-1", "1.0-1", "1.0^git1-1", "1.0.1-1"]),
        ("deb", ["1.0~rc1-1", "1.0-1", "1.0-1+b1", "1.0-1+deb12u1", "1.0-2", "1:0.1"]),
        ("apk", ["1.2.3_alpha", "1.2.3_beta2", "1.2.3_pre1", "1.2.3_rc1", "1.2.3_rc1-r1", "1.2.3", "1.2.3-r0", "1.2.3-r10",
                 "1.2.3_git20200101", "1.2.3_p1", "1.2.3_p1-r1", "1.2.3a", "1.2.3.1", "1.2.10", "1.10"]),
        ("apk", ["1.0", "1.01", "1.09", "1.1", "1.9", "1.10", "2.0"]),
        ("semver", ["1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta", "1.0.0-beta.2", "1.0.0-beta.11",
                    "1.0.0-rc.1", "1.0.0", "1.0.1-0", "1.0.1"]),
        ("semver", ["v0.0.0-20200101000000-abcdefabcdef", "v0.0.0-20210101000000-abcdefabcdef", "v0.1.0", "v1.0.0+incompatible"]),
        ("gem", ["1.0.a.2", "1.0.b1", "1.0", "1.0.1.pre", "1.0.1", "1.1"]),
        ("maven", ["1.0-alpha-1", "1.0-beta-1", "1.0-rc1", "1.0", "1.0-jre", "1.0.1", "1.1", "2.0.0.Final"]),
        ("pypi", ["2.6.0a0+ecf3bae40a.nv25.01", "2.6.0rc1", "2.6.0", "2.6.0-1", "2.6.1.dev1", "2.6.1", "1!0"]),
    ],
)  # fmt: skip
def test_versions_that_stand_in_order(scheme, ascending):
    for one, other in pairwise(ascending):
        assert order(scheme, one, other) == -1, (one, other)
        assert order(scheme, other, one) == 1, (one, other)


@pytest.mark.parametrize(
    ("scheme", "one", "other"),
    [
        ("pypi", "2.10.0+cu128", "2.10.0"),
        ("pypi", "2.6.0-NA", "2.6.0"),
        ("pypi", "2.6.0-cu124", "2.6.0"),
        ("pypi", "1.0", "1.0.0"),
        ("deb", "1.0", "0:1.0-0"),
        ("rpm", "1.0-1", "0:1.0-1"),
        ("rpm", "1.0.-1", "1.0-1"),
        ("semver", "v1.0", "1.0.0+build.5"),
        ("gem", "1.0", "1"),
        ("gem", "1.15.4-x86_64-linux", "1.15.4"),
        ("maven", "1.0", "1"),
    ],
)
def test_versions_that_are_the_same(scheme, one, other):
    assert order(scheme, one, other) == 0


@pytest.mark.parametrize("text", ["2024-09-19", "", "main", "unknown", "9" * (MAX_LENGTH + 1)])
def test_what_is_no_python_version_has_no_place_in_the_order(text):
    assert reader("pypi")(text) is None


@settings(deadline=None, derandomize=True)
@given(st.sampled_from(SCHEMES), st.text(max_size=40))
def test_any_text_is_a_version_or_none(scheme, text):
    key = reader(scheme)(text)
    assert key is None or key == key  # noqa: PLR0124


@settings(deadline=None, derandomize=True)
@given(
    st.sampled_from(SCHEMES),
    st.lists(
        st.from_regex(r"[0-9]{1,2}(\.[0-9]{1,2}){0,3}([-.~_+]?(rc|a|p|alpha)[0-9]?)?(-r?[0-9])?", fullmatch=True),
        max_size=12,
    ),
)
def test_the_order_is_one(scheme, texts):
    """Sorting twice from different starts gives the same: no pair contradicts another."""
    key = reader(scheme)
    known = [key(text) for text in texts if key(text) is not None]
    turned = known[::-1]
    turned.sort()
    assert turned == sorted(known)


@settings(deadline=None, derandomize=True)
@given(
    st.integers(0, 3),
    st.lists(st.integers(0, 30), min_size=1, max_size=4),
    st.sampled_from(["", "a1", "rc2", ".post1", ".dev3"]),
)
def test_python_versions_are_those_of_packaging(epoch, numbers, end):
    text = f"{epoch}!{'.'.join(map(str, numbers))}{end}"
    assert reader("pypi")(text) == Version(text)
    assert reader("pypi")(f"{text}+cu128") == Version(text)


@pytest.mark.parametrize(
    ("version", "own"),
    [
        ("2.6.0", False),
        ("2.6.0+cu128", False),
        ("2.6.0+cpu.cxx11.abi", False),
        ("2.6.0a0+ecf3bae40a.nv25.01", True),
        ("1.0+ubuntu1", True),
    ],
)
def test_a_builder_of_its_own_may_have_patched_it(version, own):
    assert python.own_build(version) is own
