"""Archives as docker save, podman save and skopeo write them."""

from __future__ import annotations

import gzip
import io
import json
import os
import subprocess

import pytest

from scanner.errors import TargetError
from scanner.sources.image import archive as archives
from scanner.sources.image import open_image
from scanner.sources.image.merge import Names
from scanner.sources.image.read import Read
from tests.parsers.test_tar import sparse_pax


@pytest.fixture
def archive(make, tmp_path):
    """The path of an archive of files."""

    def write(files):
        path = tmp_path / "image.tar"
        path.write_bytes(files if isinstance(files, bytes) else make.packed(files))
        return str(path)

    return write


def classic(made, names=("acme/serve:1",), **changes):
    """The files of a classic ``docker save``."""
    config = json.dumps(made.config).encode()
    entry = {"Config": "c.json", "RepoTags": list(names), "Layers": ["1/layer.tar", "2/layer.tar"]} | changes
    files = {"c.json": config, "1/layer.tar": made.tars[0], "2/layer.tar": made.tars[1]}
    return files | {"manifest.json": json.dumps([entry]).encode()}


def contents(image):
    found = []
    for layer in image.layers:
        with layer.open() as reader:
            found.append(reader.read())
    return found


def test_a_classic_archive(make, archive):
    made = make.image()
    image = open_image(f"archive:{archive(classic(made))}")
    assert image.config == made.config
    assert image.digest == ""
    assert [(one.digest, one.diff_id, one.media_type) for one in image.layers] == [
        ("", diff_id, "") for diff_id in made.config["rootfs"]["diff_ids"]
    ]
    assert contents(image) == made.tars


def test_layers_are_read_side_by_side_and_after_the_file_has_gone(make, archive):
    made = make.image()
    path = archive(classic(made))
    image = open_image(f"archive:{path}")
    os.unlink(path)
    with image.layers[0].open() as one, image.layers[1].open() as two:
        first, second = one.read(100), two.read(100)
        assert first + one.read() == made.tars[0]
        assert second + two.read() == made.tars[1]


def test_an_archive_with_a_layout_has_digests(make, archive):
    made = make.image()
    name = {"annotations": {"io.containerd.image.name": "docker.io/library/serve:1"}}
    path = archive(make.layout_files(made, made.entry | name) | classic(make.image(settings={})))
    for text in (path, f"{path}:serve:1", f"{path}:docker.io/library/serve:1"):
        image = open_image(f"archive:{text}")
        assert image.digest == made.digest
        assert contents(image) == made.layers


def test_of_several_images_one_is_named(make, archive):
    made = make.image()
    files = classic(made)
    entries = json.loads(files["manifest.json"])
    files["manifest.json"] = json.dumps([*entries, entries[0] | {"RepoTags": ["docker.io/library/b:2"]}]).encode()
    path = archive(files)
    assert open_image(f"archive:{path}:b:2").config == made.config
    with pytest.raises(TargetError, match="more than one image") as error:
        open_image(f"archive:{path}")
    assert "acme/serve:1, docker.io/library/b:2" in error.value.hint


def test_a_layer_may_be_a_link_to_another(make, archive):
    made = make.image()
    files = classic(made) | {"2/layer.tar": "../1/layer.tar"}
    assert contents(open_image(f"archive:{archive(files)}")) == [made.tars[0]] * 2


def test_links_in_a_circle_lead_nowhere(make, archive):
    files = classic(make.image()) | {"1/layer.tar": "../2/layer.tar", "2/layer.tar": "../1/layer.tar"}
    with pytest.raises(TargetError, match="missing"):
        open_image(f"archive:{archive(files)}").layers[0].open()


def test_links_do_not_lead_out_of_the_archive(make, archive):
    files = classic(make.image()) | {"1/layer.tar": "/etc/passwd", "2/layer.tar": "../../../../etc/passwd"}
    image = open_image(f"archive:{archive(files)}")
    for layer in image.layers:
        with pytest.raises(TargetError, match="missing"):
            layer.open()


