"""OCI layouts: which image is meant, what is held to its digest, and what hostile ones can do (nothing)."""

from __future__ import annotations

import json
import os

import pytest

from scanner.errors import TargetError, UsageError
from scanner.sources.discover import is_image, meant
from scanner.sources.image import containerd, docker, open_image
from scanner.sources.image.manifest import MAX_CONFIG, MAX_DEPTH, MAX_ENTRIES, MAX_MANIFEST
from scanner.sources.image.verified import verified


@pytest.fixture
def folder(make, tmp_path):
    """A layout's folder, of an image and entries of its index."""
    return lambda image, *entries: str(make.write(tmp_path / "layout", make.layout_files(image, *entries)))


def tagged(entry, tag):
    return entry | {"annotations": {"org.opencontainers.image.ref.name": tag}}


def for_platform(entry, architecture, variant=None):
    platform = {"os": "linux", "architecture": architecture} | ({"variant": variant} if variant else {})
    return entry | {"platform": platform}


def test_an_image_is_its_config_and_its_layers_from_the_bottom_up(make, folder):
    made = make.image()
    image = open_image(f"oci:{folder(made)}")
    assert image.digest == made.digest
    assert image.config == made.config
    assert [layer.diff_id for layer in image.layers] == made.config["rootfs"]["diff_ids"]
    assert [layer.size for layer in image.layers] == [len(data) for data in made.layers]
    for layer, data in zip(image.layers, made.layers, strict=True):
        for _ in range(2):
            with layer.open() as reader:
                assert reader.read() == data


def test_a_tag_a_digest_or_nothing_names_the_image(make, folder):
    one, two = make.image(settings={"User": "1"}), make.image(settings={"User": "2"})
    one.blobs |= two.blobs
    path = folder(one, tagged(one.entry, "a"), tagged(two.entry, "b"))
    assert open_image(f"oci:{path}:b").digest == two.digest
    assert open_image(f"oci:{path}@{one.digest}").digest == one.digest
    with pytest.raises(TargetError, match="more than one image") as error:
        open_image(f"oci:{path}")
    assert "a, b" in error.value.hint
    with pytest.raises(TargetError, match="no image 'c'"):
        open_image(f"oci:{path}:c")


def test_two_tags_of_one_image_are_no_choice(make, folder):
    made = make.image()
    assert open_image(f"oci:{folder(made, tagged(made.entry, 'a'), tagged(made.entry, 'b'))}").digest == made.digest


def test_the_platform_chooses_and_attestations_are_none(make, folder):
    arm, amd = make.image("arm64"), make.image("amd64")
    attestation = for_platform(arm.entry, "unknown") | {"annotations": {"vnd.docker.reference.type": "attestation"}}
    arm.blobs |= amd.blobs
    index = make.index_of(attestation, for_platform(arm.entry, "arm64", "v8"), for_platform(amd.entry, "amd64"))
    path = folder(arm, arm.add(index, "application/vnd.oci.image.index.v1+json"))
    assert open_image(f"oci:{path}", platform="linux/arm64").digest == arm.digest
    assert open_image(f"oci:{path}", platform="linux/arm64/v8").digest == arm.digest
    assert open_image(f"oci:{path}", platform="linux/amd64").digest == amd.digest
    with pytest.raises(TargetError, match="no image for linux/s390x") as error:
        open_image(f"oci:{path}", platform="linux/s390x")
    assert "linux/arm64/v8, linux/amd64" in error.value.hint


def test_a_single_image_is_taken_whatever_it_is_for_unless_a_platform_is_asked_for(make, folder):
    path = folder(made := make.image("riscv64"))
    assert open_image(f"oci:{path}").digest == made.digest
    with pytest.raises(TargetError, match="is for linux/riscv64, not for linux/amd64"):
        open_image(f"oci:{path}", platform="linux/amd64")


@pytest.mark.parametrize("platform", ["amd64", "linux/", "linux/amd64/v1/x", "linux/../etc"])
def test_a_platform_is_checked(make, folder, platform):
    path = folder(make.image())
    with pytest.raises(UsageError, match="OS/ARCHITECTURE"):
        open_image(f"oci:{path}", platform=platform)


def test_a_layer_that_is_not_there_is_told_when_it_is_opened(make, folder):
    made = make.image()
    path = folder(made)
    os.unlink(os.path.join(path, "blobs", *made.document["layers"][1]["digest"].split(":")))
    image = open_image(f"oci:{path}")
    with pytest.raises(TargetError, match="missing") as error:
        image.layers[1].open()
    assert "copied or downloaded in part" in error.value.hint


@pytest.mark.parametrize("change", [lambda data: data[:-1], lambda data: b"X" + data[1:]])
def test_a_layer_that_is_not_what_its_digest_says_is_an_error_at_its_end(make, folder, change):
    made = make.image()
    first = made.document["layers"][0]["digest"]
    made.blobs[first] = change(made.blobs[first])
    layer = open_image(f"oci:{folder(made)}").layers[0]
    held = verified(layer.open(), layer.digest, layer.size)
    with held as reader, pytest.raises(ValueError, match=r"ends|digest"):
        reader.read()


def test_no_more_of_a_layer_is_read_than_its_manifest_says(make, folder):
    made = make.image()
    first = made.document["layers"][0]["digest"]
    whole = made.blobs[first]
    made.blobs[first] = whole + b"more"
    layer = open_image(f"oci:{folder(made)}").layers[0]
    with verified(layer.open(), layer.digest, layer.size) as reader:
        assert reader.read() == whole


