"""Large files that a layer stores once more: told once a layer, by names and sizes."""

from __future__ import annotations

from scanner.derive.layers import derive
from scanner.extractors.caches import LARGE, Heavy
from scanner.model.facts import StoredAgain
from scanner.model.location import Evidence, Layer, Location
from tests.extractors.image_files import file


def held(path, level, size=30_000_000, gone=None):
    """A large file of a layer; ``gone``: the layer that removes or replaces it."""
    item = file(path, b"").replace(size=size, at=Location(path, None, Layer(level, f"sha256:{level}")))
    (fact,) = Heavy().extract(item)
    if gone is None:
        return fact
    removed = Evidence(Location(path, None, Layer(gone, f"sha256:{gone}")), note="removed or replaced here")
    return fact.replace(ships=False, evidence=(*fact.evidence, removed))


def concluded(*facts):
    return [fact for fact in derive(facts, "2026-01-01") if isinstance(fact, StoredAgain)]


def told(*facts):
    return [(one.path, one.others, one.how, one.megabytes, one.ships) for one in concluded(*facts)]


def test_a_change_of_owner_is_one_fact_for_all_files_of_its_layer():
    facts = [held("m/a", 1, gone=2), held("m/b", 1, 50_000_000, gone=2), held("m/a", 2), held("m/b", 2, 50_000_000)]
    (fact,) = concluded(*facts)
    assert told(*facts) == [("m/b", 1, "rewritten", 80, True)]
    assert [(each.at.path, each.at.level) for each in fact.evidence] == [("m/b", 2), ("m/b", 1)]


def test_each_layer_that_does_so_is_told_of():
    facts = [held("m/a", 0, gone=1), held("m/a", 1, gone=3), held("m/a", 3)]
    assert told(*facts) == [("m/a", 0, "rewritten", 30, False), ("m/a", 0, "rewritten", 30, True)]


def test_what_is_moved_is_gone_where_it_was():
    assert told(held("tmp/a", 1, gone=2), held("m/a", 2)) == [("m/a", 0, "moved", 30, True)]


def test_others_are_not_told_of():
    assert told(held("m/a", 1, gone=2), held("m/a", 2, 30_000_001)) == []
    assert told(held("x/a", 1), held("y/a", 2)) == []  # both stay: nobody knows that they are the same
    assert told(held("x/a", 1, gone=2), held("y/a", 3)) == []  # came later than the other went
    assert told(held("x/a", 1, gone=1), held("y/a", 1)) == []  # within a layer nothing is stored twice
    assert told(held("x/a", 1, gone=2), held("y/b", 2)) == []


def test_only_large_files_are_looked_at():
    item = file("m/a", b"")
    assert Heavy().wants(item.replace(size=LARGE))
    assert not Heavy().wants(item.replace(size=LARGE - 1))
    assert not Heavy().wants(item.replace(size=LARGE, hard_link=True))
