"""10,000 pairs of generated versions are ordered as dpkg orders them; each is a program run, which takes a while."""

from __future__ import annotations

import pytest

from tests.advisories import orders
from tests.advisories.test_versions import order

pytestmark = pytest.mark.integration


def test_10_000_pairs_of_debian_versions():
    words = {-1: "lt", 0: "eq", 1: "gt"}
    asked = [(a, words[order("deb", a, b)], b) for a, b in orders.pairs(orders.deb, 10_000)]
    assert orders.dpkg_agrees(asked) == []
