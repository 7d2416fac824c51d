"""An archive that comes as a stream says the same as one that is a file, though its layers go by before its config."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path

import pytest

from scanner.errors import TargetError
from scanner.model.facts.base import Fact
from scanner.model.facts.secrets import CredentialFile
from scanner.model.finding import Problem
from scanner.model.location import Evidence, Layer
from scanner.model.target import File
from scanner.sources.image.archive import image_in, open_archive
from scanner.sources.image.known import Known
from scanner.sources.image.layers import Contents, Passing, read_layers
from scanner.sources.image.stream import Streamed


class Look:
    """Quotes every file, and complains of one called ``bad``."""

    asked = 0

    skips = None

    def versions(self) -> dict[str, str]:
        return {"quotes": "1"}

    def only(self, names: Collection[str]) -> Look:
        return self

    def dull(self, head: bytes, size: int) -> bool:
        return False

    def wants(self, path: str, size: int | None, mode: int, *, dull: bool = False) -> Sequence[str]:
        Look.asked += 1
        return ("quotes",)

    def likely(self, names: Sequence[str], path: str, size: int, head: bytes) -> Sequence[str]:
        return names

    def extract(self, file: File, names: Sequence[str]) -> Iterator[tuple[str, Fact | Problem]]:
        if file.at.path.endswith("bad"):
            yield "quotes", Problem(at=file.at, reason="it is bad")
        evidence = (Evidence(file.at, file.read().decode()),)
        yield "quotes", CredentialFile(evidence=evidence, path=file.at.path, type="test", by_name=False, stage="")


def parts(data: bytes, size: int) -> Iterable[bytes]:
    return (data[at : at + size] for at in range(0, len(data), size))


def streamed(data: bytes, size: int = 1_000, **options: object) -> Contents:
    image = image_in(Streamed("archive:-", parts(data, size), Passing(Look(), **options)), "", None)
    told = [Layer(index, blob.digest or blob.diff_id) for index, blob in enumerate(image.layers)]
    return read_layers(image, Look(), told=told)


def classic(made) -> dict[str, bytes | str]:
    """As ``docker save`` wrote it for years; two layers that are the same are a file and a link to it."""
    entry = {"Config": "c.json", "RepoTags": ["acme/serve:1"], "Layers": ["1/layer.tar", "2/layer.tar", "3/layer.tar"]}
    config = made.config | {
        "rootfs": {
            "type": "layers",
            "diff_ids": [*made.config["rootfs"]["diff_ids"], *made.config["rootfs"]["diff_ids"][:1]],
        }
    }
    return {
        "1/layer.tar": made.tars[0],
        "2/layer.tar": made.tars[1],
        "3/layer.tar": "../1/layer.tar",
        "c.json": json.dumps(config).encode(),
        "manifest.json": json.dumps([entry]).encode(),
    }


@pytest.mark.parametrize("form", ["classic", "oci"])
@pytest.mark.parametrize("jobs", [1, 2])
@pytest.mark.parametrize("size", [100, 1 << 20])
def test_it_says_the_same_as_a_file(make, tmp_path: Path, form: str, jobs: int, size: int) -> None:
    made = make.image(size=1_000)
    data = make.packed(classic(made) if form == "classic" else make.layout_files(made))
    path = tmp_path / "image.tar"
    path.write_bytes(data)
    image = open_archive(str(path), None)
    told = [Layer(index, blob.digest or blob.diff_id) for index, blob in enumerate(image.layers)]
    assert streamed(data, size, jobs=jobs) == read_layers(image, Look(), told=told)


def test_a_layer_that_the_config_does_not_tell_of_is_a_problem(make) -> None:
    made = make.image()
    made.config["rootfs"]["diff_ids"][1] = "sha256:" + "0" * 64
    contents = streamed(make.packed(classic(made)))
    assert [problem.at.layer.index for problem in contents.problems] == [1]
    assert "no layer that the image's config tells of" in contents.problems[0].reason
    assert {one.at.layer.index for one in contents.found} == {0, 2}


def test_what_an_extractor_could_not_read_is_told_of_the_right_layer(make) -> None:
    made = make.image()
    made.tars[1] = make.packed({"etc/bad": b"two"})
    made.config["rootfs"]["diff_ids"][1] = make.digest(made.tars[1])
    contents = streamed(make.packed(classic(made)))
    assert [(each.at.path, each.at.layer.index, each.reason) for each in contents.problems] == [
        ("etc/bad", 1, "it is bad")
    ]


@pytest.mark.parametrize("cut", [10, 600, 3_000])
def test_a_stream_that_ends_early_is_damaged(make, cut: int) -> None:
    data = make.packed(classic(make.image()))
    with pytest.raises(TargetError, match=r"no tar, or a damaged one|is missing|neither"):
        streamed(data[:cut])


def test_one_that_is_compressed_as_a_whole_is_refused(make) -> None:
    with pytest.raises(TargetError, match="compressed as a whole"):
        streamed(b"\x1f\x8b" + bytes(2_000))


def test_a_plain_layer_that_is_known_by_its_name_is_not_read_again(make, monkeypatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    made = make.image()
    files = {f"blobs/{make.digest(tar).replace(':', '/')}": tar for tar in made.tars}
    names = list(files)
    entry = {"Config": "c.json", "RepoTags": [], "Layers": names}
    files |= {"c.json": json.dumps(made.config).encode(), "manifest.json": json.dumps([entry]).encode()}
    known = Known(Look().versions(), 1 << 20)
    first = streamed(make.packed(files), known=known)
    asked = Look.asked
    assert streamed(make.packed(files), known=known) == first
    assert Look.asked == asked
