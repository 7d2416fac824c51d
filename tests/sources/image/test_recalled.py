"""An image of a daemon that was read before is not exported again, as long as all of it is known and is what it was."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest

from scanner import kept
from scanner.errors import TargetError
from scanner.sources.image import open_image
from scanner.sources.image.known import CONFIGS, FOLDER, Known
from scanner.sources.image.layers import Passing, read_layers
from tests.sources.image.test_known import LIMIT, Look, quoted, somewhere


@pytest.fixture(autouse=True)
def folder():
    with somewhere() as found:
        yield found


class Daemon:
    """Stands for the daemon: images by name, each an id and the files of its export."""

    def __init__(self, monkeypatch, make):
        self.images, self.exported, self._make = {}, 0, make
        client = SimpleNamespace(images=SimpleNamespace(get=self._get), close=lambda: None)
        monkeypatch.setattr("docker.from_env", lambda timeout: client)

    def _get(self, name):
        digest, files = self.images[name]
        return SimpleNamespace(id=digest, save=lambda chunk_size: self._save(files))

    def _save(self, files):
        self.exported += 1
        yield self._make.packed(files)

    def put(self, name, image, *, oci=True):
        """As newer daemons export, or as those of old, which wrote no manifest with digests."""
        config = json.dumps(image.config).encode()
        digest = self._make.digest(config)
        layers = {f"blobs/sha256/{self._make.digest(tar)[7:]}": tar for tar in image.tars}
        if oci:
            image.blobs |= {self._make.digest(tar): tar for tar in image.tars}
            described = [
                {
                    "mediaType": "application/vnd.oci.image.layer.v1.tar",
                    "digest": self._make.digest(tar),
                    "size": len(tar),
                }
                for tar in image.tars
            ]
            entry = image.add(image.document | {"layers": described}, image.entry["mediaType"])
            files = layers | self._make.layout_files(image, entry)
        else:
            listed = [{"Config": f"{digest[7:]}.json", "RepoTags": None, "Layers": list(layers)}]
            files = layers | {f"{digest[7:]}.json": config, "manifest.json": json.dumps(listed).encode()}
        self.images[name] = digest, files
        return digest


@pytest.fixture
def daemon(monkeypatch, make):
    return Daemon(monkeypatch, make)


def scanned(name="app:1", look=None, platform=None, known=True):
    """The image, and what its layers hold."""
    look = look or Look()
    cache = Known(look.versions(), LIMIT) if known else None
    image = open_image(f"docker:{name}", platform=platform, passing=Passing(look, known=cache))
    return image.replace(layers=(), reads={}), read_layers(image, look, known=cache)


@pytest.mark.parametrize("oci", [True, False])
def test_a_second_scan_says_the_same_without_an_export(daemon, make, oci):
    daemon.put("app:1", make.image(), oci=oci)
    first, look = scanned(), Look()
    assert first[1].found
    assert scanned(look=look) == first
    assert (daemon.exported, look.seen) == (1, [])


def test_another_name_of_the_same_image_is_the_same(daemon, make):
    image = make.image()
    daemon.put("app:1", image)
    daemon.put("app:2", image)
    assert scanned("app:1")[1] == scanned("app:2")[1]
    assert daemon.exported == 1


def test_what_the_name_now_stands_for_is_read(daemon, make):
    daemon.put("app:1", make.image())
    scanned()
    daemon.put("app:1", make.image(settings={"User": "0"}))
    assert scanned()[0].config["config"] == {"User": "0"}
    assert daemon.exported == 2
    daemon.put("app:1", make.image(settings={"User": "7"}, size=20))
    scanned()
    assert daemon.exported == 3


def test_a_layer_that_is_gone_or_not_known_to_all_is_read_again(daemon, make, folder):
    daemon.put("app:1", make.image())
    scanned()
    min(path for path in folder.iterdir() if path.is_file()).unlink()
    scanned()
    assert daemon.exported == 2
    first = scanned(look=Look(one=("2", quoted)))
    assert daemon.exported == 3
    assert scanned(look=Look(one=("2", quoted))) == first
    assert daemon.exported == 3


def test_nothing_is_kept_or_asked_for_without_a_cache(daemon, make, folder):
    daemon.put("app:1", make.image())
    for exported in (1, 2):
        scanned(known=False)
        assert daemon.exported == exported
    assert not folder.exists()


@pytest.mark.parametrize(
    "id", ["sha256:" + "0" * 64, "not-a-digest", "../../etc/passwd"], ids=["a manifest's", "none", "a path"]
)
def test_an_id_that_is_not_the_configs_digest_means_an_export_each_time(daemon, make, folder, id):
    daemon.put("app:1", make.image())
    daemon.images["app:1"] = (id, daemon.images["app:1"][1])
    assert scanned() == scanned()
    assert daemon.exported == 2
    assert not (folder / "configs").exists()


def test_the_id_of_a_manifest_among_the_exported_is_not_the_configs(daemon, make, folder):
    image = make.image()
    daemon.put("app:1", image)
    name = next(digest for digest in image.blobs if b'"schemaVersion"' in image.blobs[digest])
    daemon.images["app:1"] = (name, daemon.images["app:1"][1])
    scanned()
    assert not (folder / "configs").exists()


@pytest.mark.parametrize(
    "change",
    [
        lambda body: body[:4],
        lambda body: body + b" ",
        lambda body: body.replace(b"1000", b"0000"),
        lambda body: b"\xff\xff\0\0" + body[4:],
        lambda body: b"\2\0\0\0[]" + body[4 + int.from_bytes(body[:4], "little") :],
        lambda body: b"\6\0\0\0[1, 2]" + body[4 + int.from_bytes(body[:4], "little") :],
        lambda body: b"\7\0\0\0[1, []]" + body[4 + int.from_bytes(body[:4], "little") :],
    ],
)
def test_a_kept_config_that_is_not_what_its_digest_says_does_not_count(daemon, make, change):
    digest = daemon.put("app:1", make.image())
    first = scanned()
    name = f"{CONFIGS}/{digest.replace(':', '-')}"
    kept.seal(name, digest.encode(), change(bytes(kept.unseal(name, digest.encode(), LIMIT))))
    assert scanned() == first
    assert daemon.exported == 2


def test_a_kept_config_under_the_name_of_another_does_not_count(daemon, make, folder):
    one, two = daemon.put("app:1", make.image()), daemon.put("app:2", make.image(settings={"User": "0"}))
    scanned("app:1")
    path = folder / "configs" / one.replace(":", "-")
    path.rename(path.with_name(two.replace(":", "-")))
    assert scanned("app:2")[0].config["config"] == {"User": "0"}
    assert daemon.exported == 2


def test_a_config_that_names_other_layers_than_the_export_has_is_not_kept(daemon, make, folder):
    image = make.image()
    image.config["rootfs"]["diff_ids"].pop()
    daemon.put("app:1", image, oci=False)
    scanned()
    scanned()
    assert daemon.exported == 2
    assert not (folder / "configs").exists()


def test_a_platform_that_it_is_not_for_is_refused_either_way(daemon, make):
    daemon.put("app:1", make.image())
    for _ in range(2):
        scanned(platform="linux/amd64")
        with pytest.raises(TargetError, match="is for linux/amd64, not for linux/arm64"):
            scanned(platform="linux/arm64")
    assert daemon.exported == 1


def test_configs_count_towards_the_limit_of_the_layers(daemon, make):
    daemon.put("app:1", make.image())
    scanned()
    assert len(kept.listed(FOLDER)) == 3
    assert len(kept.listed(CONFIGS)) == 1
    Known({}, 0).shrink()
    assert kept.listed(FOLDER) == []


def test_what_went_by_is_held_to_the_limit(daemon, make):
    daemon.put("app:1", make.image())
    look = Look()
    cache = Known(look.versions(), 1)
    read_layers(open_image("docker:app:1", passing=Passing(look, known=cache)), look, known=cache)
    assert [path for _, _, path in kept.listed(FOLDER) if "configs" not in path] == []
