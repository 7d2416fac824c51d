"""The benchmark of image scanning: the images it makes are images, and its bounds are missed by what misses them."""

import sys

import pytest

from scanner.extractors.in_layers import IN_LAYERS
from scanner.extractors.layers import Look
from scanner.sources.image import open_image
from scanner.sources.image.layers import read_layers
from tests.benchmarks.images import contents, forms
from tests.benchmarks.images.bounds import Bound
from tests.benchmarks.images.measured import Used, measure


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    path = tmp_path_factory.mktemp("image") / "image.tar"
    layers = [
        ("COPY . /", contents.tiny_files(2_001)),
        ("COPY models /srv", contents.models(1 << 20)),
        ("RUN rm", contents.whiteouts()),
    ]
    with path.open("wb") as out:
        forms.save(out, "small", lambda written: iter(layers))
    return path


@pytest.mark.parametrize("form", ["docker", "gzip", "zstd"])
def test_every_form_holds_the_same_files_and_what_its_digests_say(saved, tmp_path, form):
    if form != "docker":
        (tmp_path / form).mkdir()
        forms.layout(saved, tmp_path / form, form)
    image = open_image(f"archive:{saved}" if form == "docker" else f"oci:{tmp_path / form}")
    read = read_layers(image, Look(IN_LAYERS))
    assert not read.problems
    assert read.entries == 2_001 + 2 + 505
    assert {fact.name for fact in read.stated() if fact.kind == "package-record"} == {
        "package0",
        "package1",
        "package2",
    }


def test_a_bound_is_held_by_the_worst_of_its_rows():
    def used(wall, status=0):
        return Used(wall=wall, cpu=wall, process=1, tree=1, disk=0, status=status)

    ours, theirs = [tuple((image, "gzip", what) for image in ("a", "b")) for what in ("ours", "theirs")]
    bound = Bound("not slower", ours, "wall", 1.0, theirs)
    assert bound.worst({}) is None
    measured = {ours[0]: used(2), theirs[0]: used(4)}
    assert bound.worst(measured) == (0.5, ours[0])
    assert bound.worst(measured | {ours[1]: used(3), theirs[1]: used(1)}) == (3, ours[1])
    assert bound.worst(measured | {ours[1]: used(3), theirs[1]: used(1, status=1)}) == (0.5, ours[0])


def test_temporary_files_count_without_a_name_too():
    code = "import os,tempfile,time; f = tempfile.TemporaryFile(); f.write(bytes(3 << 20)); f.flush(); time.sleep(0.3)"
    used = measure([sys.executable, "-c", code], {})
    assert not used.status
    assert 3 < used.disk < 4
    assert measure([sys.executable, "-c", "raise SystemExit(3)"], {}).status == 3
