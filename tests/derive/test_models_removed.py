"""Models that a layer takes away from those below, where no step is known to do so."""

from __future__ import annotations

from scanner.derive.models import removed
from scanner.model.facts import LateRemoval, ModelFile
from scanner.model.location import Evidence, Layer, Location


def place(path, level, note=""):
    return Evidence(Location(path, None, Layer(level, f"sha256:{level}")), note=note)


def weights(path, level=1, gone=2, **more):
    """A file of a layer; ``gone``: the layer that removes or replaces it."""
    evidence = (place(path, level),) if gone is None else (place(path, level), place(path, gone, "removed here"))
    return ModelFile(evidence=evidence, ships=gone is None, path=path, size=1000, digest=f"sha256:{path}", **more)


def told(*facts):
    return [(fact.path, [each.at.level for each in fact.evidence]) for fact in removed(facts)]


def test_a_file_is_told_of_where_it_is_and_where_it_goes():
    (fact,) = removed([weights("m/a.pt")])
    assert (fact.path, fact.content, fact.put_by, fact.ships) == ("m/a.pt", "model", "unknown", True)
    assert told(weights("m/a.pt")) == [("m/a.pt", [1, 2])]


def test_the_files_of_a_folder_are_one_removal():
    assert told(weights("m/a.pt"), weights("m/b.pt"), weights("n/c.pt")) == [("m", [1, 2]), ("n/c.pt", [1, 2])]
    assert told(weights("m/a.pt"), weights("m/b.pt", gone=3)) == [("m/a.pt", [1, 2]), ("m/b.pt", [1, 3])]


def test_what_is_stored_again_is_not_removed():
    assert told(weights("m/a.pt"), weights("m/a.pt", 2, None)) == []
    moved = weights("n/a.pt", 2, None).replace(digest="sha256:m/a.pt")
    assert told(weights("m/a.pt"), moved) == []
    unknown = {"digest": ""}
    assert told(weights("m/a.pt").replace(**unknown), weights("n/a.pt", 2, None).replace(**unknown)) == []


def test_what_is_gone_within_its_layer_is_not_stored():
    assert told(weights("m/a.pt", 2, 2)) == []


def test_others_are_left_out():
    assert told(weights("m/a.pt", gone=None)) == []
    assert told(weights("m/config.json", role="config")) == []
    assert told(weights("usr/lib/x/a.pkl", bundled=True)) == []
    assert told(weights("tmp/build/cases.pkl", format="pickle")) == []


def test_a_removal_that_a_step_makes_is_told_of_there():
    (step,) = removed([weights("m/a.pt")])
    step = step.replace(evidence=(place("history", 2),))
    assert told(weights("m/a.pt"), step) == []
    assert told(weights("m/a.pt", gone=3), step) == [("m/a.pt", [1, 3])]
    assert told(weights("m/a.pt"), step.replace(content="credential")) == [("m/a.pt", [1, 2])]
    assert isinstance(step, LateRemoval)