WRONG = {
    "no tar": (lambda made, make: b"x" * 2_000, "no tar"),
    "empty": (lambda made, make: b"", "no tar|no image archive"),
    "compressed": (lambda made, make: gzip.compress(make.packed(classic(made))), "compressed as a whole"),
    "cut off": (lambda made, make: make.packed(classic(made))[:3_000], "ends inside"),
    "no manifest": (lambda made, make: make.packed({"a": b""}), "neither index.json nor manifest.json"),
    "no list": (lambda made, make: make.packed({"manifest.json": b"{}"}), "not as docker save writes it"),
    "no texts": (lambda made, make: make.packed(classic(made, Layers=[1])), "not as docker save writes it"),
    "no config": (lambda made, make: make.packed(classic(made, Config="x")), "x is missing"),
    "no JSON": (lambda made, make: make.packed({"manifest.json": b"["}), "not JSON"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_no_archive_is_told(make, archive, name):
    data, reason = WRONG[name]
    with pytest.raises(TargetError, match=reason):
        open_image(f"archive:{archive(data(make.image(), make))}")


def test_a_header_that_asks_for_all_memory_is_refused(make, tmp_path):
    import tarfile

    header = tarfile.TarInfo("long")
    header.type, header.size = tarfile.GNUTYPE_LONGNAME, 1 << 40
    path = tmp_path / "image.tar"
    with open(path, "wb") as file:
        file.write(header.tobuf(tarfile.GNU_FORMAT))
        file.truncate(1 << 18)
    with pytest.raises(TargetError, match="no tar, or a damaged one"):
        open_image(f"archive:{path}")


def test_a_sparse_member_is_refused(make, archive):
    """What stands in the archive is not what is in the file, so its digest would be wrong."""
    holes = sparse_pax("0.1", [(0, 5)], 5_000, b"12345")
    with pytest.raises(TargetError, match="s is a sparse file"):
        open_image(f"archive:{archive(holes + make.packed(classic(make.image())))}")


def test_what_is_no_file_is_told(tmp_path):
    with pytest.raises(TargetError, match="No such file"):
        open_image(f"archive:{tmp_path}/nothing.tar")
    with pytest.raises(TargetError, match="no file"):
        open_image(f"archive:{tmp_path}")
    os.mkfifo(tmp_path / "fifo")
    with pytest.raises(TargetError, match="no file"):
        open_image(f"archive:{tmp_path}/fifo")


def test_a_platform_that_it_is_not_for_is_told(make, archive):
    with pytest.raises(TargetError, match="for linux/amd64, not for linux/arm64"):
        open_image(f"archive:{archive(classic(make.image()))}", platform="linux/arm64")


@pytest.fixture
def piped(monkeypatch):
    """Let a file come from standard input, through a pipe."""
    started = []

    def pipe(path):
        started.append(subprocess.Popen(["cat", path], stdout=subprocess.PIPE))
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(started[0].stdout))

    yield pipe
    started[0].stdout.close()
    started[0].wait()


@pytest.mark.parametrize("name", ["archive:-:acme/serve:1", "archive:-"])
def test_the_layers_of_an_archive_from_standard_input_are_read_as_they_go_by(archive, make, piped, name):
    made = make.image()
    piped(archive(classic(made)))
    gone_by = []

    def passing(name, blob):
        with blob.open() as reader:
            gone_by.append(reader.read())
        return Read(
            found=[],
            names=Names(),
            problems=[],
            entries=1,
            sure=False,
            digest=made.config["rootfs"]["diff_ids"][len(gone_by) - 1],
        )

    image = open_image(name, passing=passing)
    assert image.config == made.config
    assert gone_by == made.tars
    assert list(image.reads) == made.config["rootfs"]["diff_ids"]
    with pytest.raises(TargetError, match="no layer that the image's config tells of"):
        image.layers[0].open()


def test_a_file_as_standard_input_is_read_where_it_is(archive, make, monkeypatch):
    made = make.image()
    monkeypatch.setattr(archives, "Streamed", type("Streamed", (), {}))
    with open(archive(classic(made))) as file:
        monkeypatch.setattr("sys.stdin", file)
        assert contents(open_image("archive:-")) == made.tars


def test_nothing_from_standard_input_is_no_archive(archive, piped):
    piped(archive(b""))
    with pytest.raises(TargetError, match="no tar"):
        open_image("archive:-")