def test_a_fifo_for_a_blob_does_not_stop_the_scan(make, folder):
    made = make.image()
    path = folder(made)
    blob = os.path.join(path, "blobs", *made.document["layers"][0]["digest"].split(":"))
    os.unlink(blob)
    os.mkfifo(blob)
    with pytest.raises(TargetError, match="missing"):
        open_image(f"oci:{path}").layers[0].open()


HOSTILE = {
    "not JSON": (b"{", "not JSON"),
    "nested deeper than Python goes": (b"[" * 200_000, "not JSON"),
    "a list": (b"[]", "not a JSON object"),
    "without entries": (b"{}", "no list of manifests"),
    "a path for a digest": (
        json.dumps({"manifests": [{"digest": "sha256:../../../etc/passwd", "size": 1}]}).encode(),
        "without a usable digest",
    ),
    "a negative size": (json.dumps({"manifests": [{"digest": "sha256:" + "0" * 64, "size": -1}]}).encode(), "usable"),
    "too large": (b" " * (MAX_MANIFEST + 1), "larger than 4 MiB"),
    "too many entries": (json.dumps({"manifests": [{}] * (MAX_ENTRIES + 1)}).encode(), "more than 1,000"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_index_is_an_error(make, folder, name):
    path = folder(make.image())
    data, reason = HOSTILE[name]
    with open(os.path.join(path, "index.json"), "wb") as file:
        file.write(data)
    with pytest.raises(TargetError, match=reason):
        open_image(f"oci:{path}")


def test_indexes_inside_indexes_end(make, folder):
    made = make.image()
    entry = made.entry
    for _ in range(MAX_DEPTH + 1):
        entry = made.add(make.index_of(entry), "application/vnd.oci.image.index.v1+json")
    with pytest.raises(TargetError, match="deep"):
        open_image(f"oci:{folder(made, entry)}")


def test_a_manifest_and_index_in_one_is_refused(make, folder):
    made = make.image()
    both = made.add(made.document | make.index_of(made.entry), "application/vnd.oci.image.manifest.v1+json")
    with pytest.raises(TargetError, match="in one"):
        open_image(f"oci:{folder(made, both)}")


def test_a_manifest_that_names_a_missing_or_false_config_is_an_error(make, folder):
    made = make.image()
    digest = made.document["config"]["digest"]
    whole = made.blobs[digest]
    made.blobs[digest] = whole.replace(b"1000", b"0000")
    with pytest.raises(TargetError, match="config cannot be read"):
        open_image(f"oci:{folder(made)}")
    del made.blobs[digest]
    os.unlink(os.path.join(path := folder(made), "blobs", *digest.split(":")))
    with pytest.raises(TargetError, match="missing"):
        open_image(f"oci:{path}")


def test_a_config_that_says_it_is_huge_is_not_read(make, folder):
    made = make.image()
    document = made.document | {"config": made.document["config"] | {"size": MAX_CONFIG + 1}}
    with pytest.raises(TargetError, match="larger than 8 MiB"):
        open_image(f"oci:{folder(made, made.add(document, 'x'))}")


def test_what_is_no_image_is_said_to_be_none(make, folder):
    made = make.image()
    chart = made.add({"name": "chart"}, "application/vnd.cncf.helm.config.v1+json")
    with pytest.raises(TargetError, match=r"no container image, but application/vnd\.cncf\.helm"):
        open_image(f"oci:{folder(made, made.add(made.document | {'config': chart}, 'x'))}")


def test_a_config_with_fewer_diff_ids_than_layers_leaves_them_open(make, folder):
    made = make.image()
    made.config["rootfs"]["diff_ids"] = ["no digest"]
    config = made.add(made.config, "application/vnd.oci.image.config.v1+json")
    image = open_image(f"oci:{folder(made, made.add(made.document | {'config': config}, 'x'))}")
    assert [layer.diff_id for layer in image.layers] == ["", ""]


def test_texts_that_name_images():
    assert is_image("oci:folder")
    assert is_image("registry:python:3.12")
    assert not is_image("Dockerfile")
    assert not is_image("oci")
    for text in ("oci:", "image:", "Dockerfile", "python:3.12"):
        with pytest.raises(UsageError, match="names no image"):
            open_image(text)


def test_what_has_no_prefix_is_looked_at_before_it_is_asked_for(make, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    make.write(tmp_path / "layout", make.layout_files(make.image()))
    (tmp_path / "app.tar").write_bytes(make.packed({"manifest.json": b"[]"}))
    for name in ("Dockerfile", "python:3.12"):
        (tmp_path / name).write_text("FROM scratch\n")
    digest = f"app@sha256:{'1' * 64}"
    names = {"layout": "oci:layout", "app.tar": "archive:app.tar", "oci:x": "oci:x"}
    names |= {name: f"image:{name}" for name in ("ghcr.io/acme/app:1", digest)}
    assert {name: meant(name) for name in names} == names
    for name in ("Dockerfile", ".", "Dockerfile.gpu", "services/api", "-", "python:3.12", "a b:c"):
        assert meant(name) is None


def test_a_name_is_asked_of_the_daemon_first_then_of_the_registry(registry, make, monkeypatch):
    name = f"{registry.host}/team/app:1"
    registry.put(make.image(), "1")
    monkeypatch.setattr(containerd, "is_there", lambda: False)
    monkeypatch.setattr(docker, "is_there", lambda: True)
    monkeypatch.setattr(docker, "open_docker", lambda text, platform, passing: text)
    monkeypatch.setattr(docker, "inspect", {"app:1": {}}.get)
    assert open_image("image:app:1") == "app:1"
    assert open_image(f"image:{name}").name == f"registry:{name}"
    with pytest.raises(TargetError, match="no such file, and no such image"):
        open_image(f"image:{registry.host}/team/app:2")
